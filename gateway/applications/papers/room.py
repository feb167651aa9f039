"""The paper room: lists, opens, prints and issues papers for those who may, and answers whoever asks if one is genuine."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from gateway.applications import joint_shown, numbers
from gateway.applications.batch import Tools
from gateway.applications.case import Case, House, Json, place
from gateway.applications.case_door import who_is
from gateway.applications.clocks import local_day
from gateway.applications.deeds import type_in
from gateway.applications.errors import Finding, Forbidden, Invalid, NotFound
from gateway.applications.lifecycle import FROM_BOTH, FROM_ORIGIN
from gateway.applications.papers import advice, book, window
from gateway.applications.papers.content import Office, plain_code, rendered
from gateway.applications.papers.handler import BY_WORD
from gateway.applications.papers.kinds import KINDS
from gateway.applications.papers.press import Press
from gateway.applications.papers.reading import Reader
from gateway.applications.plan import Note, Plan
from gateway.applications.queries import Cases
from gateway.applications.speak import attachments_in
from gateway.applications.tables import Paper
from gateway.applications.works import Deed
from gateway.audit import house as house_chain
from gateway.auth import roles
from gateway.auth.actor import Actor
from matters_map.matters import Matter, Member
from messaging.key_ring import KeyDestroyed
from messaging.tables import Incoming
from messaging.unit_of_work import Connection, Writer, run_tx

MOST = 200  # papers printed at once
WITH_FILES = frozenset({*BY_WORD, "note.sent"})  # what may bring a file
SPOKEN = FROM_ORIGIN | FROM_BOTH  # what the window says
SERIES = "G"  # of the numbers of 一次性告知单


@dataclass(frozen=True)
class Opened:
    """A paper with its content and what is printed beside it."""

    content: Json
    sha256: str
    code: str
    version: int
    superseded_by: int | None  # the newest version, when it is not this one
    prints: int | None  # how often it was printed before; None: it belongs to no case, the house keeps the book
    pair: tuple[str, str] | None  # the case's conversation; None: no case
    file: Json | None  # its PDF as an attachment

    @property
    def number(self) -> str:
        """Its own number."""
        return str(self.content["number"])


@dataclass(frozen=True)
class Genuine:
    """What anybody who holds a paper is told of it: nothing about a person."""

    title: str
    number: str
    version: int
    issued_on: date
    office: str
    sha256: str
    superseded_by: int | None


class PaperRoom:
    """Our own papers. A partner's operator issues none here: we hold no county's authority but our own."""

    def __init__(
        self,
        tools: Tools,
        cases: Cases,
        writer: Writer,
        press: Press,
        reader: Reader,
        house: Callable[[], House],
        now: Callable[[], datetime],
    ) -> None:
        self._tools, self._cases, self._writer, self._now = tools, cases, writer, now
        self.press, self._reader, self._house = press, reader, house

    # issuing

    async def issue(self, actor: Actor, number: str, kind: str, given: Mapping[str, str]) -> str:
        """One of the window's papers; its number. A second one of a kind is the next version and names the first.

        Raises Invalid, NotFound, Forbidden.
        """
        self._allow(actor, "paper.issue")
        case = await self._cases.one(actor, number)
        if case.leg.part and case.is_origin:  # the window's papers are of the whole
            case = await self._cases.one(actor, case.application.number)
        if kind not in KINDS or KINDS[kind].side != "origin" or not case.is_origin:
            raise Forbidden("paper.issue")

        if kind == "progress_notice" and type_in.unproved(case) is None:
            raise Forbidden("paper.issue")  # what has a scan is given to the applicant as it came
        if kind == "joint_result" and not joint_shown.ended(case):
            raise Forbidden("paper.issue")  # there is nothing to sum up yet
        if kind == "packet":
            given = {**given, "sent": await self._said_so_far(case)}

        def plan(it: Case, now: datetime) -> Plan:
            if any(one["kind"] == kind for one in it.papers) and not given.get("why", "").strip():
                raise Invalid([Finding("/why", "required", "已经出具过，重新出具请写明原因")])
            draft = window.by_hand(kind, it, now, actor.name, self._reader, given)
            return Plan(who_is(actor), papers=(draft,), notes=(Note("paper.issued", given.get("why") or None, {}),))

        def answer(it: Case) -> str:
            return str(it.papers[-1]["number"])

        return str(await self._writer.submit(Deed((case.leg.partner, case.number), plan, answer)))

    async def _said_so_far(self, case: Case) -> str:
        """What we told the other side in this case, a line each."""
        steps, _ = await self._cases.steps(case, MOST, None, ours=True)
        ours = [one for one in steps if one["message_id"] and one["actor"]["jurisdiction"] == self._house().home]
        return "\n".join(
            f"{one['at'][:16].replace('T', ' ')} {_step_said(one)}" for one in ours if one["type"] in SPOKEN
        )

    def preview_advice(
        self, actor: Actor, matter: Matter, handler: Member, findings: Sequence[Finding], hint: str | None
    ) -> Json:
        """一次性告知单 before it has a number."""
        self._allow(actor, "paper.issue")
        return advice.draft(matter, handler, self._office(actor), self._now(), actor.name, findings, hint).to_json()

    async def advise(
        self, actor: Actor, matter: Matter, handler: Member, findings: Sequence[Finding], hint: str | None
    ) -> str:
        """一次性告知单 for somebody who only asks; its number. Nothing about a person is kept."""
        self._allow(actor, "paper.issue")
        draft = advice.draft(matter, handler, self._office(actor), self._now(), actor.name, findings, hint)

        async def keep(connection: Connection) -> str:
            keys, day = self._tools.sender.keys, local_day(draft.at)
            running = await numbers.take(connection, day, 1, SERIES)
            numbered = draft.numbered(advice.number(self._house().home, day, running))
            key = keys.make(draft.at)
            row = book.row_of(numbered, keys, key.id, None)
            await key.save(using_db=connection, force_create=True)
            await row.save(using_db=connection, force_create=True)
            await self._house_note(connection, actor, "paper.issued", row)
            return numbered.number

        return str(await run_tx(keep))

    def _office(self, actor: Actor) -> Office:
        house = self._house()
        return Office(house.home, house.name, actor.window or f"{house.name}综合窗口")

    async def _house_note(self, connection: Connection, actor: Actor, what: str, row: Paper) -> None:
        detail = {"paper": row.number, "version": row.version, "sha256": row.sha256}
        await house_chain.note(connection, str(who_is(actor)), what, None, detail, now=self._now())

    # seeing

    async def open(self, actor: Actor, number: str, version: int | None = None) -> Opened:
        """A paper of ours. Raises NotFound, also when the case was deleted with its key; Forbidden."""
        self._allow(actor, "paper.print")
        rows = await Paper.filter(number=number[:32]).order_by("version")
        row = next((one for one in rows if version in (None, one.version) and (version or one is rows[-1])), None)
        if row is None:
            raise NotFound(number)
        return await self._opened(actor, row, rows[-1].version)

    async def _opened(self, actor: Actor, row: Paper, newest: int) -> Opened:
        case = await self._cases.one(actor, row.case_number) if row.case_number else None
        await self._tools.sender.keys.fetch([row.key_id])
        try:
            text = self._tools.sender.keys.open(row.key_id, row.content, book.context(row.id))
        except KeyDestroyed:
            raise NotFound(row.number) from None
        listed = case.papers if case else []
        counts = [one["prints"] for one in listed if (one["number"], one["version"]) == (row.number, row.version)]
        prints = counts[0] if counts else None
        superseded = newest if newest != row.version else None
        pair = (case.leg.partner, case.number) if case else None
        return Opened(orjson.loads(text), row.sha256, row.code, row.version, superseded, prints, pair, row.file)

    async def of_day(self, actor: Actor, day: date, side: str | None = None) -> list[Json]:
        """What was issued on a day, newest versions only, oldest first: `{"number","title","case","at","prints"}`."""
        self._allow(actor, "paper.print")
        rows = await Paper.filter(issued_on=day).order_by("id").limit(5 * MOST)
        wanted = [row for row in rows if side is None or KINDS[row.kind].side == side]
        newest = {row.number: row for row in wanted}
        cases = {row.case_number for row in wanted if row.case_number}
        legs = await self._cases.visible(actor).filter(number__in=cases) if cases else []
        prints = {(one["number"], one["version"]): one["prints"] for leg in legs for one in leg.papers or []}
        return [
            {
                "number": row.number,
                "title": KINDS[row.kind].title,
                "case": row.case_number,
                "at": rendered(row.issued_at),
                "prints": prints.get((row.number, row.version)),
            }
            for row in newest.values()
        ][:MOST]

    async def received(self, case: Case, events: Sequence[Mapping[str, Any]]) -> list[Json]:
        """The other side's documents as the time line names them, those of its notes too, each with the message that
        brought it and the key that its signature was held against.
        """
        partners = {case.leg.partner, *(one["handler"]["code"] for one in case.said.get("parts") or [])}
        if case.at_home:
            partners -= {case.house.home}
        theirs = [one for one in events if one["type"] in WITH_FILES and one["actor"]["jurisdiction"] in partners]
        brought = [(event, one) for event in theirs for one in attachments_in(event["data"])]
        if not brought:
            return []
        ids = {str(event["message_id"]) for event, _ in brought}
        rows = await Incoming.filter(partner__in=partners, message_id__in=ids)
        letters = {row.message_id: row for row in rows}
        return [_received(event, one, letters.get(str(event["message_id"]))) for event, one in brought]

    # printing

    async def printed(self, actor: Actor, number: str, version: int | None, how: str) -> Opened:
        """A paper, and the line that tells who printed it and when; `how`: `page` or `pdf`."""
        opened = await self.open(actor, number, version)
        detail = {"paper": number, "version": opened.version, "sha256": opened.sha256, "how": how}
        if opened.pair is None or opened.prints is None:
            row = await Paper.get(number=number, version=opened.version)
            await run_tx(lambda connection: self._house_note(connection, actor, "paper.printed", row))
            return opened

        note = Note("paper.printed", None, detail | {"copy": opened.prints + 1})

        def plan(it: Case, now: datetime) -> Plan:
            return Plan(who_is(actor), prints=((opened.number, opened.version),), notes=(note,))

        await self._writer.submit(Deed(opened.pair, plan, lambda it: None))
        return opened

    # checking

    async def check(self, number: str, code: str) -> Genuine | None:
        """Is there such a paper with such a code? A wrong code and a number that is none are one answer."""
        rows = await Paper.filter(number=number.strip().upper()[:32]).order_by("version")
        typed, found = plain_code(code), None
        for row in rows:
            if hmac.compare_digest(row.code.encode(), typed.encode()):
                found = row
        if not rows:
            hmac.compare_digest(b"2" * 14, typed.encode())
        if found is None:
            return None
        newest = rows[-1].version
        return Genuine(
            KINDS[found.kind].title,
            found.number,
            found.version,
            local_day(found.issued_at),
            found.issuer,
            found.sha256,
            newest if newest != found.version else None,
        )

    def _allow(self, actor: Actor, deed: str) -> None:
        if not roles.may(actor.role, deed) or actor.jurisdiction != self._house().home:
            raise Forbidden(deed)


def _step_said(step: Mapping[str, Any]) -> str:
    more = step["data"].get("text") or step["data"].get("reason") or step["data"].get("note")
    return f"{step['text']}：{more}" if more else str(step["text"])


def _received(event: Mapping[str, Any], one: Mapping[str, Any], letter: Incoming | None) -> Json:
    return {
        "attachment": dict(one),
        "from": place(str(event["actor"]["jurisdiction"])),
        "note": event["type"] == "note.sent",
        "message_id": letter.message_id if letter else None,
        "kid": letter.kid if letter else None,
        "custodial": bool(letter and letter.custodial),
        "at": rendered(letter.stored_at) if letter else None,
    }
