"""Indexes of the to-do views that hold few of many cases: only the rows that are in the view stand in them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

INDEXES = {
    "idx_case_leg_undelivered": "(delivery) WHERE delivery <> 'receipted'",
    "idx_case_leg_withdrawing": "(id) WHERE withdrawal_asked_at IS NOT NULL",
    "idx_case_leg_silent": "(id) WHERE silent_since IS NOT NULL",
    "idx_case_leg_deemed": "(id) WHERE deemed_accepted_on IS NOT NULL",
}


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name, of in INDEXES.items():
        await editor.client.execute_query(f"CREATE INDEX {name} ON case_leg {of}")


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for name in INDEXES:
        await editor.client.execute_query(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0003_several_processes")]

    operations = [ops.RunPython(_put, _take_away)]
