"""Numbers of cases: home, day, source, the day's running number over all sources, check character."""

from datetime import date, datetime

from gateway.applications.clocks import SHANGHAI, local_day
from gateway.applications.tables import NumberCounter
from matters_map import codes
from messaging.unit_of_work import Connection

WINDOW, API, PLATFORM, PAPER = 1, 2, 3, 4  # the source digit: 窗口, 接口, 统一受理平台, 纸件补录
MOST = 999_999  # cases a day
_TAKE = (
    "INSERT INTO case_number_counter (day, running) VALUES ({}, {})"
    " ON CONFLICT (day) DO UPDATE SET running = case_number_counter.running + excluded.running RETURNING running"
)
GAP, EACH_SECOND = 100_000, 10  # numbers of a day that a restored installation passes over
LENGTH = 22  # characters; what is longer is no number of a case


def number(home: str, day: date, source: int, running: int) -> str:
    """The 22 characters; the last one checks the 21 before it (ISO 7064 MOD 37,36)."""
    if not 1 <= running <= MOST:
        raise ValueError("the day's numbers are used up")
    text = f"{home}{day:%Y%m%d}{source}{running:06d}"
    return text + codes.check_character(text)


async def take(connection: Connection, day: date, how_many: int, series: str = "") -> int:
    """Reserve running numbers under the counter's lock; the first of them. A `series` (one letter) counts by itself."""
    places = ("$1", "$2") if connection.capabilities.dialect == "postgres" else ("?", "?")
    key = f"{series}{day:%y%m%d}" if series else f"{day:%Y%m%d}"
    rows = await connection.execute_query_dict(_TAKE.format(*places), [key, how_many])
    return int(rows[0]["running"]) - how_many + 1


async def leave_gap(connection: Connection, now: datetime) -> int:
    """After a restore: go on above every number that may have been given out today, since the backup or before another
    restore; the number after which it goes on.

    Above 100,000 and ten for each second of the day so far: a second restore on the same day goes on above the first.
    """
    key = f"{local_day(now):%Y%m%d}"
    at = now.astimezone(SHANGHAI)
    above = GAP + EACH_SECOND * (at.hour * 3600 + at.minute * 60 + at.second)
    await take(connection, local_day(now), 0)
    row = await NumberCounter.filter(day=key).using_db(connection).get()
    after = min(max(row.running, above), MOST)
    await NumberCounter.filter(day=key).using_db(connection).update(running=after)
    return after
