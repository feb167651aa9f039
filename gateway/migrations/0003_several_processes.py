"""PostgreSQL only: the order in which the feed is read, and word to running processes when lists or partners change."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

TOLD = {
    "partner": "registry",
    "partner_key": "registry",
    "map_agreement": "lists",
    "map_list_version": "lists",
    "map_form_version": "lists",
    "map_calendar_day": "lists",
}


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    if editor.client.capabilities.dialect == "sqlite":
        return
    for statement in (
        # What was written before comes first, in the order of its ids.
        "ALTER TABLE case_step ADD COLUMN written_in xid8 NOT NULL DEFAULT '1'::xid8",
        "ALTER TABLE case_step ALTER COLUMN written_in SET DEFAULT pg_current_xact_id()",
        "CREATE INDEX idx_case_step_written_in ON case_step (written_in, id)",
        """CREATE FUNCTION tongban_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('tongban', TG_ARGV[0]); RETURN NULL; END $$""",
        *(
            f"CREATE TRIGGER {table}_tell AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION tongban_tell('{topic}')"
            for table, topic in TOLD.items()
        ),
    ):
        await editor.client.execute_query(statement)


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    if editor.client.capabilities.dialect == "sqlite":
        return
    for statement in ("ALTER TABLE case_step DROP COLUMN written_in", "DROP FUNCTION tongban_tell() CASCADE"):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("tongban", "0002_append_only")]

    operations = [ops.RunPython(_put, _take_away)]
