"""The library's rows: agreements, versions of their lists, versions of forms, the days and years of the calendar."""

from tortoise import fields
from tortoise.models import Model


class Agreement(Model):
    id = fields.CharField(max_length=64, primary_key=True)
    name = fields.CharField(max_length=200)
    document_number = fields.CharField(max_length=100)  # 协议文号 of the paper
    members: fields.Field[list[dict[str, str]]] = fields.JSONField()  # [{code, name}], home included
    position = fields.IntField(default=0)  # order in which people see the agreements

    class Meta:
        table = "map_agreement"
        table_description = "what two or more jurisdictions agreed"


class ListVersion(Model):
    id = fields.BigIntField(primary_key=True)
    agreement = fields.CharField(max_length=64)
    version = fields.IntField()
    # one of: draft, proposed, returned, signed, in_force, superseded, suspended, ended
    state = fields.CharField(max_length=16)
    effective_from = fields.DatetimeField()
    effective_to = fields.DatetimeField(null=True)
    hash = fields.CharField(max_length=64)
    text = fields.TextField()  # the canonical text that was hashed and signed
    proposed_by = fields.CharField(max_length=6, null=True)  # null: loaded here, agreed upon elsewhere
    proposed_at = fields.DatetimeField(null=True)
    lapsed = fields.BooleanField(default=False, db_default=False)  # it ended because not all had confirmed it in time
    why = fields.TextField(null=True)  # why it was ended

    class Meta:
        table = "map_list_version"
        unique_together = (("agreement", "version"),)
        table_description = "a list, its text never changes once it is signed"


class ListSignature(Model):
    id = fields.BigIntField(primary_key=True)
    agreement = fields.CharField(max_length=64)
    version = fields.IntField()
    jurisdiction = fields.CharField(max_length=6)
    kid = fields.CharField(max_length=64)
    signed_by = fields.CharField(max_length=100)
    at = fields.DatetimeField()  # as the signer's message says
    jws = fields.TextField()
    held = fields.BooleanField(default=False)  # by a key that we hold for that county

    class Meta:
        table = "map_list_signature"
        unique_together = (("agreement", "version", "jurisdiction"),)
        table_description = "a county's confirmation of a list version, by its own key"


class ListComment(Model):
    id = fields.BigIntField(primary_key=True)
    agreement = fields.CharField(max_length=64)
    version = fields.IntField()
    jurisdiction = fields.CharField(max_length=6)
    line = fields.IntField(null=True)
    field = fields.CharField(max_length=64, null=True)
    text = fields.TextField()
    said_by = fields.CharField(max_length=100)
    at = fields.DatetimeField()

    class Meta:
        table = "map_list_comment"
        indexes = (("agreement", "version"),)
        table_description = "what a party wants otherwise in a version that it returned, line by line"


class ListDraft(Model):
    agreement = fields.CharField(max_length=64, primary_key=True)
    lines = fields.TextField()  # JSON, as Line.to_json gives them
    based_on = fields.IntField(null=True)  # the version that was copied
    revision = fields.IntField(default=1)  # counts every change
    confirmed: fields.Field[dict[str, dict[str, str]]] = fields.JSONField()  # 会签: department -> {by, at, hash, basis}
    updated_by = fields.CharField(max_length=100)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "map_list_draft"
        table_description = "the next version of a list, while it is edited"


class ListUpload(Model):
    id = fields.CharField(max_length=32, primary_key=True)
    agreement = fields.CharField(max_length=64)
    put_by = fields.CharField(max_length=100)
    name = fields.CharField(max_length=200)
    content = fields.BinaryField()
    put_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "map_list_upload"
        table_description = "a workbook that was looked over and waits to be taken into the draft, for a day"


class ListChange(Model):
    id = fields.BigIntField(primary_key=True)
    agreement = fields.CharField(max_length=64, db_index=True)
    revision = fields.IntField()
    changed_by = fields.CharField(max_length=100)
    at = fields.DatetimeField()
    what = fields.CharField(max_length=32)  # begun, edited, added, removed, loaded, confirmed, dropped, proposed
    detail: fields.Field[dict[str, object]] = fields.JSONField()  # which line, which fields, before and after

    class Meta:
        table = "map_list_change"
        table_description = "who changed what in a draft"


class MatterRest(Model):
    id = fields.BigIntField(primary_key=True)
    agreement = fields.CharField(max_length=64)
    code = fields.CharField(max_length=64)  # local basic code, as the signed text has it
    jurisdiction = fields.CharField(max_length=6)  # who suspended it
    said_by = fields.CharField(max_length=100)
    reason = fields.TextField()
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "map_matter_rest"
        indexes = (("agreement", "code"),)
        table_description = "matters that a party suspended at once, open applications go on"


class FormVersion(Model):
    key = fields.BigIntField(primary_key=True)
    id = fields.CharField(max_length=64)
    version = fields.IntField()
    schema = fields.TextField()  # text, because the order of the members is the order on the page

    class Meta:
        table = "map_form_version"
        unique_together = (("id", "version"),)
        table_description = "a form, a case keeps the version it began under"


class CalendarDay(Model):
    date = fields.DateField(primary_key=True)
    working = fields.BooleanField()
    kind = fields.CharField(max_length=40)
    name = fields.CharField(max_length=40)

    class Meta:
        table = "map_calendar_day"
        table_description = "working days with make-up days, for every published year"


class CalendarYear(Model):
    year = fields.IntField(primary_key=True, generated=False)
    sha256 = fields.CharField(max_length=64)  # over which of its days are worked
    loaded_by = fields.CharField(max_length=100)
    loaded_at = fields.DatetimeField()

    class Meta:
        table = "map_calendar_year"
        table_description = "a year that somebody loaded, others came with the product"
