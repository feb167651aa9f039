"""The case room's rows: applications, legs, their steps, papers, drafts, search terms, counters and stored answers."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from messaging.rows import Row


class Application(Row):
    id = fields.BigIntField(primary_key=True)
    number = fields.CharField(max_length=22, unique=True)
    role = fields.CharField(max_length=8)  # origin: received here; handler: another county sent it to us
    origin = fields.CharField(max_length=6)
    matter_id = fields.CharField(max_length=64)
    matter_name = fields.CharField(max_length=200)
    mode = fields.CharField(max_length=24)
    agreement = fields.CharField(max_length=64)
    agreement_version = fields.IntField()
    form = fields.CharField(max_length=64)
    form_version = fields.IntField()
    key_id = fields.BigIntField()
    person = fields.BinaryField()  # sealed: applicant as the pages show it
    answers = fields.BinaryField()  # sealed: answers, materials, attachments, as submitted and supplemented
    id_index = fields.BinaryField(null=True)  # keyed blind index of the applicant's ID number
    reference = fields.CharField(max_length=64, null=True)
    source = fields.IntField()
    window = fields.CharField(max_length=64, null=True)
    clerk = fields.CharField(max_length=64, null=True)
    client = fields.CharField(max_length=64, null=True)
    received_at = fields.DatetimeField()
    handed_over_at = fields.DatetimeField(null=True)
    arranged: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)  # files as people look at them
    hand_over = fields.BinaryField(null=True)  # sealed: method, to, waybill, proof
    rating = fields.BinaryField(null=True)
    rated_window = fields.SmallIntField(null=True)  # the grade alone, 5 非常满意 … 1 非常不满意
    rated_handler = fields.SmallIntField(null=True)
    # of a joint case that was received here: its rules, and each part's handler, stage and work; nothing personal
    joint: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)

    class Meta:
        table = "case_application"
        indexes = (("role", "id"), ("id_index",), ("client", "id"))
        table_description = "a case as the citizen sees it, a joint one has several legs"


class Leg(Row):
    id = fields.BigIntField(primary_key=True)
    application_id = fields.BigIntField(db_index=True)
    number = fields.CharField(max_length=22, unique=True)
    role = fields.CharField(max_length=8)  # as of the application; whole: the row that a joint case's parts add up to
    partner = fields.CharField(max_length=6)  # the other side of the wire; home: nothing of it travels
    handler = fields.CharField(max_length=6)
    stage = fields.IntField(default=1)
    state = fields.CharField(max_length=16)
    before_supplement = fields.CharField(max_length=16, null=True)
    version = fields.IntField(default=1)
    their_number = fields.CharField(max_length=64, null=True)
    delivery = fields.CharField(max_length=16, default="waiting")
    delivery_at = fields.DatetimeField(null=True)
    delivery_reason = fields.CharField(max_length=2000, null=True)
    delivery_sequence = fields.BigIntField(default=0)  # our last numbered message, whose delivery is shown
    clocks: fields.Field[list[dict[str, Any]]] = fields.JSONField(
        default=list
    )  # as in the API, without personal values
    next_due = fields.DateField(null=True)  # the earliest running clock, for the to-do views
    accepted_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=16, null=True)
    supplements = fields.IntField(default=0)  # notices that count
    irregular = fields.CharField(max_length=64, null=True)
    withdrawal_asked_at = fields.DatetimeField(null=True)
    withdrawal_answer = fields.CharField(max_length=8, null=True)
    deemed_accepted_on = fields.DateField(null=True)
    silent_since = fields.DateField(null=True)  # 逾期未反馈
    owner = fields.CharField(max_length=64, null=True)  # username of who looks after it in our own house
    owner_name = fields.CharField(max_length=64, null=True)
    department = fields.CharField(max_length=100, null=True)  # of ours, with which a case that was sent to us lies
    material_due = fields.DateField(null=True)  # the nearest promise of a material that is still owed
    material_told = fields.SmallIntField(default=0, db_default=0)  # what was told of it: near, over
    originals_open = fields.SmallIntField(default=0, db_default=0)  # papers at the window or on the way
    alarm = fields.SmallIntField(default=0, db_default=0)  # the step of the ladder that was told
    alarm_for = fields.CharField(max_length=32, null=True)  # for which limit, "promised 2026-12-01"
    vertical_system = fields.CharField(max_length=16, null=True)  # 公安, 人社, 医保 … in which it has a number too
    vertical_number = fields.CharField(max_length=64, null=True, db_index=True)
    said = fields.BinaryField(null=True)  # sealed: what the handler said last (contact, supplement items, result …)
    papers: fields.Field[list[dict[str, Any]] | None] = fields.JSONField(null=True)  # issued ones, without contents
    part = fields.SmallIntField(default=0, db_default=0)  # which part of a joint case, from 1; 0: the case itself
    begun_at = fields.DatetimeField(null=True)  # of a part: when it was said to its handler
    joint_due = fields.SmallIntField(default=0, db_default=0)  # of a part: the whole has not looked at it yet
    document = fields.BinaryField(null=True)  # sealed: of a part that was begun, what its handler was given
    audit_sequence = fields.BigIntField(default=0)
    audit_hash = fields.CharField(max_length=64, default="")
    updated_at = fields.DatetimeField()

    class Meta:
        table = "case_leg"
        indexes = (
            ("role", "state", "id"),
            ("partner", "state"),
            ("next_due",),
            ("partner", "their_number"),
            ("owner", "state"),
            ("department", "state"),
        )
        table_description = "the part of one jurisdiction in a case, the unit of everything on the wire"


class Step(Row):
    id = fields.BigIntField(primary_key=True)
    application_id = fields.BigIntField(db_index=True)
    number = fields.CharField(max_length=22)
    at = fields.DatetimeField()
    type = fields.CharField(max_length=64)
    state = fields.CharField(max_length=16)
    actor: fields.Field[dict[str, str]] = fields.JSONField()
    message_id = fields.CharField(max_length=64, null=True)
    detail = fields.BinaryField(null=True)  # sealed: {"text","data"}
    version = fields.IntField()
    delivery = fields.CharField(max_length=16)

    class Meta:
        table = "case_step"
        table_description = "the time line, and by its id the feed that streams read"


class Paper(Row):
    id = fields.BigIntField(primary_key=True)
    application_id = fields.BigIntField(null=True, db_index=True)  # none: for somebody who only asked
    number = fields.CharField(max_length=32)
    version = fields.IntField()
    kind = fields.CharField(max_length=20)
    case_number = fields.CharField(max_length=22, null=True)  # of the leg
    office = fields.CharField(max_length=6)  # the county that issued it: always home
    issuer = fields.CharField(max_length=200)  # its department or window
    issued_at = fields.DatetimeField()
    issued_on = fields.DateField(db_index=True)  # the Asia/Shanghai day
    key_id = fields.BigIntField()
    content = fields.BinaryField()  # sealed: the canonical text that `sha256` is of
    sha256 = fields.CharField(max_length=64)
    code = fields.CharField(max_length=16)  # random: who holds the paper can ask whether it is genuine
    file: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)  # the PDF that travels, as an attachment

    class Meta:
        table = "case_paper"
        unique_together = (("number", "version"),)
        table_description = "papers as they were issued, no row ever changes"


class SearchTerm(Row):
    id = fields.BigIntField(primary_key=True)
    application_id = fields.BigIntField(db_index=True)
    term = fields.BinaryField()  # keyed blind index of a prefix of a name, its pinyin or its initials

    class Meta:
        table = "case_search_term"
        indexes = (("term", "application_id"),)
        table_description = "finds people without keeping their names readable"


class Draft(Model):
    id = fields.CharField(max_length=26, primary_key=True)
    username = fields.CharField(max_length=64, db_index=True)
    matter_id = fields.CharField(max_length=64)
    handler = fields.CharField(max_length=6, null=True)
    key_id = fields.BigIntField()
    answers = fields.BinaryField()
    updated_at = fields.DatetimeField()
    submit_at = fields.DatetimeField(null=True, db_index=True)  # from when on it may be submitted; until then 撤销
    submit_key = fields.CharField(max_length=64, null=True, db_index=True)  # one submission, however often it is tried
    filing = fields.BinaryField(null=True)  # sealed: the body, and who submitted it
    claimed_at = fields.DatetimeField(null=True)  # somebody is at it: nothing can be undone any more
    refusal = fields.CharField(max_length=2000, null=True)  # why it could not be submitted, in words
    number = fields.CharField(max_length=22, null=True)  # what it became; nothing else of it is kept then

    class Meta:
        table = "case_draft"
        table_description = "暂存: what a clerk has typed and not submitted"


class Phrase(Model):
    id = fields.BigIntField(primary_key=True)
    username = fields.CharField(max_length=64, null=True, db_index=True)  # whose own; none: the window's
    window = fields.CharField(max_length=64, null=True, db_index=True)  # for all who sit at it
    use = fields.CharField(max_length=16)  # note, supplement or contact
    text = fields.CharField(max_length=500)
    made_by = fields.CharField(max_length=64)
    made_at = fields.DatetimeField()

    class Meta:
        table = "desk_phrase"
        table_description = "常用语: sentences for reuse, without personal values"


class Shift(Model):
    id = fields.BigIntField(primary_key=True)
    window = fields.CharField(max_length=64)
    day = fields.DateField(db_index=True)  # the Asia/Shanghai day
    given_by = fields.CharField(max_length=64)
    given_name = fields.CharField(max_length=64)
    given_at = fields.DatetimeField()
    key_id = fields.BigIntField()
    content = fields.BinaryField()  # sealed: {"note", "lists"}, as it stood when it was handed on
    taken_by = fields.CharField(max_length=64, null=True)
    taken_name = fields.CharField(max_length=64, null=True)
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "desk_shift"
        table_description = "交接班: what one shift left to the next, and who confirmed it"


class NumberCounter(Model):
    day = fields.CharField(max_length=8, primary_key=True)
    running = fields.IntField(default=0)

    class Meta:
        table = "case_number_counter"
        table_description = "the running number of a day over all sources"


class StoredAnswer(Row):
    id = fields.BigIntField(primary_key=True)
    client = fields.CharField(max_length=64)
    route = fields.CharField(max_length=128)
    key = fields.CharField(max_length=255)
    body_sha256 = fields.CharField(max_length=64)
    status = fields.IntField()
    location = fields.CharField(max_length=200, null=True)
    key_id = fields.BigIntField()
    body = fields.BinaryField()
    at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "case_stored_answer"
        unique_together = (("client", "route", "key"),)
        table_description = "answers kept for Idempotency-Key, sealed, seven days"


class QueryCode(Model):
    number = fields.CharField(max_length=22, primary_key=True)
    salt = fields.BinaryField()  # random; the code follows from it and the index key, and is kept nowhere
    made_at = fields.DatetimeField()

    class Meta:
        table = "case_query_code"
        table_description = "查询码: what the code on the slip is drawn from"
