"""The desk: a partner operator reads and answers in our pages, and the messages are still the partner's own."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from messaging.arrivals import NumberTaken, Stored
from messaging.tables import Conversation, Incoming, Mail
from messaging.unit_of_work import Connection, run_tx, spawn
from partners.couriers.desk_words import Words
from partners.couriers.on_behalf import OnBehalf
from partners.couriers.polling import Store
from partners.mailbox import Mailbox

TRIES = 20  # numbers that one message tries, when operators in other processes are faster


class NothingSent(Exception):
    """This partner was never sent anything under this subject, so there is nothing for it to answer."""


class Crowded(Exception):
    """Others took every number that was tried; nothing was said."""


@dataclass(frozen=True)
class Opened:
    """A first opening: which messages it receipted, by whom and when; the caller writes it into the audit."""

    message_ids: tuple[str, ...]
    operator: str
    at: datetime


class Desk:
    """Two deeds: open a conversation (that is its receipt) and say something in it.

    Two operators at one case speak one after the other: in one process by a lock, in two by the inbox, which gives a
    number to one message alone; who comes second takes the next number and signs anew.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        on_behalf: OnBehalf,
        store: Store,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._mailbox, self._on_behalf, self._store, self._now = mailbox, on_behalf, store, now
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def opened(self, partner: str, subject: str, operator: str) -> Opened | None:
        """A named operator opens the case: everything that waits in it is receipted, by the partner's held key.

        None when nothing waited. Raises NoKeyHeld.
        """
        return await asyncio.shield(spawn(self._opened(partner, subject, operator)))

    async def _opened(self, partner: str, subject: str, operator: str) -> Opened | None:
        mails = await self._mailbox.of_conversation(partner, subject)
        if not mails:
            return None
        letter = self._on_behalf.receipt(partner, mails)
        await self._store(partner, letter.body, letter.signature, door="desk")
        await self._mailbox.settle(partner, *(mail.message_id for mail in mails))
        await self._mailbox.clear_outside(partner)
        return Opened(tuple(mail.message_id for mail in mails), operator, self._now())

    async def say(
        self, partner: str, subject: str, words: Words, trace: str | None = None, message_id: str | None = None
    ) -> Stored:
        """The partner's next message in this conversation, stored as if it had come over the wire.

        `message_id`: the id of what may be said once only, by whichever process. Raises NothingSent, NoKeyHeld,
        AlreadySaid, Crowded. A caller that is cancelled leaves the message to be stored.
        """
        return await asyncio.shield(spawn(self._say(partner, subject, words, trace, message_id)))

    async def _say(self, partner: str, subject: str, words: Words, trace: str | None, message_id: str | None) -> Stored:
        async with self._locks.setdefault((partner, subject), asyncio.Lock()):
            for _ in range(TRIES):
                sequence, seen = await run_tx(lambda connection: self._next(connection, partner, subject))
                letter = self._on_behalf.message(
                    partner, words.type, subject, words.data,
                    sequence=sequence, seen=seen, trace=trace, message_id=message_id,
                )  # fmt: skip
                with contextlib.suppress(NumberTaken):
                    return await self._store(partner, letter.body, letter.signature, door="desk", ours=True)
        raise Crowded(f"{partner} {subject}")

    async def _next(self, connection: Connection, partner: str, subject: str) -> tuple[int, int]:
        """(the partner's next number, the highest of ours that its operators have opened), under the row's lock."""
        talk = (
            await Conversation.filter(partner=partner, subject=subject).using_db(connection).select_for_update().first()
        )
        if talk is None:
            raise NothingSent(f"{partner} {subject}")
        theirs = Incoming.filter(partner=partner, subject=subject, sequence__isnull=False).using_db(connection)
        opened = Mail.filter(partner=partner, subject=subject, sequence__isnull=False, state="receipted").using_db(
            connection
        )
        last, seen = await theirs.order_by("-sequence").first(), await opened.order_by("-sequence").first()
        highest = max(last.sequence or 0 if last else 0, talk.next_in - 1)
        return highest + 1, (seen.sequence or 0) if seen else 0
