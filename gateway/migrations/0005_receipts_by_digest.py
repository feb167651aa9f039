"""A receipt names what it is for by its digest: found by an index, however much was said before."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

INDEX = "idx_post_outgoing_digest"


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    await editor.client.execute_query(f"CREATE INDEX {INDEX} ON post_outgoing (partner, sha256)")


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    await editor.client.execute_query(f"DROP INDEX {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0004_to_do_indexes")]

    operations = [ops.RunPython(_put, _take_away)]
