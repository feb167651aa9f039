"""Promised materials, files arranged for looking at, whether a file was looked at for viruses, and uploads in parts."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    where = "(material_due) WHERE material_due IS NOT NULL"
    await editor.client.execute_query(f"CREATE INDEX idx_case_leg_owed ON case_leg {where}")


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    await editor.client.execute_query("DROP INDEX idx_case_leg_owed")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0012_people")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Upload",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=26)),
                ("owner", fields.CharField(max_length=6)),
                ("put_by", fields.CharField(db_index=True, max_length=64)),
                ("name", fields.CharField(max_length=255)),
                ("media_type", fields.CharField(max_length=127)),
                ("size", fields.BigIntField()),
                ("received", fields.BigIntField(default=0)),
                ("parts", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("key_id", fields.BigIntField()),
                ("begun_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("sha256", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "attachment_upload",
                "app": "tongban",
                "pk_attr": "id",
                "table_description": "a large file on its way in, part by part",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Attachment", name="scanned", field=fields.CharField(null=True, max_length=16)),
        ops.AddField(model_name="Leg", name="material_due", field=fields.DateField(null=True)),
        ops.AddField(model_name="Leg", name="material_told", field=fields.SmallIntField(default=0, db_default=0)),
        ops.AddField(
            model_name="Application",
            name="arranged",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.RunPython(_put, _take_away),
    ]
