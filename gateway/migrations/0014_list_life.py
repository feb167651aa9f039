"""The life of a list: signatures, comments, the draft with its history, looked-over workbooks, and matters that rest."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("tongban", "0013_materials")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ListChange",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("agreement", fields.CharField(db_index=True, max_length=64)),
                ("revision", fields.IntField()),
                ("changed_by", fields.CharField(max_length=100)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("what", fields.CharField(max_length=32)),
                ("detail", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "map_list_change",
                "app": "tongban",
                "pk_attr": "id",
                "table_description": "who changed what in a draft",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListComment",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("agreement", fields.CharField(max_length=64)),
                ("version", fields.IntField()),
                ("jurisdiction", fields.CharField(max_length=6)),
                ("line", fields.IntField(null=True)),
                ("field", fields.CharField(null=True, max_length=64)),
                ("text", fields.TextField(unique=False)),
                ("said_by", fields.CharField(max_length=100)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "map_list_comment",
                "app": "tongban",
                "indexes": [Index(fields=["agreement", "version"])],
                "pk_attr": "id",
                "table_description": "what a party wants otherwise in a version that it returned, line by line",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListDraft",
            fields=[
                ("agreement", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("lines", fields.TextField(unique=False)),
                ("based_on", fields.IntField(null=True)),
                ("revision", fields.IntField(default=1)),
                ("confirmed", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("updated_by", fields.CharField(max_length=100)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "map_list_draft",
                "app": "tongban",
                "pk_attr": "agreement",
                "table_description": "the next version of a list, while it is edited",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListSignature",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("agreement", fields.CharField(max_length=64)),
                ("version", fields.IntField()),
                ("jurisdiction", fields.CharField(max_length=6)),
                ("kid", fields.CharField(max_length=64)),
                ("signed_by", fields.CharField(max_length=100)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("jws", fields.TextField(unique=False)),
                ("held", fields.BooleanField(default=False)),
            ],
            options={
                "table": "map_list_signature",
                "app": "tongban",
                "unique_together": (("agreement", "version", "jurisdiction"),),
                "pk_attr": "id",
                "table_description": "a county's confirmation of a list version, by its own key",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListUpload",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("agreement", fields.CharField(max_length=64)),
                ("put_by", fields.CharField(max_length=100)),
                ("name", fields.CharField(max_length=200)),
                ("content", fields.BinaryField()),
                ("put_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "map_list_upload",
                "app": "tongban",
                "pk_attr": "id",
                "table_description": "a workbook that was looked over and waits to be taken into the draft, for a day",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MatterRest",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("agreement", fields.CharField(max_length=64)),
                ("code", fields.CharField(max_length=64)),
                ("jurisdiction", fields.CharField(max_length=6)),
                ("said_by", fields.CharField(max_length=100)),
                ("reason", fields.TextField(unique=False)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "map_matter_rest",
                "app": "tongban",
                "indexes": [Index(fields=["agreement", "code"])],
                "pk_attr": "id",
                "table_description": "matters that a party suspended at once, open applications go on",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="ListVersion",
            name="lapsed",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="ListVersion",
            name="proposed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="ListVersion",
            name="proposed_by",
            field=fields.CharField(null=True, max_length=6),
        ),
        ops.AddField(
            model_name="ListVersion",
            name="why",
            field=fields.TextField(null=True, unique=False),
        ),
    ]
