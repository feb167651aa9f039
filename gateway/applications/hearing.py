"""The room in which messages have their effect: what the applier asks before and while it applies."""

from datetime import datetime

from gateway.applications import inbound
from gateway.applications.batch import Batch
from gateway.applications.hear import hear
from gateway.applications.speak import attachments_in
from messaging import applier, restored
from messaging.applier import Heard, Unmappable
from messaging.envelope import Envelope
from messaging.tables import Conversation, Incoming

OURS_MISSING = "ours_missing"


async def prepare(batch: Batch) -> None:
    """Look up which files that the waiting messages name are not here yet."""
    keys = batch.tools.sender.keys
    for (partner, _), rows in batch.incoming.items():
        names: set[str] = set()
        for row in rows:
            if row.state in applier.WAITING:
                names |= {str(one["sha256"]) for one in attachments_in(applier.read(keys, row).data)}
        if names:
            batch.missing |= await batch.tools.attachments.missing(batch.connection, names, partner)
    for rows in batch.returned.values():
        names = {str(one["sha256"]) for row in rows for one in attachments_in(applier.read(keys, row).data)}
        if names:  # of our own: what was put after the backup is lost
            batch.lost |= await batch.tools.attachments.missing(batch.connection, names, batch.house.home)


class Hearing:
    """Effects on the batch's cases; a message with a new case opens one."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def not_ready(self, said: Envelope) -> str | None:
        """Files that have not arrived, or a list version that we do not know yet; what we cannot read waits for nothing."""
        if not said.known:
            return None
        if any(one["sha256"] in self._batch.missing for one in attachments_in(said.data)):
            return "attachments_missing"
        if said.type == "application.submitted" and not inbound.version_known(self._batch, said):
            return "agreement_version_unknown"
        if self._knows_more_of_us(said):
            return OURS_MISSING
        return None

    def _knows_more_of_us(self, said: Envelope) -> bool:
        """It has heard words of ours that we do not know: our books are older. They are asked for, and waited for."""
        pair = (said.sender, said.subject)
        talk = self._batch.talks[pair]
        known = self._batch.heard_of_us(pair)
        if said.seen is None or said.seen <= known or not said.subject[:6].isdigit():
            return False
        if pair not in self._batch.cases and said.subject in self._batch.numbers:
            return False  # another county's case: nothing of ours is missing
        row = next(one for one in self._batch.incoming[pair] if one.message_id == said.id)
        if row.reason != OURS_MISSING:
            self._batch.ask_for_ours(talk)
        return self._batch.now < row.stored_at + restored.PATIENCE

    def hear(self, said: Envelope, row: Incoming, talk: Conversation, now: datetime) -> Heard:
        """Plan, take over, and say what became of it."""
        if row.sequence is None or row.sequence >= talk.next_in:  # one that was replayed late has an old view
            self._mind_their_view(said, talk)
        case = self._batch.cases.get((talk.partner, talk.subject))
        if case is None:
            if said.type == "application.submitted":
                return inbound.open_new(self._batch, said, row, talk)
            if not said.known:
                return Heard("recorded", "unknown_type")
            raise Unmappable("no_such_case")
        plan, heard = hear(case, said, row, now)
        self._batch.carry_out(case, plan, message_id=said.id, trace=said.traceparent)
        return heard

    def _mind_their_view(self, said: Envelope, talk: Conversation) -> None:
        """`seen` never falls, unless the partner was restored from a backup: then it gets again what it lost."""
        if said.seen is None:
            return
        if said.seen < talk.their_seen:
            self._batch.resend.append((talk.partner, talk.subject, said.seen + 1))
        talk.their_seen = said.seen
