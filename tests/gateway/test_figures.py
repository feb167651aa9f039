"""What /metrics tells of what waits: per partner, with ages, bounded, without personal values, and cheap to ask."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway import figures as room
from gateway.figures import Figures, LoopState
from gateway.metrics import Metrics
from messaging.tables import Outgoing
from tests.county import CLERK, JINGSHAN, ZAOYANG, County, accepted, note
from tests.house.source_tree import ROOT
from tests.services import stack


class Told:
    """The gauges of one house."""

    def __init__(self, county: County, loops: dict[str, LoopState]) -> None:
        self.metrics, self.bus = Metrics(), {"bus": "ok"}
        parts = county.parts
        self.figures = Figures(
            self.metrics,
            parts.connection,
            parts.registry,
            parts.settings.data,
            lambda: self.bus,
            lambda: True,
            lambda: loops,
        )

    async def of(self, name: str, **labels: str) -> float | None:
        self.figures._asked_at = None  # as if time had passed
        await self.figures.refresh()
        return self.metrics.registry.get_sample_value(f"tongban_{name}", labels)


@pytest.fixture
async def told(county: County) -> AsyncIterator[Told]:
    one = Told(county, {"relay": LoopState(failures=4, failing=2, succeeded_at=1.5)})
    yield one
    await one.figures.close()


async def test_what_a_partner_has_not_receipted_is_told_with_its_age(county: County, told: Told) -> None:
    number = await county.file()
    assert await told.of("partner_unsent", partner=ZAOYANG) == 1
    await county.relay()
    await Outgoing.filter(subject=number).update(created_at=county.clock() - timedelta(days=400))
    assert await told.of("partner_unsent", partner=ZAOYANG) == 0
    assert await told.of("partner_unreceipted", partner=ZAOYANG) == 1
    assert (await told.of("partner_unreceipted_oldest_seconds", partner=ZAOYANG) or 0) > 86_400
    assert await told.of("partner_unreceipted", partner=JINGSHAN) == 0
    assert await told.of("partner_mailbox", partner=ZAOYANG) == 1


async def test_what_waits_for_people_is_told(county: County, told: Told) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.accepted", number, {"nonsense": 1}))
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=5))
    one = county.zaoyang.says("note.sent", number, note("x"), sequence=6)
    await county.hears(one, county.zaoyang.says("note.sent", number, note("y"), sequence=6))
    with pytest.raises(Exception, match="_key"):
        await county.arrives(county.jingshan.says("note.sent", number, note(), id_="stranger", source=ZAOYANG))
    for name, count in {"parked": 1, "gaps": 2, "conflicts": 1, "quarantined": 1, "held": 0}.items():
        assert await told.of(name) == count, name
    assert (await told.of("audit_unsealed") or 0) > 0


async def test_a_deadline_that_passed_is_told(county: County, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    county.clock.move(days=-60)
    await county.file()
    assert await told.of("deadlines_overdue") == 1


async def test_a_count_stops(county: County, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 2)
    number = await county.file()
    for _ in range(4):
        await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    assert await told.of("partner_unsent", partner=ZAOYANG) == 2


async def test_how_this_process_does_is_told(county: County, told: Told) -> None:
    assert await told.of("loop_failures", loop="relay") == 4
    assert await told.of("loop_failing", loop="relay") == 2
    assert await told.of("loop_success_timestamp_seconds", loop="relay") == 1.5
    assert await told.of("loops_lease") == 1
    assert await told.of("bus_up") == 1
    told.bus["bus"] = "degraded"
    assert await told.of("bus_up") == 0
    assert (await told.of("data_free_bytes") or 0) > 0
    if stack.ON_POSTGRES:
        assert await told.of("database_pool_size") == 20


async def test_a_stuck_event_loop_is_told(county: County, told: Told) -> None:
    told.figures.watch()
    await asyncio.sleep(0.05)
    time.sleep(0.6)  # noqa: ASYNC251
    await asyncio.sleep(0.3)
    assert (await told.of("event_loop_lag_seconds") or 0) > 0.2


async def test_a_database_that_is_away_is_told_and_leaves_the_last_figures(county: County, told: Told) -> None:
    await county.file()
    assert await told.of("partner_unsent", partner=ZAOYANG) == 1

    async def away(query: str) -> Any:
        raise ConnectionRefusedError

    told.figures._connection = type("Away", (), {"execute_query_dict": staticmethod(away)})()
    assert await told.of("database_up") == 0
    assert told.metrics.registry.get_sample_value("tongban_partner_unsent", {"partner": ZAOYANG}) == 1


async def test_the_database_is_asked_once_in_a_while(county: County, told: Told) -> None:
    await told.figures.refresh()
    await county.file()
    await told.figures.refresh()
    assert told.metrics.registry.get_sample_value("tongban_partner_unsent", {"partner": ZAOYANG}) == 0


async def test_every_question_is_answered_from_an_index(county: County) -> None:
    if stack.ON_POSTGRES:
        pytest.skip("the planner of a small table reads all of it")
    for rows, _ in (*room.BY_PARTNER.values(), *room.OF_ALL.values()):
        asked = f"EXPLAIN QUERY PLAN SELECT count(*) FROM {rows.format(p='420683')}"  # noqa: S608
        plan = " ".join(str(row["detail"]) for row in await county.parts.connection.execute_query_dict(asked))
        assert "USING" in plan, f"{rows}: {plan}"
        assert "SCAN" not in plan, f"{rows}: {plan}"


async def test_no_number_of_a_case_and_no_name_is_told(county: County, told: Told) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    await told.of("parked")
    text = told.metrics.text().decode()
    assert number not in text
    assert "张三" not in text
    labels = set(re.findall(r"(\w+)=\"", text))
    assert labels <= {
        "partner",
        "loop",
        "le",
        "kind",
        "route",
        "method",
        "status",
        "outcome",
        "implementation",
        "major",
        "minor",
        "patchlevel",
        "version",
    }


RULES = (ROOT / "docker" / "alerts.yaml").read_text(encoding="utf-8")
ALERTS = re.findall(r"- alert: (\w+)\n\s+expr: (.+)\n", RULES)


def test_every_metric_that_an_alarm_asks_for_exists() -> None:
    told = {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    known = {metric.name for metric in Metrics().registry.collect()} | told
    known |= {f"{name}_bucket" for name in known} | {f"{name}_total" for name in known}
    asked = {name for _, expr in ALERTS for name in re.findall(r"\btongban_\w+", expr)}
    assert len(ALERTS) == RULES.count("- alert:") > 20
    assert asked - known == set()


def test_every_alarm_is_explained_and_no_other() -> None:
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(Tongban\w+)` \|", guide, re.MULTILINE)
    assert explained == [name for name, _ in ALERTS]
    for name, expr in ALERTS:
        row = next(line for line in guide.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"`{expr.replace('|', chr(92) + '|')}`" in row, name
