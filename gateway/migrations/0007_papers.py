"""Papers as they were issued. A row neither changes nor goes: triggers, in the dialect of the database at hand."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

SQLITE = (
    """CREATE TRIGGER case_paper_no_update BEFORE UPDATE ON case_paper
BEGIN SELECT RAISE(ABORT, 'case_paper is append only'); END""",
    """CREATE TRIGGER case_paper_no_delete BEFORE DELETE ON case_paper
BEGIN SELECT RAISE(ABORT, 'case_paper is append only'); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER case_paper_no_change BEFORE UPDATE OR DELETE ON case_paper
FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER case_paper_no_truncate BEFORE TRUNCATE ON case_paper
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)
UNDO = {
    True: ("DROP TRIGGER case_paper_no_update", "DROP TRIGGER case_paper_no_delete"),
    False: (
        "DROP TRIGGER case_paper_no_change ON case_paper",
        "DROP TRIGGER case_paper_no_truncate ON case_paper",
    ),
}


async def _put(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for statement in SQLITE if editor.client.capabilities.dialect == "sqlite" else POSTGRESQL:
        await editor.client.execute_query(statement)


async def _take_away(apps: StateApps, editor: BaseSchemaEditor) -> None:
    for statement in UNDO[editor.client.capabilities.dialect == "sqlite"]:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("tongban", "0006_steps_in_turn")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Paper",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("application_id", fields.BigIntField(null=True, db_index=True)),
                ("number", fields.CharField(max_length=32)),
                ("version", fields.IntField()),
                ("kind", fields.CharField(max_length=20)),
                ("case_number", fields.CharField(null=True, max_length=22)),
                ("office", fields.CharField(max_length=6)),
                ("issuer", fields.CharField(max_length=200)),
                ("issued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("issued_on", fields.DateField(db_index=True)),
                ("key_id", fields.BigIntField()),
                ("content", fields.BinaryField()),
                ("sha256", fields.CharField(max_length=64)),
                ("code", fields.CharField(max_length=16)),
                ("file", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "case_paper",
                "app": "tongban",
                "unique_together": (("number", "version"),),
                "pk_attr": "id",
                "table_description": "papers as they were issued, no row ever changes",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Leg",
            name="papers",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.RunPython(_put, _take_away),
    ]
