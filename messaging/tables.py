"""The post room's rows: data keys, conversations, outgoing, incoming, mailbox and what was set apart."""

from tortoise import fields

from messaging.envelope import Envelope
from messaging.rows import Row


class DataKey(Row):
    id = fields.BigIntField(primary_key=True)
    wrapped = fields.BinaryField(null=True)  # null once destroyed: what it sealed can no longer be read
    created_at = fields.DatetimeField()
    destroyed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "post_data_key"
        table_description = "one key per subject, wrapped by the key of the installation"


class Conversation(Row):
    id = fields.BigIntField(primary_key=True)
    partner = fields.CharField(max_length=6)
    subject = fields.CharField(max_length=64)  # a leg's number, an agreement's id, or '' for the link itself
    key_id = fields.BigIntField()
    next_out = fields.BigIntField(default=1)  # the number that our next message gets
    next_in = fields.BigIntField(default=1)  # the number of theirs that is applied next
    partner_seen = fields.BigIntField(default=0)  # the highest of ours that they said they had applied
    their_seen = fields.BigIntField(
        default=0
    )  # `seen` of their last applied message: never falls, unless they were restored
    gap_asked_at = fields.DatetimeField(null=True)
    gap_asks = fields.IntField(default=0)

    class Meta:
        table = "post_conversation"
        unique_together = (("partner", "subject"),)
        table_description = "one subject with one partner, both directions, its row lock orders both"


class Outgoing(Row):
    id = fields.BigIntField(primary_key=True)
    message_id = fields.CharField(max_length=64)  # ours, or its own where a message goes back to a partner that lost it
    partner = fields.CharField(max_length=6)
    subject = fields.CharField(max_length=64)
    sequence = fields.BigIntField(null=True)  # null: stands outside the conversation (receipt, resend.requested)
    type = fields.CharField(max_length=64)
    key_id = fields.BigIntField()
    body = fields.BinaryField()  # sealed; opened, the very bytes that were signed
    sha256 = fields.CharField(max_length=64)
    signature = fields.CharField(max_length=2000, null=True)
    kid = fields.CharField(max_length=64, null=True)
    # written -> confirmed (the bus has it) -> closed by a receipt or by a named person
    state = fields.CharField(max_length=16, default="written")
    outcome = fields.CharField(max_length=16, null=True)  # the partner's last receipt
    reason = fields.CharField(max_length=2000, null=True)
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField(null=True)  # when the relay sends it (again); null once closed
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    receipted_at = fields.DatetimeField(null=True)
    receipt_id = fields.CharField(max_length=64, null=True)
    closed_by = fields.CharField(max_length=64, null=True)  # a person who closed it by name
    trace = fields.CharField(max_length=64, null=True)
    clear: bytes | None = None  # no column: the bytes themselves, as long as the row is in the hand that wrote it

    class Meta:
        table = "post_outgoing"
        unique_together = (("message_id", "partner"),)  # two partners may have given two messages the same id
        indexes = (("due_at",), ("partner", "subject", "sequence"), ("state", "partner"))
        table_description = "what we say, a row is closed by a receipt of the partner or by a named person only"


class Incoming(Row):
    id = fields.BigIntField(primary_key=True)
    message_id = fields.CharField(max_length=64)
    partner = fields.CharField(max_length=6)
    subject = fields.CharField(max_length=64)
    sequence = fields.BigIntField(null=True)
    type = fields.CharField(max_length=128)
    key_id = fields.BigIntField()
    body = fields.BinaryField()
    sha256 = fields.CharField(max_length=64)
    signature = fields.TextField()
    kid = fields.CharField(max_length=64)
    custodial = fields.BooleanField(default=False)  # signed by a key that we hold for the partner
    replaces = fields.CharField(max_length=64, null=True)
    # stored -> applied | recorded | held | parked | set_aside | replaced
    state = fields.CharField(max_length=16, default="stored")
    reason = fields.CharField(max_length=2000, null=True)
    attempts = fields.IntField(default=0)
    stored_at = fields.DatetimeField()
    applied_at = fields.DatetimeField(null=True)
    receipt_due_at = fields.DatetimeField(null=True)  # when the receipt for its present outcome may go
    receipted_as = fields.CharField(max_length=16, null=True)  # the outcome that was last told
    receipt_id = fields.CharField(max_length=64, null=True)  # our receipt that told it
    door = fields.CharField(max_length=16)  # rest | amqp | desk
    settled_by = fields.CharField(max_length=64, null=True)  # who replayed it or set it aside, by name
    trace = fields.CharField(max_length=64, null=True)
    said: Envelope | None = None  # no column: what it says, once it was opened

    class Meta:
        table = "post_incoming"
        unique_together = (("partner", "message_id"),)
        indexes = (("partner", "subject", "sequence"), ("state",), ("receipt_due_at",))
        table_description = "what partners said, verified once at its first durable receipt"


class Mail(Row):
    id = fields.BigIntField(primary_key=True)
    partner = fields.CharField(max_length=6)
    message_id = fields.CharField(max_length=64)
    subject = fields.CharField(max_length=64)
    sequence = fields.BigIntField(null=True)
    key_id = fields.BigIntField()
    body = fields.BinaryField()
    sha256 = fields.CharField(max_length=64)
    signature = fields.TextField()
    state = fields.CharField(max_length=16, default="waiting")  # waiting | receipted
    attempt = fields.IntField(default=0)
    stored_at = fields.DatetimeField()
    handed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "post_mail"
        unique_together = (("partner", "message_id"),)
        indexes = (("partner", "state", "id"),)
        table_description = "the queue to-partner of the embedded bus, and the mailbox that couriers empty"


class SetApart(Row):
    id = fields.BigIntField(primary_key=True)
    partner = fields.CharField(max_length=6)  # the owner of the link it came in by
    sha256 = fields.CharField(max_length=64)
    outcome = fields.CharField(max_length=16)  # quarantined | conflict
    reason = fields.CharField(max_length=64)
    claimed_id = fields.CharField(max_length=64, null=True)
    key_id = fields.BigIntField()
    body = fields.BinaryField()
    signature = fields.TextField()
    door = fields.CharField(max_length=16)
    stored_at = fields.DatetimeField()
    times = fields.IntField(default=1)
    retry_at = fields.DatetimeField(null=True)  # only for a time stamp ahead of ours
    told = fields.BooleanField(default=False)
    settled_at = fields.DatetimeField(null=True)
    settled_by = fields.CharField(max_length=64, null=True)
    settled_note = fields.CharField(max_length=2000, null=True)

    class Meta:
        table = "post_set_apart"
        unique_together = (("partner", "sha256"),)
        indexes = (("outcome", "settled_at"),)
        table_description = "not verified, or contradicting what is stored: kept, shown, without effect"
