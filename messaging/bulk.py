"""Many rows in one statement, for the hot path: as the ORM writes and reads them, without its cost for each row.

PostgreSQL gets each column as one array, so that the text of a statement is always the same; SQLite gets rows.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

import orjson
from tortoise import fields
from tortoise.exceptions import IntegrityError, OperationalError, ValidationError
from tortoise.models import Model

from messaging.rows import columns, read
from messaging.unit_of_work import Connection

Found = TypeVar("Found", bound=Model)
_AS_IT_IS = (fields.BigIntField, fields.IntField, fields.BinaryField, fields.BooleanField, fields.TextField)


async def insert(connection: Connection, rows: Sequence[Model], *, ignore_doubles: bool = False) -> None:
    """Insert rows of one model. With `ignore_doubles` what is there already stays as it is."""
    writing = Writing()
    writing.insert(rows, ignore_doubles=ignore_doubles)
    await writing.write(connection)


async def update(connection: Connection, rows: Sequence[Model], *names: str) -> None:
    """Write these columns of rows of one model, found by their primary keys."""
    writing = Writing()
    writing.update(rows, *names)
    await writing.write(connection)


class Writing:
    """Inserts and updates of several tables that go to the database together, in one journey there and back."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def insert(self, rows: Sequence[Model], *, ignore_doubles: bool = False) -> None:
        """As `insert`, at the end."""
        if rows:
            model = type(rows[0])
            names = tuple(name for name in columns(model) if name != model._meta.pk_attr or rows[0].pk is not None)
            self._parts.append(_Part(model, names, rows, inserts=True, ignores=ignore_doubles))

    def update(self, rows: Sequence[Model], *names: str) -> None:
        """As `update`, at the end. A row stands in one update of its table, and in no insert."""
        if rows:
            model = type(rows[0])
            self._parts.append(_Part(model, (*names, model._meta.pk_attr), rows))

    async def write(self, connection: Connection) -> None:
        """All of it, in one statement where the database can, else in one call of its thread."""
        parts, self._parts = self._parts, []
        if not parts:
            return
        values = [[_column(part.model, name, part.rows) for name in part.names] for part in parts]
        if _shared(connection):
            text = _together(tuple(part.shape for part in parts))
            await connection.execute_query(text, [column for columns_ in values for column in columns_])
        else:
            rows = [list(zip(*given, strict=True)) for given in values]
            await _in_one_call(connection, [(part.text(False, 1), one) for part, one in zip(parts, rows, strict=True)])
        for part in parts:
            if part.inserts:
                for row in part.rows:
                    row._saved_in_db = True


async def select(
    connection: Connection,
    model: type[Found],
    *,
    order: str = "id",
    lock: bool = False,
    skip: bool = False,
    most: int | None = None,
    without: tuple[str, ...] = (),
    **among: Sequence[Any],
) -> list[Found]:
    """Rows of which each of these columns is one of its values, in order; locked until the transaction ends if so wished.

    `skip`: rows that somebody else has locked are passed over. `most`: at most so many. `without`: columns that are not
    read, and that the rows do not have then.
    """
    if not all(among.values()):
        return []
    shared = _shared(connection)
    values = [list(one) if shared else orjson.dumps(list(one)).decode() for one in among.values()]
    text = _select_text(model, tuple(among), order, without, shared)
    text += f" LIMIT {most:d}" if most is not None else ""
    text += (" FOR UPDATE SKIP LOCKED" if skip else " FOR UPDATE") if lock and shared else ""
    return [read(model, row, shared) for row in await connection.execute_query_dict(text, values)]


Shape = tuple[type[Model], tuple[str, ...], bool, bool]  # model, columns, is it an insert, does it ignore doubles


@dataclass(frozen=True)
class _Part:
    """One table's rows to be written."""

    model: type[Model]
    names: tuple[str, ...]  # of an update the last one is the key
    rows: Sequence[Model]
    inserts: bool = False
    ignores: bool = False

    @property
    def shape(self) -> Shape:
        return self.model, self.names, self.inserts, self.ignores

    def text(self, shared: bool, first: int) -> str:
        """Its statement; its arrays are the parameters from `first` on."""
        return _text(self.shape, shared, first)


@cache
def _text(shape: Shape, shared: bool, first: int) -> str:
    model, names, inserts, ignores = shape
    if inserts:
        return _insert_text(model, names, shared, ignores, first)
    return _update_text(model, names[:-1], shared, first)


@cache
def _together(shapes: tuple[Shape, ...]) -> str:
    """One statement of many: PostgreSQL carries out every part of WITH, each once."""
    texts, first = [], 1
    for shape in shapes:
        texts.append(_text(shape, True, first))
        first += len(shape[1])
    *before, last = texts
    parts = ", ".join(f"part{place} AS ({text})" for place, text in enumerate(before))
    return f"WITH {parts} {last}" if before else last


async def _in_one_call(connection: Connection, statements: Sequence[tuple[str, list[tuple[Any, ...]]]]) -> None:
    """Each call of the file's thread costs more than a statement does."""

    def work() -> None:
        for text, rows in statements:
            plain.executemany(text, rows)

    async with cast(Any, connection).acquire_connection() as opened:
        plain = opened._conn
        try:
            await opened._execute(work)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


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
def _insert_text(model: type[Model], names: tuple[str, ...], shared: bool, ignore_doubles: bool, first: int) -> str:
    places = _arrays(model, names, first) if shared else ", ".join("?" * len(names))
    given = f"SELECT * FROM unnest({places})" if shared else f"VALUES ({places})"  # noqa: S608
    silently = " ON CONFLICT DO NOTHING" if ignore_doubles else ""
    return f"INSERT INTO {model._meta.db_table} ({_quoted(names)}) {given}{silently}"


@cache
def _update_text(model: type[Model], names: tuple[str, ...], shared: bool, first: int) -> str:
    table, key = model._meta.db_table, model._meta.pk_attr
    if not shared:
        changes = ", ".join(f'"{name}" = ?' for name in names)
        return f"UPDATE {table} SET {changes} WHERE {key} = ?"  # noqa: S608
    changes = ", ".join(f'"{name}" = new."{name}"' for name in names)
    given = f"unnest({_arrays(model, (*names, key), first)}) AS new({_quoted((*names, key))})"
    return f"UPDATE {table} SET {changes} FROM {given} WHERE {table}.{key} = new.{key}"  # noqa: S608


@cache
def _select_text(model: type[Model], among: tuple[str, ...], order: str, without: tuple[str, ...], shared: bool) -> str:
    tests = [
        f'"{name}" = ANY(${place}::{_type(model, name)}[])'
        if shared
        else f'"{name}" IN (SELECT value FROM json_each(?))'  # noqa: S608
        for place, name in enumerate(among, 1)
    ]
    names = tuple(name for name in columns(model) if name not in without)
    return f"SELECT {_quoted(names)} FROM {model._meta.db_table} WHERE {' AND '.join(tests)} ORDER BY {order}"  # noqa: S608


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _arrays(model: type[Model], names: tuple[str, ...], first: int) -> str:
    return ", ".join(f"${place}::{_type(model, name)}[]" for place, name in enumerate(names, first))


def _type(model: type[Model], name: str) -> str:
    """The column's type on PostgreSQL, without its length."""
    kind = str(model._meta.fields_map[name].get_for_dialect("postgres", "SQL_TYPE"))
    return kind.partition("(")[0]
