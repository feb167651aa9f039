"""What the parties of an agreement say of its list, heard: proposals, confirmations, returns, endings, suspensions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.coordination import list_book
from gateway.coordination.list_book import Book, Signed, moment
from matters_map import perspective, version_life
from matters_map.canonical import list_hash
from matters_map.lines import Line
from matters_map.tables import ListVersion
from messaging.applier import Heard, Unmappable
from messaging.envelope import Envelope
from messaging.tables import Conversation, Incoming
from partners import list_signing

KeysOf = Callable[[str], Mapping[str, Mapping[str, Any]]]
"""A county's public keys, kid -> JWK; our own county's too."""
CROSSED = "双方同时提出了新版本，以对方提出的为准；我方的内容已放回草稿"


@dataclass
class ListHearing:
    """The room in which messages about an agreement have their effect. `resend`: our words that they have lost."""

    book: Book
    keys_of: KeysOf
    resend: list[int] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # texts of own proposals that were returned or gave way

    def not_ready(self, said: Envelope) -> str | None:
        """A list names no files and waits for nothing."""
        return None

    def hear(self, said: Envelope, row: Incoming, talk: Conversation, now: datetime) -> Heard:
        """Have the effect, and pass on what the other members of a cluster are to know. Raises Unmappable."""
        if said.seen is not None and (row.sequence is None or row.sequence >= talk.next_in):
            if said.seen < talk.their_seen:
                self.resend.append(said.seen + 1)
            talk.their_seen = said.seen
        heard = HEARD.get(said.type)
        if heard is None:
            if not said.known:
                return Heard("recorded", "unknown_type")
            raise Unmappable("not_their_number" if said.type == "application.submitted" else "no_such_case")
        if said.data["agreement"] != self.book.id:
            raise Unmappable("another_subject")
        if self.book.agreement is not None and said.sender not in self.book.parties:
            raise Unmappable("not_a_party")
        counts = heard(self, said)
        self.book.notes.append((_who(said), said.type, None, _told(said, row)))
        return Heard("applied") if counts else Heard("recorded", "out_of_turn")

    def _proposed(self, said: Envelope) -> bool:
        data, book = said.data, self.book
        if data["hash"] != list_hash(data["agreement"], data["version"], data["effective_from"], data["lines"]):
            raise Unmappable("wrong_hash")
        parties = _parties(data["lines"])
        if not {book.home, said.sender} <= set(parties):
            raise Unmappable("not_a_party")
        known = book.versions.get(data["version"])
        if known is not None:
            ours = known.proposed_by == book.home
            if known.hash == data["hash"] or (ours and not version_life.gives_way(book.home, said.sender)):
                return False
            self._make_room(known)
        book.take(data["lines"], data["version"], data["effective_from"], said.sender)
        return True

    def _make_room(self, row: ListVersion) -> None:
        """What bore their number gives way; an open proposal of ours is a draft again. Raises Unmappable."""
        if row.state in version_life.LIVE:
            raise Unmappable("version_taken")
        if row.state == version_life.State.PROPOSED and row.proposed_by == self.book.home:
            self.dropped.append(row.text)
        self.book.give_way(row.version, CROSSED)

    def _signed(self, said: Envelope) -> bool:
        data, book = said.data, self.book
        version = book.versions.get(data["version"])
        if version is None or version.hash != data["hash"]:
            return False  # of a proposal that gave way
        signer = self._speaker(said, version)
        keys = self.keys_of(signer)
        found = list_signing.read(data["jws"], keys.get)
        if found is None or (found.agreement, found.version, found.hash) != (book.id, version.version, version.hash):
            raise Unmappable("confirmation_does_not_hold")
        at = moment(data["at"]) if data.get("at") else said.time
        counted = book.sign(version.version, Signed(signer, found.kid, data["signed_by"], at, data["jws"]))
        if counted and version.proposed_by == book.home:
            told = {**book.confirmation(version.version, signer), "jurisdiction": signer, "at": list_book.told(at)}
            book.say([code for code in book.parties_of(version.version) if code != signer], said.type, told)
        return counted

    def _speaker(self, said: Envelope, version: ListVersion) -> str:
        """Whose word it is: the proposer passes on what other members of a cluster said. Raises Unmappable."""
        speaker = str(said.data.get("jurisdiction") or said.sender)
        passed_on = said.sender == version.proposed_by and speaker in self.book.parties_of(version.version)
        if speaker != said.sender and not passed_on:
            raise Unmappable("not_a_party")
        return speaker

    def _returned(self, said: Envelope) -> bool:
        data, book = said.data, self.book
        version = book.versions.get(data["version"])
        if version is None or (data.get("hash") or version.hash) != version.hash:
            return False  # of a proposal that gave way
        speaker = self._speaker(said, version)
        counted = book.give_back(version.version, speaker, speaker, data["comments"])
        if counted and version.proposed_by == book.home:
            self.dropped.append(version.text)
            others = [code for code in book.parties_of(version.version) if code != speaker]
            book.say(others, said.type, {**data, "jurisdiction": speaker})
        return counted

    def _ended(self, said: Envelope) -> bool:
        return self.book.end(moment(said.data["at"]), said.data["reason"])

    def _suspended(self, said: Envelope) -> bool:
        data = said.data
        until = moment(data["until"]) if data.get("until") else None
        self.book.rest(_code(data), said.sender, said.sender, data["reason"], until)
        return True

    def _resumed(self, said: Envelope) -> bool:
        return self.book.go_on(_code(said.data), said.sender)


HEARD: Mapping[str, Callable[[ListHearing, Envelope], bool]] = {
    "agreement.proposed": ListHearing._proposed,
    "agreement.signed": ListHearing._signed,
    "agreement.returned": ListHearing._returned,
    "agreement.ended": ListHearing._ended,
    "matter.suspended": ListHearing._suspended,
    "matter.resumed": ListHearing._resumed,
}


def _parties(lines: list[Mapping[str, Any]]) -> list[str]:
    try:
        return perspective.parties([Line.from_json(line) for line in lines])
    except (TypeError, KeyError, AttributeError):
        raise Unmappable("lines") from None


def _code(data: Mapping[str, Any]) -> str:
    """The matter's code behind the agreement's name."""
    agreement, _, code = str(data["matter"]).partition(".")
    if agreement != data["agreement"] or not code:
        raise Unmappable("another_subject")
    return code


def _who(said: Envelope) -> str:
    return f"partner:{said.sender}:{said.sender}"


def _told(said: Envelope, row: Incoming) -> dict[str, Any]:
    """For the house's chain: which message, and which version."""
    return {
        "agreement": said.data["agreement"],
        "version": said.data.get("version"),
        "message": said.id,
        "sha256": row.sha256,
    }
