"""Three brokers as one: the node that leads the queues is killed and work goes on; without a majority, clerks still get numbers."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.fire import fire
from tests.faults.house_under_test import BY_AMQP
from tests.faults.real.test_partners import receipted
from tests.faults.seeds import under_seeds
from tests.services.cluster import Cluster

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
ZAOYANG = "420683"
HANDLING = ("pause_minority", "ignore")  # what a node does that sees no majority; by the seed


async def nodes_killed(seed: int, folder: Path, furnished: Path) -> None:
    cluster = Cluster(handling=HANDLING[seed % 2])
    try:
        await asyncio.to_thread(cluster.start)
        async with fire("nodes of three killed", seed, folder, furnished, broker=cluster) as house:
            assert await asyncio.to_thread(cluster.members, f"partner-{ZAOYANG}", "to-partner") == 3
            await asyncio.sleep(3)
            async with house.fault():
                leads = (await asyncio.to_thread(cluster.leaders, f"partner-{ZAOYANG}"))["to-partner"]
                leads.kill()
                took = [await receipted(house, code) for code in BY_AMQP]  # two of three are a majority
                one_of_two = house.dice.choice([node for node in cluster.nodes if node is not leads])
                one_of_two.kill()
                await house.until("degraded")
                await asyncio.sleep(5 + house.dice.random() * 5)
                await asyncio.to_thread(cluster.start)
            house.said = (
                f"leader killed: receipted after {max(took):.1f} s; then one of three left ({cluster.handling})"
            )
    finally:
        await asyncio.to_thread(cluster.close)


@under_seeds(nodes_killed, most=6)
def test_a_cluster_that_loses_its_leader_works_on_and_without_a_majority_nothing_is_lost(
    story: Story, seed: int, backstage: Backstage
) -> None:
    backstage.watch(story, seed)
