"""The database's history: one file per step, made by the ORM's own command and read before it is committed."""
