"""How long a stream rests between two looks, and a feed before it looks for what is hidden."""

from typing import Any

import pytest

from gateway import feed
from gateway.feed import CaseFeed
from gateway.streams import GAP, Streams


class Hidden:
    """Cases of which the newest change stands in a transaction that is still open."""

    hidden = True

    async def more_to_come(self) -> bool:
        return self.hidden

    async def feed(self, actor: Any, after: int, limit: int) -> list[dict[str, Any]]:
        return []


def test_a_lone_change_is_shown_at_once_and_a_burst_is_one_look() -> None:
    streams = Streams()
    with streams.place("clerk"):
        assert streams._rest(took=0.002, found=1) == 0.002
        assert streams._rest(took=0.002, found=200) == GAP


def test_many_streams_share_the_time_that_looking_takes() -> None:
    streams = Streams()
    for place in range(30):
        streams._open[f"clerk {place}"] += 1
    assert streams._rest(took=0.002, found=0) == pytest.approx(0.06)


async def test_what_stays_hidden_is_looked_for_less_and_less_often() -> None:
    cases: Any = Hidden()
    one, pauses = CaseFeed(cases), []
    for _ in range(7):
        await one.after(Any, "0", 10)  # type: ignore[arg-type]
        assert one._later is not None
        one._later.cancel()
        one._later = None
        pauses.append(one._pause)
    assert pauses == sorted(pauses)
    assert pauses[-1] == feed.LOOK_AGAIN_MOST
    cases.hidden = False
    await one.after(Any, "0", 10)  # type: ignore[arg-type]
    assert one._pause == feed.LOOK_AGAIN
