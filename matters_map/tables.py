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

    class Meta:
        table = "map_list_version"
        unique_together = (("agreement", "version"),)
        table_description = "a list, its text never changes once it is signed"


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
