"""Rows of the hot path: made and read without what the ORM asks of each value. The database still refuses what is wrong."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import orjson
from tortoise import fields
from tortoise.models import Model

Reader = Callable[[Any], Any]


class Row(Model):
    """A model whose values are taken as they are given; what is not given has its default, or is None."""

    class Meta:
        abstract = True

    def __init__(self, **values: Any) -> None:
        blank, made = _blank(type(self))
        self.__dict__.update(blank)
        self.__dict__.update({name: make() for name, make in made.items() if name not in values})
        self.__dict__.update(values)
        self.__dict__["_await_when_save"] = {}


@cache
def _blank(model: type[Model]) -> tuple[Mapping[str, Any], Mapping[str, Callable[[], Any]]]:
    """What a new row has before it is given anything; and what is made anew for each."""
    blank: dict[str, Any] = {"_partial": False, "_saved_in_db": False}
    blank["_custom_generated_pk"] = bool(getattr(model._meta.pk, "generated", False))
    defaults = {name: model._meta.fields_map[name].default for name in columns(model)}
    made = {name: default for name, default in defaults.items() if callable(default)}
    return blank | {name: default for name, default in defaults.items() if name not in made}, made


def read(model: type[Model], row: Mapping[str, Any], shared: bool) -> Any:
    """The row of a model as the database gave it; `shared`: it is PostgreSQL."""
    found = model.__new__(model)
    state = found.__dict__
    state.update(_partial=False, _saved_in_db=True, _custom_generated_pk=True, _await_when_save={})
    state.update(row)
    for name, reader in _readers(model, shared):
        if state.get(name) is not None:
            state[name] = reader(state[name])
    return found


@cache
def columns(model: type[Model]) -> tuple[str, ...]:
    """The names of its columns."""
    return tuple(name for name in model._meta.fields_map if name in model._meta.db_fields)


@cache
def _readers(model: type[Model], shared: bool) -> tuple[tuple[str, Reader], ...]:
    """Columns that come otherwise than they are used. PostgreSQL gives times, dates and truth as they are."""
    found: list[tuple[str, Reader]] = []
    for name in columns(model):
        field = model._meta.fields_map[name]
        if isinstance(field, fields.JSONField):
            found.append((name, orjson.loads))
        elif not shared and isinstance(field, fields.DatetimeField):
            found.append((name, _instant))
        elif not shared and isinstance(field, fields.DateField):
            found.append((name, date.fromisoformat))
        elif not shared and isinstance(field, fields.BooleanField):
            found.append((name, bool))
    return tuple(found)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
