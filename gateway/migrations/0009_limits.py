"""Years of the calendar that somebody loaded, the alarm that a leg's limit has reached, its loose originals, and who looks after it."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

INDEXES = {"idx_case_leg_loose": "(id) WHERE originals_open > 0", "idx_case_leg_alarmed": "(id) WHERE alarm >= 2"}


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name, of in INDEXES.items():
        await editor.client.execute_query(f"CREATE INDEX {name} ON case_leg {of}")


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name in INDEXES:
        await editor.client.execute_query(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0008_query_codes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CalendarYear",
            fields=[
                ("year", fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("sha256", fields.CharField(max_length=64)),
                ("loaded_by", fields.CharField(max_length=100)),
                ("loaded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "map_calendar_year",
                "app": "tongban",
                "pk_attr": "year",
                "table_description": "a year that somebody loaded, others came with the product",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Leg", name="owner", field=fields.CharField(null=True, max_length=64)),
        ops.AddField(model_name="Leg", name="owner_name", field=fields.CharField(null=True, max_length=64)),
        ops.AddIndex(model_name="Leg", index=Index(fields=["owner", "state"])),
        ops.AddField(model_name="Leg", name="originals_open", field=fields.SmallIntField(default=0, db_default=0)),
        ops.AddField(model_name="Leg", name="alarm", field=fields.SmallIntField(default=0, db_default=0)),
        ops.AddField(model_name="Leg", name="alarm_for", field=fields.CharField(null=True, max_length=32)),
        ops.RunPython(_put, _take_away),
    ]
