"""Audit lines and roots cannot be changed or removed: triggers, in the dialect of the database at hand."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

from gateway.audit import append_only


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    sqlite = editor.client.capabilities.dialect == "sqlite"
    for statement in append_only.SQLITE if sqlite else append_only.POSTGRESQL:
        await editor.client.execute_query(statement)


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    sqlite = editor.client.capabilities.dialect == "sqlite"
    for statement in append_only.SQLITE_UNDO if sqlite else append_only.POSTGRESQL_UNDO:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("tongban", "0001_initial")]

    operations = [ops.RunPython(_put, _take_away)]
