"""PostgreSQL only: the feed tells the steps of one case in the order in which they were done, whoever did them.

A transaction is numbered at its first write, and may then wait for a case that another one, numbered later, is changing:
its own step comes after that one's, and is put there. Nothing enters before what a reader has passed: readers stop at
the lowest number that is still open, and that is at most this transaction's own.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    if editor.client.capabilities.dialect == "sqlite":
        return
    for statement in (
        """CREATE FUNCTION tongban_step_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.written_in := GREATEST(NEW.written_in, (SELECT written_in FROM case_step
    WHERE application_id = NEW.application_id ORDER BY written_in DESC LIMIT 1));
  RETURN NEW;
END $$""",
        "CREATE TRIGGER case_step_in_turn BEFORE INSERT ON case_step"
        " FOR EACH ROW EXECUTE FUNCTION tongban_step_in_turn()",
    ):
        await editor.client.execute_query(statement)


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    if editor.client.capabilities.dialect != "sqlite":
        await editor.client.execute_query("DROP FUNCTION tongban_step_in_turn() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("tongban", "0005_receipts_by_digest")]

    operations = [ops.RunPython(_put, _take_away)]
