"""Which bus this installation has, what is hung on it, and how it is, for `/readyz`."""

from collections.abc import Callable, Mapping
from datetime import datetime

from messaging.bus.embedded import EmbeddedBus
from messaging.bus.port import Bus
from messaging.bus.rabbitmq import RabbitBus
from messaging.bus_door import BusDoor
from messaging.inbox import Inbox
from messaging.key_ring import KeyRing
from messaging.places import Places
from partners.registry import Registry, Way

EMBEDDED = "embedded:"

Queued = Callable[[str], None]
"""(partner): something can be read from its mailbox."""


def of(
    url: str,
    keys: KeyRing,
    registry: Registry,
    queued: Queued,
    our_turn: Callable[[], bool],
    now: Callable[[], datetime],
) -> Bus:
    """The bus that TONGBAN_BUS_URL names; a broker that is away is no hindrance.

    `our_turn()`: does this process hold the lease of the loops? Only then it fills the mailbox; who takes in what
    partners publish is decided by the broker.
    """
    if url == EMBEDDED:
        embedded = EmbeddedBus(keys, now)
        embedded.subscribe(queued)
        return embedded

    def links() -> Mapping[str, bool]:
        ours = our_turn()
        return {partner.code: ours and partner.connection is not Way.AMQP for partner in registry.all()}

    return RabbitBus(url, links)


async def listen(bus: Bus, keys: KeyRing, inbox: Inbox, queued: Queued, now: Callable[[], datetime]) -> None:
    """Begin to take what comes by the broker; with the embedded bus everything comes through the doors."""
    if isinstance(bus, RabbitBus):
        door = BusDoor(inbox)
        await bus.listen(door.arrive, door.set_apart)
        await bus.collect(keys, Places(keys, now).of, queued, now)


def state(bus: Bus) -> Mapping[str, str]:
    """For `/readyz`: a broker that is away is `degraded`, for the house goes on without it. Nothing when it is embedded."""
    if not isinstance(bus, RabbitBus):
        return {}
    return {"bus": "ok" if bus.connected else "degraded"}


def loops_run(bus: Bus) -> bool:
    """Do the loops of the bus run, whether or not they have a broker?"""
    return not isinstance(bus, RabbitBus) or bus.alive
