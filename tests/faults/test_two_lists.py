"""Two houses agree on lists over a bad line, with crashes: both end with the same versions, and never with two in force."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from gateway.auth.actor import Actor
from gateway.coordination.errors import CoordinationError
from gateway.resources import Resources
from matters_map.tables import ListSignature, ListVersion, MatterRest
from messaging.tables import Incoming
from tests.county import Clock
from tests.faults.both_lists import AGREEMENT, SUIXIAN, ZAOYANG
from tests.faults.full_counties import Pair
from tests.faults.seeds import LONG, SEEDS
from tests.faults.test_two_houses import ANY, COUNTIES, act, both, clock

__all__ = ["both", "clock"]  # fixtures
pytestmark = pytest.mark.faults
LIST = AGREEMENT.id
FORCE = ["signed", "in_force", "superseded", "ended"]
ACTIONS = st.one_of(
    st.tuples(st.just("propose"), COUNTIES, st.integers(1, 20)),
    st.tuples(st.just("propose"), COUNTIES, st.integers(1, 20)),
    st.tuples(st.just("sign"), COUNTIES),
    st.tuples(st.just("sign"), COUNTIES),
    st.tuples(st.just("sign"), COUNTIES),
    st.tuples(st.just("return"), COUNTIES),
    st.tuples(st.just("suspend"), COUNTIES, st.booleans()),
    st.tuples(st.just("loop"), COUNTIES, st.sampled_from(("_apply", "_receipts", "_relay", "_settle_lists"))),
    st.tuples(st.just("exchange"), st.integers(0, 3)),
    st.tuples(st.just("exchange"), st.integers(0, 3)),
    st.tuples(st.just("exchange"), st.integers(0, 1)),
    st.tuples(st.just("time"), st.sampled_from((1, 6, 70, 300))),
    st.tuples(st.just("crash"), COUNTIES),
)


class Office:
    """The people of one county who work on lists."""

    def __init__(self, home: str) -> None:
        self.coordinator = Actor("person", home, "王五", f"coordinator{home}", role="coordinator")
        self.signatory = Actor("person", home, "赵六", f"signatory{home}", role="signatory")

    async def propose(self, parts: Resources, minutes: int, clock: Clock) -> None:
        """Change one line a little, confirm it for its department, and propose."""
        drafts, by = parts.list_drafts, self.coordinator
        if await drafts.one(by, LIST) is None:
            await drafts.begin(by, LIST)
        draft = await drafts.one(by, LIST)
        assert draft is not None
        first = json.loads(draft.lines)[0]
        fee = f"不收费（{self.coordinator.jurisdiction} {clock():%H%M%S}）"
        await drafts.edit(by, LIST, first["local_basic_code"], {"fee": (first["fee"], fee)})
        await drafts.confirm(by, LIST, first["department"], "会签")
        at = (clock() + timedelta(minutes=minutes + 1)).replace(second=0, microsecond=0)
        await parts.list_room.propose(by, LIST, at)

    async def open_version(self) -> int:
        """The version that waits."""
        row = await ListVersion.filter(agreement=LIST, state="proposed", version__gt=0).first()
        return row.version if row else 0


async def deal(pair: Pair, action: tuple[Any, ...]) -> None:
    """One deed of a county's people, if it may be done now; else whatever befalls the line and the houses."""
    kind, who = action[0], action[1]
    if kind not in ("propose", "sign", "return", "suspend"):
        await act(pair, action)
        return
    place, office = pair.at[who], Office(who)

    async def do(parts: Resources) -> None:
        version = await office.open_version()
        match kind:
            case "propose":
                await office.propose(parts, action[2], pair.clock)
            case "sign":
                await parts.list_room.sign(office.signatory, LIST, version)
            case "return":
                await parts.list_room.give_back(office.signatory, LIST, version, [{"text": "请再议"}])
            case "suspend":
                row = await ListVersion.filter(agreement=LIST, state="in_force").order_by("-version").first()
                code = json.loads(row.text)["lines"][1]["local_basic_code"] if row else ""
                on = parts.list_room.suspend(office.coordinator, LIST, code, "系统升级", None)
                off = parts.list_room.resume(office.coordinator, LIST, code)
                (off if action[2] else on).close()
                await (on if action[2] else off)

    try:
        await place.run(do)
    except CoordinationError:
        event("refused")


async def story(
    both: Path, folder: Path, clock: Clock, seed: int, actions: Sequence[tuple[Any, ...]]
) -> dict[str, Any]:
    pair = await Pair.begin(both, folder, clock, seed)
    for action in actions:
        await deal(pair, action)
    await pair.settle()
    clock.move(hours=2)
    for place in pair.at.values():
        await place.loop("_settle_lists")
    found = {home: await place.run(lambda parts: seen(parts)) for home, place in pair.at.items()}
    await pair.end()
    return found


async def seen(parts: Resources) -> dict[str, Any]:
    """What a county holds, in words that both sides use."""
    rows = await ListVersion.filter(agreement=LIST, version__gt=1, state__in=FORCE, lapsed=False).order_by("version")
    numbers = [row.version for row in rows]
    signatures = await ListSignature.filter(agreement=LIST, version__in=numbers).order_by("version", "jurisdiction")
    rests = await MatterRest.filter(agreement=LIST, ended_at__isnull=True).order_by("jurisdiction")
    live = await ListVersion.filter(agreement=LIST, state__in=["in_force", "superseded", "ended"], version__gt=0)
    windows = sorted((row.effective_from, row.effective_to or row.effective_from + timedelta(days=999)) for row in live)
    windows = [one for one in windows if one[0] < one[1]]
    assert all(one[1] <= after[0] for one, after in pairwise(windows)), windows
    assert await Incoming.filter(state="parked").count() == 0
    return {
        "versions": [(row.version, row.state, row.hash, row.effective_from, row.effective_to) for row in rows],
        "signatures": [(one.version, one.jurisdiction, one.jws) for one in signatures],
        "rests": [(one.jurisdiction, one.reason) for one in rests],
    }


@given(seed=ANY, actions=st.lists(ACTIONS, min_size=15, max_size=40))
@settings(
    max_examples=20 * SEEDS if LONG else 8,
    deadline=None,
    derandomize=not LONG,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
def test_two_houses_end_with_the_same_lists(
    both: Path, clock: Clock, seed: int, actions: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock.at = Clock().at
        found = asyncio.run(story(both, Path(folder) / "pair", clock, seed, actions))
    event(str([one[1] for one in found[SUIXIAN]["versions"]]))
    assert found[SUIXIAN] == found[ZAOYANG]
