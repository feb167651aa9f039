"""多地联办: the parts of a joint case, and which of them its whole has still to look at."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

INDEXES = {"idx_case_leg_joint_due": "(id) WHERE joint_due > 0"}


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name, of in INDEXES.items():
        await editor.client.execute_query(f"CREATE INDEX {name} ON case_leg {of}")


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name in INDEXES:
        await editor.client.execute_query(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0009_limits")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Application", name="joint", field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)
        ),
        ops.AddField(model_name="Leg", name="part", field=fields.SmallIntField(default=0, db_default=0)),
        ops.AddField(model_name="Leg", name="begun_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="Leg", name="joint_due", field=fields.SmallIntField(default=0, db_default=0)),
        ops.AddField(model_name="Leg", name="document", field=fields.BinaryField(null=True)),
        ops.RunPython(_put, _take_away),
    ]
