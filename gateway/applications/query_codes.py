"""查询码: the word that the slip gives the applicant, with which the case's progress is asked for.

It is drawn from a random salt under the index key, and nothing else is kept: the table alone does not yield it, and a
slip that is printed again shows the same one. A new salt makes the old code worthless.
"""

import hmac
import re
import secrets
import unicodedata
from datetime import datetime

from gateway.applications.tables import QueryCode
from messaging.sealing import Sealer
from messaging.unit_of_work import Connection

LETTERS = "34679ACDEFGHJKMNPRTWXY"  # without what is taken for another: 0OQ 1IL 2Z 5S 8B UV
LENGTH = 10  # 44 bits: with ten wrong tries an hour nobody comes upon one
SALT_BYTES = 16
_NOBODY = secrets.token_bytes(SALT_BYTES)  # stands for the salt of a number that does not exist
_GAPS = re.compile(r"[\s\-–—_.·]+")


def normal(typed: str) -> str:
    """As people type it (small or full-width letters, gaps, dashes) -> as it is compared."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", typed)).upper()


def printed(code: str) -> str:
    """In two halves, as the slip shows it."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def of(sealer: Sealer, number: str, salt: bytes) -> str:
    """The code of a case's number under a salt."""
    value = int.from_bytes(sealer.blind("query_code", f"{number}\0{salt.hex()}"))
    letters = []
    for _ in range(LENGTH):
        value, place = divmod(value, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def matches(sealer: Sealer, number: str, salt: bytes | None, typed: str) -> bool:
    """Is it the code of this number? Without a salt the same work is done, and the answer is no."""
    right = of(sealer, number, salt or _NOBODY)
    same = hmac.compare_digest(right.encode(), normal(typed).encode())
    return same and salt is not None


async def salt_of(connection: Connection, number: str) -> bytes | None:
    """The salt of a number's code; None when no slip was printed, or there is no such number."""
    row = await QueryCode.filter(number=number).using_db(connection).first()
    return None if row is None else bytes(row.salt)


async def made(connection: Connection, number: str, now: datetime) -> tuple[bytes, bool]:
    """The salt of a number's code, and whether it was made just now. Two that make it at once get the same one."""
    salt = secrets.token_bytes(SALT_BYTES)
    rows = [QueryCode(number=number, salt=salt, made_at=now)]
    await QueryCode.bulk_create(rows, ignore_conflicts=True, using_db=connection)
    kept = await salt_of(connection, number)
    assert kept is not None  # noqa: S101
    return kept, kept == salt
