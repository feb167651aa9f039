"""Triggers that keep audit lines and roots from being changed or removed: SQL for the migration, one statement each.

They stop mistakes and ordinary accounts; whoever owns the database can drop them, and is then told by chains and roots.
"""

_LINE = ("id", "chain", "sequence", "at", "who", "what", "why", "detail", "previous", "hash")

# A line changes once and in one way: it comes under a root.
_SQLITE_SEALED = " AND ".join(["OLD.root_id IS NULL", *(f"NEW.{column} IS OLD.{column}" for column in _LINE)])

SQLITE = (
    f"""CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON audit_line WHEN NOT ({_SQLITE_SEALED})
BEGIN SELECT RAISE(ABORT, 'audit_line is append only'); END""",
    """CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON audit_line
BEGIN SELECT RAISE(ABORT, 'audit_line is append only'); END""",
    """CREATE TRIGGER audit_root_no_update BEFORE UPDATE ON audit_root
BEGIN SELECT RAISE(ABORT, 'audit_root is append only'); END""",
    """CREATE TRIGGER audit_root_no_delete BEFORE DELETE ON audit_root
BEGIN SELECT RAISE(ABORT, 'audit_root is append only'); END""",
    """CREATE TRIGGER audit_house_chain_forward BEFORE UPDATE ON audit_house_chain
WHEN NEW.name IS NOT OLD.name OR NEW.sequence <= OLD.sequence
BEGIN SELECT RAISE(ABORT, 'audit_house_chain only goes forward'); END""",
    """CREATE TRIGGER audit_house_chain_no_delete BEFORE DELETE ON audit_house_chain
BEGIN SELECT RAISE(ABORT, 'audit_house_chain only goes forward'); END""",
)
SQLITE_UNDO = (
    "DROP TRIGGER audit_line_no_update",
    "DROP TRIGGER audit_line_no_delete",
    "DROP TRIGGER audit_root_no_update",
    "DROP TRIGGER audit_root_no_delete",
    "DROP TRIGGER audit_house_chain_forward",
    "DROP TRIGGER audit_house_chain_no_delete",
)

_POSTGRESQL_SEALED = " AND ".join(
    ["OLD.root_id IS NULL", *(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _LINE)]
)

POSTGRESQL = (
    """CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON audit_line FOR EACH ROW
WHEN (NOT ({_POSTGRESQL_SEALED})) EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON audit_line FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_line_no_truncate BEFORE TRUNCATE ON audit_line
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_root_no_change BEFORE UPDATE OR DELETE ON audit_root
FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_root_no_truncate BEFORE TRUNCATE ON audit_root
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_house_chain_forward BEFORE UPDATE ON audit_house_chain FOR EACH ROW
WHEN (NEW.name IS DISTINCT FROM OLD.name OR NEW.sequence <= OLD.sequence) EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_house_chain_no_delete BEFORE DELETE ON audit_house_chain
FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_house_chain_no_truncate BEFORE TRUNCATE ON audit_house_chain
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)
POSTGRESQL_UNDO = ("DROP FUNCTION audit_append_only() CASCADE",)
