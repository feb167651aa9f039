"""The suite is tried itself, on RabbitMQ: what holds, and what must fail under each deliberate bug."""

import pytest

from tests.faults.broker_mutants import MUTANTS
from tests.messaging import broker_scenarios as scenarios
from tests.messaging.on_a_broker import prepared
from tests.services.rabbitmq import Broker

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq]


@pytest.mark.parametrize("name", scenarios.ALL)
async def test_it_holds(broker: Broker, name: str) -> None:
    await scenarios.ALL[name](await prepared(broker))


@pytest.mark.filterwarnings("ignore")  # a bug may leave behind whatever it likes
@pytest.mark.parametrize("name", MUTANTS)
async def test_the_suite_catches_it(broker: Broker, name: str) -> None:
    mutate, scenario = MUTANTS[name]
    ready = await prepared(broker)
    with pytest.MonkeyPatch.context() as patch:
        mutate(patch)
        with pytest.raises(AssertionError):
            await scenario(ready)


def test_every_scenario_has_a_bug_that_it_is_there_for() -> None:
    assert {scenario.__name__ for _, scenario in MUTANTS.values()} == set(scenarios.ALL)
