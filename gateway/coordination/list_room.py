"""The list room: coordinators propose a list's next version, signatories confirm it, and the parties' words are heard."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination import list_book, list_checks, list_drafts
from gateway.coordination.errors import Forbidden, NotFound, Refused
from gateway.coordination.list_book import Book, Signed
from gateway.coordination.list_hearing import KeysOf, ListHearing
from matters_map.tables import ListVersion
from matters_map.version_life import State
from messaging import applier, conversation, outbox, receipts
from messaging.conversation import Pair
from messaging.settling import Note
from messaging.tables import Incoming
from messaging.unit_of_work import Connection, run_tx
from partners import list_signing
from partners.keys import SigningKey

NOT_APPLIED = ("stored", "held", "parked", "set_aside")
ROW_FIELDS = ["state", "reason", "attempts", "applied_at", "receipt_due_at"]
TALK_FIELDS = ["next_in", "their_seen", "gap_asked_at", "gap_asks"]
SOONEST = timedelta(minutes=1)  # before which a proposal cannot take effect: somebody has to read it
LONGEST = 4000  # characters of a reason or a comment


def of_list(subject: str) -> bool:
    """Is this the subject of an agreement? A case's number begins with a county's code, an agreement's id never does."""
    return bool(subject) and not subject[:6].isdigit()


class ListRoom:
    """Every deed is one transaction under the agreement's row; what it says to the parties is written with it."""

    def __init__(
        self,
        home: str,
        sender: outbox.Sender,
        key: SigningKey,
        keys_of: KeysOf,
        connected: Callable[[str], bool],
        note: Note,
        committed: Callable[[], Any],
        now: Callable[[], datetime],
    ) -> None:
        """`committed()` wakes the relay and has lists read anew, after the commit."""
        self._home, self._sender, self._key, self._keys_of = home, sender, key, keys_of
        self._connected, self._note, self._committed, self._now = connected, note, committed, now

    # deeds of ours

    async def propose(self, actor: Actor, agreement: str, effective_from: datetime) -> int:
        """The draft becomes the next version, to be confirmed by all parties; its number.

        Raises Refused with what is in the way, naming lines; NotFound without a draft.
        """
        self._allow(actor, "lists.propose")

        async def deed(tx: Connection, book: Book) -> int:
            draft = await list_drafts.locked(tx, agreement)
            lines = list_drafts.lines_of(draft)
            await list_checks.refuse_unless_proposable(tx, book, draft, lines, effective_from, self._now() + SOONEST)
            number = book.next_version()
            minute = list_book.told(effective_from)
            book.take([line.to_json() for line in lines], number, minute, self._home)
            book.say(book.parties_of(number), "agreement.proposed", book.proposal(number))
            book.notes.append((_name(actor), "agreement.proposed", None, _version(book, number)))
            await list_drafts.note(tx, draft, actor.name, "proposed", {"version": number}, self._now())
            await list_drafts.drop(tx, draft)
            return number

        return int(await self._do(agreement, deed))

    async def sign(self, actor: Actor, agreement: str, version: int) -> None:
        """Our signatory confirms a version by the county's key. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.sign")

        async def deed(tx: Connection, book: Book) -> None:
            row = _open_version(book, version)
            if self._now() >= row.effective_from:
                raise Refused("约定的生效时刻已过，这一版不能再确认，请提出新的版本")
            if await list_drafts.was_proposed_by(tx, agreement, version, actor.name):
                raise Refused("确认人不能是提出这一版的人")
            jws = list_signing.sign(self._key, agreement, version, row.hash)
            signed = Signed(self._home, self._key.kid, actor.name, self._now(), jws)
            if not book.sign(version, signed):
                raise Refused("本县已经确认过这一版，或这一版不需要本县确认")
            told = {**book.confirmation(version, self._home), "at": list_book.told(self._now())}
            book.say(self._to_tell(book, row), "agreement.signed", told)
            book.notes.append(
                (_name(actor), "agreement.signed", None, _version(book, version) | {"kid": self._key.kid})
            )

        await self._do(agreement, deed)

    async def sign_for(self, actor: Actor, agreement: str, version: int, hash_: str, jws: str) -> None:
        """A party's own system confirms by its own key, at our door. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.sign")

        async def deed(tx: Connection, book: Book) -> None:
            _refuse_stranger(book, actor)
            if _said_already(book, version, actor.jurisdiction, jws):
                return
            row = _open_version(book, version)
            found = list_signing.read(jws, self._keys_of(actor.jurisdiction).get)
            if found is None or (found.agreement, found.version, found.hash) != (agreement, version, row.hash):
                raise Refused("签名不符：应以贵县登记的密钥，对 agreement、version、hash 签名")
            if hash_ != row.hash:
                raise Refused("hash 不是这一版的摘要")
            if self._now() >= row.effective_from:
                raise Refused("约定的生效时刻已过，这一版不能再确认")
            if not book.sign(version, Signed(actor.jurisdiction, found.kid, actor.name, self._now(), jws)):
                raise Refused("贵县已经确认过这一版，或这一版不需要贵县确认")
            self._pass_on(book, row, actor.jurisdiction)
            book.notes.append((_name(actor), "agreement.signed", None, _version(book, version) | {"kid": found.kid}))

        await self._do(agreement, deed)

    def _pass_on(self, book: Book, row: ListVersion, signer: str) -> None:
        told = {**book.confirmation(row.version, signer), "jurisdiction": signer, "at": list_book.told(self._now())}
        others = [code for code in book.parties_of(row.version) if code != signer]
        book.say(others, "agreement.signed", told)

    async def give_back(
        self, actor: Actor, agreement: str, version: int, comments: Sequence[Mapping[str, Any]]
    ) -> None:
        """A party wants something otherwise, line by line; the proposer takes its own proposal back the same way.

        Raises Refused, NotFound, Forbidden.
        """
        self._allow(actor, "lists.return")
        list_checks.refuse_comments(comments, LONGEST)

        async def deed(tx: Connection, book: Book) -> None:
            _refuse_stranger(book, actor)
            row = _open_version(book, version)
            if actor.jurisdiction in book.signatures.get(version, {}):
                raise Refused("本县已经确认这一版，不能再退回；对方没有在生效时刻前确认的，到时自动失效")
            told = [{name: one.get(name) for name in ("line", "field", "text")} for one in comments]
            book.give_back(version, actor.jurisdiction, actor.name, told)
            data = {"agreement": agreement, "version": version, "hash": row.hash, "comments": told}
            to = book.parties_of(version) if row.proposed_by == self._home else [row.proposed_by or ""]
            book.say([code for code in to if code != actor.jurisdiction], "agreement.returned", data)
            book.notes.append((_name(actor), "agreement.returned", None, _version(book, version)))
            if row.proposed_by == self._home:
                await list_drafts.put_back(tx, book, row.text, actor.name, self._now())

        await self._do(agreement, deed)

    async def end(self, actor: Actor, agreement: str, at: datetime, reason: str) -> None:
        """The agreement ends at that moment, for all its parties. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.propose")
        why = _reason(reason)

        async def deed(tx: Connection, book: Book) -> None:
            if at < self._now():
                raise Refused("终止的时刻不能早于现在")
            if not book.end(at, why):
                raise Refused("没有生效中或待生效的版本，不需要终止")
            data = {"agreement": agreement, "at": list_book.told(at), "reason": why}
            book.say(book.parties, "agreement.ended", data)
            book.notes.append(
                (_name(actor), "agreement.ended", why, {"agreement": agreement, "at": list_book.told(at)})
            )

        await self._do(agreement, deed)

    async def suspend(self, actor: Actor, agreement: str, code: str, reason: str, until: datetime | None) -> None:
        """暂停一个事项: at once, told to all parties; open cases go on. `code` as the signed text has it."""
        self._allow(actor, "lists.propose")
        why = _reason(reason)

        async def deed(tx: Connection, book: Book) -> None:
            _line_in_force(book, code)
            if until is not None and until <= self._now():
                raise Refused("恢复的时刻应在现在之后")
            book.rest(code, self._home, actor.name, why, until)
            data = {"agreement": agreement, "matter": f"{agreement}.{code}", "reason": why}
            told = data | ({"until": list_book.told(until)} if until else {})
            book.say(book.parties, "matter.suspended", told)
            book.notes.append((_name(actor), "matter.suspended", why, {"matter": f"{agreement}.{code}"}))

        await self._do(agreement, deed)

    async def resume(self, actor: Actor, agreement: str, code: str) -> None:
        """What we suspended goes on. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.propose")

        async def deed(tx: Connection, book: Book) -> None:
            if not book.go_on(code, self._home):
                raise Refused("本县没有暂停这个事项；对方暂停的，由对方恢复")
            book.say(book.parties, "matter.resumed", {"agreement": agreement, "matter": f"{agreement}.{code}"})
            book.notes.append((_name(actor), "matter.resumed", None, {"matter": f"{agreement}.{code}"}))

        await self._do(agreement, deed)

    # the parties' words

    async def drain(self, pair: Pair) -> int:
        """Apply whatever can be applied of one agreement's conversation with a party; how many rows changed."""
        partner, subject = pair

        async def deed(tx: Connection, book: Book) -> int:
            talk = await conversation.locked(tx, self._sender.keys, partner, subject, self._now())
            waiting = Incoming.filter(partner=partner, subject=subject, state__in=NOT_APPLIED, sequence__isnull=False)
            rows = list(await waiting.using_db(tx).order_by("sequence", "id"))
            await self._sender.keys.fetch([talk.key_id, *(row.key_id for row in rows)], tx)
            hearing = ListHearing(book, self._keys_of)
            changed = applier.drain(self._sender.keys, talk, rows, hearing, self._now())
            for row in changed:
                await row.save(using_db=tx, update_fields=ROW_FIELDS)
            await talk.save(using_db=tx, update_fields=TALK_FIELDS)
            for first in hearing.resend:
                await receipts.resend(tx, partner, subject, first, 2**53, self._now())
            for text in hearing.dropped:
                await list_drafts.put_back(tx, book, text, book.home, self._now())
            return len(changed)

        return int(await self._do(subject, deed, known=False))

    async def settle(self) -> None:
        """What time makes of every agreement's versions: one takes effect, the one before it ends."""
        for agreement in await due(self._now()):
            await self._do(agreement, _nothing)

    # inside

    async def _do(
        self, agreement: str, deed: Callable[[Connection, Book], Awaitable[Any]], *, known: bool = True
    ) -> Any:
        async def unit(tx: Connection) -> Any:
            book = await list_book.opened(tx, self._home, agreement, self._now())
            if known and book.agreement is None:
                raise NotFound(agreement)
            answer = await deed(tx, book)
            book.settle()
            await book.save(tx)
            await self._speak(tx, book)
            for who, what, why, detail in book.notes:
                await self._note(tx, who, what, why, detail)
            return answer

        found = await run_tx(unit)
        self._committed()
        return found

    async def _speak(self, tx: Connection, book: Book) -> None:
        told = [word for word in book.words if self._connected(word.to)]
        talks = await conversation.lock_all(tx, self._sender.keys, {(word.to, book.id) for word in told}, self._now())
        await self._sender.keys.fetch({talk.key_id for talk in talks.values()}, tx)
        for word in told:
            talk = talks[word.to, book.id]
            letter = outbox.say(self._sender, talk, word.type, dict(word.data), self._now())
            await letter.save(using_db=tx, force_create=True)
            await talk.save(using_db=tx, update_fields=["next_out"])

    def _to_tell(self, book: Book, row: ListVersion) -> list[str]:
        """Who hears of our own confirmation: the proposer passes it on; of our own proposal everybody."""
        return book.parties_of(row.version) if row.proposed_by == self._home else [row.proposed_by or ""]

    def _allow(self, actor: Actor, deed: str) -> None:
        if actor.kind == "person" and actor.jurisdiction != self._home:
            raise Forbidden(deed)  # who works for a partner speaks at its desk
        if not roles.may(actor.role, deed) and not (actor.scopes and roles.scopes_allow(actor.scopes, deed)):
            raise Forbidden(deed)


async def _nothing(tx: Connection, book: Book) -> None:
    """Only time does something."""


async def due(now: datetime) -> list[str]:
    """Agreements of which a version takes effect, ends or gives way by now."""
    waiting = ListVersion.filter(state=State.SIGNED.value, effective_from__lte=now)
    ending = ListVersion.filter(state=State.IN_FORCE.value, effective_to__lte=now)
    found = [*(await waiting.values_list("agreement", flat=True)), *(await ending.values_list("agreement", flat=True))]
    return sorted({str(one) for one in found})


def _refuse_stranger(book: Book, actor: Actor) -> None:
    """To a county that is no party there is no such agreement. Raises NotFound."""
    if actor.jurisdiction not in book.parties:
        raise NotFound(book.id)


def _said_already(book: Book, version: int, jurisdiction: str, jws: str) -> bool:
    kept = book.signatures.get(version, {}).get(jurisdiction)
    return kept is not None and kept.jws == jws


def _open_version(book: Book, version: int) -> ListVersion:
    row = book.versions.get(version)
    if row is None:
        raise NotFound(f"{book.id} {version}")
    if row.state != State.PROPOSED:
        raise Refused("这一版不在等待确认")
    return row


def _line_in_force(book: Book, code: str) -> None:
    row = book.in_force()
    if row is None or code not in {line.local_basic_code for line in book.lines(row.version)}:
        raise Refused("生效的清单里没有这个事项")


def _reason(text: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > LONGEST:
        raise Refused("请写明理由" if not kept else f"理由不超过 {LONGEST} 个字")
    return kept


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.jurisdiction}:{actor.name}"


def _version(book: Book, version: int) -> dict[str, Any]:
    return {"agreement": book.id, "version": version, "hash": book.versions[version].hash}
