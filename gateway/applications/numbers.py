"""Numbers of cases: home, day, source, the day's running number over all sources, check character."""

from datetime import date

from matters_map import codes
from messaging.unit_of_work import Connection

WINDOW, API, PLATFORM, PAPER = 1, 2, 3, 4  # the source digit: 窗口, 接口, 统一受理平台, 纸件补录
MOST = 999_999  # cases a day
_TAKE = (
    "INSERT INTO case_number_counter (day, running) VALUES ({}, {})"
    " ON CONFLICT (day) DO UPDATE SET running = case_number_counter.running + excluded.running RETURNING running"
)
LENGTH = 22  # characters; what is longer is no number of a case


def number(home: str, day: date, source: int, running: int) -> str:
    """The 22 characters; the last one checks the 21 before it (ISO 7064 MOD 37,36)."""
    if not 1 <= running <= MOST:
        raise ValueError("the day's numbers are used up")
    text = f"{home}{day:%Y%m%d}{source}{running:06d}"
    return text + codes.check_character(text)


async def take(connection: Connection, day: date, how_many: int) -> int:
    """Reserve running numbers under the counter's lock; the first of them."""
    places = ("$1", "$2") if connection.capabilities.dialect == "postgres" else ("?", "?")
    text = _TAKE.format(*places)
    rows = await connection.execute_query_dict(text, [f"{day:%Y%m%d}", how_many])
    return int(rows[0]["running"]) - how_many + 1
