"""How a command speaks: results on stdout, as text or as one JSON value; messages on stderr; an exit code."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

DONE, FOUND, WRONG_USE = 0, 1, 2  # done; findings or a failed check; called in a wrong way


class WrongUse(Exception):
    """The command cannot be carried out as it was called; the text tells a person what to do. Exit 2."""


def give_json(value: Any) -> int:
    """One JSON value, one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    return DONE


def give_lines(lines: Iterable[str]) -> int:
    """Text for people."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE


def give_table(rows: Sequence[Sequence[object]]) -> int:
    """Rows with a tab between the cells, so that other programs can cut them too."""
    return give_lines("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)


def tell(message: str) -> None:
    """A message beside the result."""
    sys.stderr.write(message + "\n")
