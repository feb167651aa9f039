"""Partners that lose what they had, do not hold their line, are away for days, or are a thousand times slower than others."""

import asyncio
import time
from pathlib import Path

import pytest

from messaging.bus import amqp_line
from messaging.bus.names import TO_PARTNER
from messaging.retry import RESEND
from tests.faults.backstage import Backstage, Story
from tests.faults.fire import Fire, fire
from tests.faults.house_under_test import House
from tests.faults.open_loop import percentile
from tests.faults.seeds import LONG, under_seeds
from tests.services.proxy import Proxy

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
ZAOYANG, JINGSHAN = "420683", "420882"  # both read their queues themselves
SERVICES = Path(__file__).resolve().parents[2] / "services"
DAY = 86400
QUICK, SLOW = 0.01, 10.0  # seconds that a county takes for each message and receipt
PAIRS = 40 if LONG else 15
SLOWED_AT_MOST = 1.5  # times as long as without a slow neighbour, in the same minute


class Clock:
    """Of a gateway and its counties; it is moved ahead."""

    def __init__(self, folder: Path) -> None:
        self._file, self._ahead = folder / "clock-ahead", 0.0

    async def given_to(self, house: House) -> None:
        self.move(0)
        house.door = house.county_door = SERVICES / "ahead.py"
        house.outside["CLOCK_AHEAD"] = str(self._file)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds
        draft = self._file.with_suffix(".new")
        draft.write_text(str(self._ahead), encoding="ascii")
        draft.rename(self._file)


async def purged(house: House, code: str) -> int:
    """The partner empties its queue, as its own user may; how many messages are gone."""
    there = house.by_queue(code)
    assert there is not None
    connection = await amqp_line.opened(there["url"], code, "purges the queue of")
    try:
        channel = await connection.channel(publisher_confirms=False)
        answer = await (await channel.get_queue(TO_PARTNER, ensure=False)).purge()
        return int(answer.message_count or 0)
    finally:
        await amqp_line.closed(connection)


async def purges_its_queue(seed: int, folder: Path, furnished: Path) -> None:
    """Again and again, with everything in it; what has no receipt goes out anew until it has one."""
    clock, gone = Clock(folder), 0
    async with fire(
        "a partner purges its queue", seed, folder, furnished, prepare=clock.given_to, apart={ZAOYANG: {}}
    ) as house:
        await asyncio.sleep(2)
        async with house.fault():
            await house.house.counties[ZAOYANG].kill()
            for again in RESEND[:3]:
                async with asyncio.timeout(60):
                    lost = 0
                    while lost == 0:
                        await asyncio.sleep(1 + house.dice.random())
                        lost = await purged(house.house, ZAOYANG)
                gone += lost
                clock.move(again + 1)
            await house.house.start_counties(ZAOYANG)
            clock.move(RESEND[3] + 1)
        house.said = f"purged {gone} messages"


async def flaps_with_a_large_prefetch(seed: int, folder: Path, furnished: Path) -> None:
    """It takes all that waits at once, loses its line before it could say that it has it, and gets all of it again."""
    async with Proxy() as line:

        async def lead(house: House) -> None:
            assert house.broker is not None
            line.leads_to(int(house.broker.url.rpartition(":")[2]))
            house.county_nodes, house.county_door = f"127.0.0.1:{line.port}", SERVICES / "greedy.py"

        async with fire(
            "flapping, large prefetch", seed, folder, furnished, rate=5, prepare=lead, apart={ZAOYANG: {}}
        ) as house:
            await house.house.counties[ZAOYANG].kill()
            await asyncio.sleep(4)
            async with house.fault():
                await house.house.start_counties(ZAOYANG)
                await line.flap(15, 0.2 + house.dice.random() * 0.3)


async def dead_for_days(seed: int, folder: Path, furnished: Path) -> None:
    """Nothing expires, people see what waits, and when it is back it gets everything."""
    clock = Clock(folder)
    async with fire(
        "a partner dead for days", seed, folder, furnished, prepare=clock.given_to, apart={ZAOYANG: {}}
    ) as house:
        await asyncio.sleep(2)
        async with house.fault():
            await house.house.counties[ZAOYANG].kill()
            waiting = str((await house.window.file(ZAOYANG)).number)
            for _ in range(3):
                await asyncio.sleep(3)
                clock.move(DAY * (0.5 + house.dice.random()))
            await asyncio.sleep(2)
            case = await house.window.persist("GET", f"/api/v1/applications/{waiting}")
            assert case["delivery"]["state"] == "sent", case["delivery"]
            _, shown = await house.house.command("post", "list")
            late = [one for one in shown if (one["kind"], one["partner"]) == ("outgoing", ZAOYANG)]
            assert late, shown
            await house.house.start_counties(ZAOYANG)
        house.said = f"{len(late)} shown as late"


async def a_thousand_times_slower(seed: int, folder: Path, furnished: Path) -> None:
    """Two houses that differ in nothing but one county; the other counties' receipts are timed in turn, in pairs."""
    apart, of_twin = {ZAOYANG: {"delay": SLOW}}, {ZAOYANG: {"delay": QUICK}}
    async with (
        fire(
            "a partner 1000 times slower",
            seed,
            folder / "slow",
            furnished,
            clerks=0,
            rate=0.7,
            knobs={"delay": QUICK},
            apart=apart,
        ) as slow,
        fire(
            "its twin without",
            seed,
            folder / "twin",
            furnished,
            clerks=0,
            rate=0.7,
            knobs={"delay": QUICK},
            apart=of_twin,
        ) as twin,
    ):
        await asyncio.sleep(8)
        took: dict[Fire, list[float]] = {slow: [], twin: []}
        async with slow.fault(), twin.fault():
            for _ in range(PAIRS):
                for house in slow.dice.sample([slow, twin], 2):
                    took[house].append(await receipted(house, JINGSHAN))
            left = int(slow.sql("SELECT count(*) FROM post_outgoing WHERE due_at IS NOT NULL AND partner = '420683'"))
            await slow.house.counties[ZAOYANG].kill()
            await slow.house.start_counties(ZAOYANG)
        ratio = percentile(sorted(took[slow]), 0.5) / percentile(sorted(took[twin]), 0.5)
        slow.said = f"the others take {ratio:.2f} times as long while {left} messages wait for it"
    assert left >= 2, "it was not slow"  # one receipt tells of many
    assert ratio < SLOWED_AT_MOST, took


async def receipted(house: Fire, code: str) -> float:
    """Seconds from filing a case until the county's receipt is known."""
    begun = time.monotonic()
    number = (await house.window.file(code)).number
    async with asyncio.timeout(60):
        while True:
            case = await house.window.persist("GET", f"/api/v1/applications/{number}")
            if case["delivery"]["state"] == "receipted":
                return time.monotonic() - begun
            await asyncio.sleep(0.01)


STORIES = (purges_its_queue, *((flaps_with_a_large_prefetch, dead_for_days, a_thousand_times_slower) if LONG else ()))


@under_seeds(*STORIES)
def test_a_bad_partner_gets_everything_in_the_end_and_harms_nobody(
    story: Story, seed: int, backstage: Backstage
) -> None:
    backstage.watch(story, seed)
