"""Many rows in one statement, for the hot path: as the ORM writes and reads them, without its cost for each row.

PostgreSQL gets each column as one array, so that the text of a statement is always the same; SQLite gets rows.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from tortoise import fields
from tortoise.exceptions import ValidationError
from tortoise.models import Model

from messaging.rows import columns, read
from messaging.unit_of_work import Connection

Found = TypeVar("Found", bound=Model)
_AS_IT_IS = (fields.BigIntField, fields.IntField, fields.BinaryField, fields.BooleanField, fields.TextField)


async def insert(connection: Connection, rows: Sequence[Model], *, ignore_doubles: bool = False) -> None:
    """Insert rows of one model. With `ignore_doubles` what is there already stays as it is."""
    if not rows:
        return
    model = type(rows[0])
    names = tuple(name for name in columns(model) if name != model._meta.pk_attr or rows[0].pk is not None)
    shared = _shared(connection)
    await _write(connection, _insert_text(model, names, shared, ignore_doubles), model, names, rows)
    for row in rows:
        row._saved_in_db = True


async def update(connection: Connection, rows: Sequence[Model], *names: str) -> None:
    """Write these columns of rows of one model, found by their primary keys."""
    if not rows:
        return
    model = type(rows[0])
    places = (*names, model._meta.pk_attr)
    await _write(connection, _update_text(model, names, _shared(connection)), model, places, rows)


async def select(
    connection: Connection, model: type[Found], *, order: str = "id", lock: bool = False, **among: Sequence[Any]
) -> list[Found]:
    """Rows of which each of these columns is one of its values, in order; locked until the transaction ends if so wished."""
    if not all(among.values()):
        return []
    shared = _shared(connection)
    values = [list(one) if shared else orjson.dumps(list(one)).decode() for one in among.values()]
    text = _select_text(model, tuple(among), order, lock and shared, shared)
    return [read(model, row, shared) for row in await connection.execute_query_dict(text, values)]


async def _write(
    connection: Connection, text: str, model: type[Model], names: tuple[str, ...], rows: Sequence[Model]
) -> None:
    values = [_column(model, name, rows) for name in names]
    if _shared(connection):
        await connection.execute_query(text, values)
    else:
        await connection.execute_many(text, [list(row) for row in zip(*values, strict=True)])


def _column(model: type[Model], name: str, rows: Sequence[Model]) -> list[Any]:
    """One column's values, as the database takes them."""
    field = model._meta.fields_map[name]
    values = [getattr(row, name) for row in rows]
    if isinstance(field, fields.CharField):
        if any(value is not None and len(value) > field.max_length for value in values):
            raise ValidationError(f"{name}: longer than {field.max_length}")
        return values
    if isinstance(field, _AS_IT_IS):
        return values
    return [None if value is None else field.to_db_value(value, row) for value, row in zip(values, rows, strict=True)]


def _shared(connection: Connection) -> bool:
    return connection.capabilities.dialect == "postgres"


@cache
def _insert_text(model: type[Model], names: tuple[str, ...], shared: bool, ignore_doubles: bool) -> str:
    places = _arrays(model, names) if shared else ", ".join("?" * len(names))
    given = f"SELECT * FROM unnest({places})" if shared else f"VALUES ({places})"
    silently = " ON CONFLICT DO NOTHING" if ignore_doubles else ""
    return f"INSERT INTO {model._meta.db_table} ({_quoted(names)}) {given}{silently}"  # noqa: S608


@cache
def _update_text(model: type[Model], names: tuple[str, ...], shared: bool) -> str:
    table, key = model._meta.db_table, model._meta.pk_attr
    if not shared:
        changes = ", ".join(f'"{name}" = ?' for name in names)
        return f"UPDATE {table} SET {changes} WHERE {key} = ?"  # noqa: S608
    changes = ", ".join(f'"{name}" = new."{name}"' for name in names)
    given = f"unnest({_arrays(model, (*names, key))}) AS new({_quoted((*names, key))})"
    return f"UPDATE {table} SET {changes} FROM {given} WHERE {table}.{key} = new.{key}"  # noqa: S608


@cache
def _select_text(model: type[Model], among: tuple[str, ...], order: str, lock: bool, shared: bool) -> str:
    tests = [
        f'"{name}" = ANY(${place}::{_type(model, name)}[])' if shared else f'"{name}" IN (SELECT value FROM json_each(?))'
        for place, name in enumerate(among, 1)
    ]
    text = f"SELECT {_quoted(columns(model))} FROM {model._meta.db_table}"  # noqa: S608
    return f"{text} WHERE {' AND '.join(tests)} ORDER BY {order}" + (" FOR UPDATE" if lock else "")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _arrays(model: type[Model], names: tuple[str, ...]) -> str:
    return ", ".join(f"${place}::{_type(model, name)}[]" for place, name in enumerate(names, 1))


def _type(model: type[Model], name: str) -> str:
    """The column's type on PostgreSQL, without its length."""
    kind = str(model._meta.fields_map[name].get_for_dialect("postgres", "SQL_TYPE"))
    return kind.partition("(")[0]
