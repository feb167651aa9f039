"""An agreement with its versions, locked: what is done to it is done here, and written with what it says to the parties.

Our own deeds and the parties' messages come to the same few steps, so both sides of an agreement stand alike.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tortoise.models import Model

from matters_map import perspective, regions, version_life
from matters_map.canonical import list_hash, list_text
from matters_map.lines import Line
from matters_map.tables import Agreement, ListComment, ListSignature, ListVersion, MatterRest
from matters_map.version_life import COUNTS, Standing, State
from messaging.envelope import rfc3339
from messaging.unit_of_work import Connection

Json = dict[str, Any]
LONGEST_ID = 64
FIELDS = ["state", "effective_to", "lapsed", "why"]


@dataclass(frozen=True)
class Word:
    """A message to a party."""

    to: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Signed:
    """A county's confirmation. `at`: the moment as the signer says it; `held`: by a key that we hold for it."""

    jurisdiction: str
    kid: str
    signed_by: str
    at: datetime
    jws: str
    held: bool = False


@dataclass
class Book:
    """One agreement under lock."""

    home: str
    id: str
    now: datetime
    agreement: Agreement | None
    versions: dict[int, ListVersion]
    signatures: dict[int, dict[str, ListSignature]]
    rests: list[MatterRest]
    words: list[Word] = field(default_factory=list)
    notes: list[tuple[str, str, str | None, Json]] = field(default_factory=list)  # (who, what, why, detail)
    _new: list[Model] = field(default_factory=list)
    _changed: set[int] = field(default_factory=set)
    _gone: list[ListVersion | ListSignature] = field(default_factory=list)
    _ended: list[MatterRest] = field(default_factory=list)

    # looking

    @property
    def parties(self) -> list[str]:
        """Everybody who is a party by the agreement's own row."""
        return [one["code"] for one in self.agreement.members] if self.agreement else []

    def parties_of(self, version: int) -> list[str]:
        """Everybody whom this version binds."""
        return perspective.parties(self.lines(version))

    def lines(self, version: int) -> list[Line]:
        """The lines of a version."""
        return [Line.from_json(line) for line in json.loads(self.versions[version].text)["lines"]]

    def standing(self, version: int) -> Standing:
        """A version as its life sees it."""
        row = self.versions[version]
        signed = {code: one.at for code, one in self.signatures.get(version, {}).items()}
        parties = frozenset(self.parties_of(version)) if row.proposed_by else frozenset(signed)
        return Standing(
            version, State(row.state), row.effective_from, parties, row.effective_to, signed, lapsed=bool(row.lapsed)
        )

    def open_proposal(self) -> ListVersion | None:
        """The version that waits for the parties, its minute not yet over."""
        waiting = (row for row in self.versions.values() if row.state == State.PROPOSED)
        return next((row for row in waiting if row.effective_from > self.now), None)

    def next_version(self) -> int:
        """The number of the next proposal."""
        return version_life.next_version(list(self.versions))

    def in_force(self) -> ListVersion | None:
        """The newest version that is in force."""
        live = [row for row in self.versions.values() if row.state == State.IN_FORCE]
        return max(live, key=lambda row: (row.effective_from, row.version), default=None)

    # doing

    def take(self, lines: Sequence[Mapping[str, Any]], version: int, effective_from: str, by: str) -> ListVersion:
        """A proposal, ours or a party's, into the book; its text is fixed from now on, to the letter."""
        signed = (self.id, version, effective_from, [dict(line) for line in lines])
        row = ListVersion(
            agreement=self.id, version=version, state=State.PROPOSED.value, effective_from=moment(effective_from),
            hash=list_hash(*signed), text=list_text(*signed).decode(), proposed_by=by, proposed_at=self.now,
        )  # fmt: skip
        self._know(perspective.parties([Line.from_json(line) for line in lines]))
        self.versions[version] = row
        self._new.append(row)
        return row

    def _know(self, parties: Sequence[str]) -> None:
        members = [{"code": code, "name": regions.name_of(code) or code} for code in parties]
        if self.agreement is None:
            others = "、".join(one["name"] for one in members if one["code"] != self.home)
            self.agreement = Agreement(id=self.id, name=f"与{others}的通办协议", document_number="", members=members)
            self._new.append(self.agreement)
        elif {one["code"] for one in members} - set(self.parties):
            known = [one for one in self.agreement.members if one["code"] not in {two["code"] for two in members}]
            self.agreement.members = [*members, *known]

    def sign(self, version: int, signed: Signed) -> bool:
        """Does it count? A second confirmation by the same county changes nothing."""
        standing, there = self.standing(version), self.signatures.setdefault(version, {})
        may = standing.state in COUNTS["sign"] and (standing.state is State.PROPOSED or standing.lapsed)
        if signed.jurisdiction in there or not may or signed.jurisdiction not in standing.parties:
            return False
        row = ListSignature(
            agreement=self.id, version=version, jurisdiction=signed.jurisdiction, kid=signed.kid,
            signed_by=signed.signed_by[:100], at=signed.at, jws=signed.jws, held=signed.held,
        )  # fmt: skip
        there[signed.jurisdiction] = row
        self._new.append(row)
        self.settle()
        return True

    def give_back(self, version: int, jurisdiction: str, by: str, comments: Iterable[Mapping[str, Any]]) -> bool:
        """Does it count? The comments are kept in any case."""
        row = self.versions[version]
        for one in comments:
            comment = ListComment(
                agreement=self.id,
                version=version,
                jurisdiction=jurisdiction,
                line=one.get("line"),
                field=one.get("field"),
                text=str(one["text"]),
                said_by=by[:100],
                at=self.now,
            )
            self._new.append(comment)
        if row.state not in COUNTS["return"] or jurisdiction in self.signatures.get(version, {}):
            return False  # who has signed is bound: else its return could cross the signature that makes it whole
        row.state = State.RETURNED.value
        self._changed.add(version)
        return True

    def give_way(self, version: int, why: str) -> None:
        """Our own proposal that crossed a party's: it is out of the way, its number may be theirs."""
        row = self.versions.pop(version)
        row.version, row.state, row.why = -row.version, State.RETURNED.value, why
        self._gone.append(row)
        for signature in self.signatures.pop(version, {}).values():
            signature.version = row.version
            self._gone.append(signature)

    def end(self, at: datetime, why: str) -> bool:
        """The agreement ends at that moment: what is in force ends then, what was to come never begins."""
        counted = False
        for number, row in self.versions.items():
            if row.state not in COUNTS["end"] and row.state != State.PROPOSED:
                continue
            begun = row.state == State.IN_FORCE or row.effective_from < at
            if row.state == State.PROPOSED or not begun:
                row.state, row.effective_to = State.ENDED.value, row.effective_from
            else:
                row.effective_to = at if row.effective_to is None else min(row.effective_to, at)
            row.why, counted = why, True
            self._changed.add(number)
        self.settle()
        return counted

    def rest(self, code: str, jurisdiction: str, by: str, reason: str, until: datetime | None) -> None:
        """A matter is suspended at once; a second word of the same party takes the place of its first."""
        self.go_on(code, jurisdiction)
        row = MatterRest(
            agreement=self.id,
            code=code,
            jurisdiction=jurisdiction,
            said_by=by[:100],
            reason=reason,
            since=self.now,
            until=until,
        )
        self._new.append(row)

    def go_on(self, code: str, jurisdiction: str) -> bool:
        """What this party suspended goes on; False when it had not."""
        found = [one for one in self.rests if (one.code, one.jurisdiction) == (code, jurisdiction)]
        for one in found:
            one.ended_at = self.now
            self.rests.remove(one)
            self._ended.append(one)
        return bool(found)

    def settle(self) -> None:
        """What signatures and time make of the versions."""
        for standing in version_life.settled([self.standing(number) for number in self.versions], self.now):
            row = self.versions[standing.version]
            values = (standing.state.value, standing.effective_to, standing.lapsed)
            if values != (row.state, row.effective_to, bool(row.lapsed)):
                row.state, row.effective_to, row.lapsed = values
                self._changed.add(standing.version)

    def say(self, to: Iterable[str], type_: str, data: Mapping[str, Any]) -> None:
        """To these parties, ourselves left out."""
        self.words += [Word(code, type_, data) for code in to if code != self.home]

    def proposal(self, version: int) -> Json:
        """`data` of agreement.proposed."""
        row = self.versions[version]
        text = json.loads(row.text)
        return {
            "agreement": self.id,
            "version": version,
            "effective_from": text["effective_from"],
            "lines": text["lines"],
            "hash": row.hash,
        }

    def confirmation(self, version: int, jurisdiction: str) -> Json:
        """`data` of agreement.signed."""
        row = self.signatures[version][jurisdiction]
        return {
            "agreement": self.id,
            "version": version,
            "hash": self.versions[version].hash,
            "signed_by": row.signed_by,
            "jws": row.jws,
        }

    # keeping

    async def save(self, connection: Connection) -> None:
        """Write what changed."""
        for gone in self._gone:
            own = ["version", "state", "why"] if isinstance(gone, ListVersion) else ["version"]
            await gone.save(using_db=connection, update_fields=own)
        for row in self._new:
            await row.save(using_db=connection, force_create=True)
        fresh = {row.version for row in self._new if isinstance(row, ListVersion)}
        for number in self._changed - fresh:
            await self.versions[number].save(using_db=connection, update_fields=FIELDS)
        for one in self._ended:
            await one.save(using_db=connection, update_fields=["ended_at"])
        if self.agreement is not None and self.agreement not in self._new:
            await self.agreement.save(using_db=connection, update_fields=["members"])


async def opened(connection: Connection, home: str, id_: str, now: datetime) -> Book:
    """The book of an agreement, its row locked; one that is not known yet is empty."""
    agreement = await Agreement.filter(id=id_).using_db(connection).select_for_update().first()
    versions = await ListVersion.filter(agreement=id_, version__gt=0).using_db(connection).order_by("version")
    signatures: dict[int, dict[str, ListSignature]] = {}
    for one in await ListSignature.filter(agreement=id_, version__gt=0).using_db(connection).order_by("at", "id"):
        signatures.setdefault(one.version, {})[one.jurisdiction] = one
    rests = await MatterRest.filter(agreement=id_, ended_at__isnull=True).using_db(connection).order_by("id")
    return Book(home, id_, now, agreement, {row.version: row for row in versions}, signatures, list(rests))


def moment(text: str) -> datetime:
    """An aware instant of the wire; a day alone begins at midnight in Shanghai."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+08:00")


def told(at: datetime) -> str:
    """An instant for the wire."""
    return rfc3339(at)
