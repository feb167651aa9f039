"""A gateway's rows read from PostgreSQL, by its own program psql, in the shape that SQLite gives them."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.services.postgres import programs

SEALED = {"body", "wrapped", "sealed", "person", "answers", "hand_over", "rating", "said", "detail", "id_index"}


def read(database: str, tables: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """All rows of these tables, by the name that is wanted for each: one snapshot."""
    asked = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    asked += [f"SELECT '{name}', row_to_json(t) FROM {table} t" for name, table in tables.items()]  # noqa: S608
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in tables}
    for line in _psql(database, *asked, "COMMIT").splitlines():
        name, _, text = line.partition("|")
        rows[name].append({column: _value(column, value) for column, value in json.loads(text).items()})
    for found in rows.values():
        found.sort(key=lambda row: row.get("id", 0))
    return rows


def numbers(database: str, questions: Mapping[str, str]) -> dict[str, int]:
    """The number that each question is answered with."""
    answers = _psql(database, *questions.values()).splitlines()
    return {what: int(answer) for what, answer in zip(questions, answers, strict=True)}


def column(database: str, question: str) -> list[int]:
    """The numbers that one question is answered with."""
    return [int(answer) for answer in _psql(database, question).splitlines()]


def dump(database: str) -> bytes:
    """Everything as the disk has it, for a search for what must not be readable."""
    command = [str(programs() / "pg_dump"), "--data-only", "-d", database]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _value(column: str, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("\\x") and column in SEALED:
        return bytes.fromhex(value[2:])
    return json.dumps(value) if isinstance(value, dict | list) else value


def _psql(database: str, *statements: str) -> str:
    given = [part for one in statements for part in ("-c", one)]
    command = [str(programs() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, *given]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
