"""The RabbitMQ bus: each partner a virtual host, `to-partner` out of it and `to-gateway` into it.

Nothing is declared here: queues, users and rights come from `topology`. A broker that is away is waited for by the
loops, and publishing says no at once; the house goes on without it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from messaging.bell import Bell
from messaging.bus.amqp_arrivals import AmqpArrivals, SetApart
from messaging.bus.amqp_collecting import AmqpCollecting
from messaging.bus.amqp_publisher import AmqpPublisher
from messaging.bus.amqp_reader import AmqpReader
from messaging.bus.port import Arrival, Parcel, PlacesOf, Refused
from messaging.key_ring import KeyRing
from messaging.unit_of_work import spawn

log = logging.getLogger(__name__)

Reader = TypeVar("Reader", AmqpArrivals, AmqpCollecting)

SENDING_MOST = 3.0  # seconds at the end for confirmations that are still to come
LOOK = 2.0  # seconds between looks at who the partners are, and at idle publishers

Partners = Callable[[], Mapping[str, bool]]
"""Every partner's code, and whether its `to-partner` is ours to empty into the mailbox."""


class RabbitBus:
    """Publishing works from the start; `listen` and `collect` begin to read, in the process that runs the loops."""

    def __init__(self, url: str, partners: Partners) -> None:
        self._url, self._partners = url, partners
        self._publishers: dict[str, AmqpPublisher] = {}
        self._sending: set[asyncio.Task[list[Refused | None]]] = set()
        self._wakers: list[Callable[[str], None]] = []
        self._arrivals: dict[str, AmqpArrivals] = {}
        self._collecting: dict[str, AmqpCollecting] = {}
        self._listen: Callable[[str], AmqpArrivals] | None = None
        self._collect: Callable[[str], AmqpCollecting] | None = None
        self._bell, self._closing = Bell(), False
        self._keeper: asyncio.Task[None] | None = None

    # towards partners

    async def publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        """Sure within ten seconds or refused. A caller that is cancelled leaves what was begun to its end."""
        if self._closing:
            return [Refused("the bus is closed") for _ in parcels]
        self._keep()
        task = spawn(self._publish(parcels), name="publishes")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return await asyncio.shield(task)

    async def _publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        answers: list[Refused | None] = [None] * len(parcels)

        async def to(partner: str) -> None:
            places = [at for at, parcel in enumerate(parcels) if parcel.partner == partner]
            for at, answer in zip(places, await self._to(partner).send([parcels[at] for at in places]), strict=True):
                answers[at] = answer

        await asyncio.gather(*(to(partner) for partner in {parcel.partner for parcel in parcels}))
        taken = {parcel.partner for parcel, answer in zip(parcels, answers, strict=True) if answer is None}
        for partner in sorted(taken):
            for wake in self._wakers:
                wake(partner)
        return answers

    def _to(self, partner: str) -> AmqpPublisher:
        if partner not in self._publishers:
            self._publishers[partner] = AmqpPublisher(self._url, partner)
        return self._publishers[partner]

    def room(self, partner: str) -> int:
        """How many parcels may be offered for this partner now; 0 just after a refusal."""
        return self._to(partner).room

    def subscribe(self, wake: Callable[[str], None]) -> None:
        """Call `wake(partner)` after something was queued for the partner in this process."""
        self._wakers.append(wake)

    # from partners

    async def listen(self, arrival: Arrival, set_apart: SetApart | None = None) -> None:
        """Read `to-gateway` of every partner, now and whenever one is connected; a broker that is away is waited for."""
        give_up = set_apart or _never
        self._listen = lambda partner: AmqpArrivals(self._url, partner, arrival, give_up)
        self._keep()

    async def collect(
        self,
        keys: KeyRing,
        places_of: PlacesOf,
        laid_out: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Empty `to-partner` into the mailbox for every partner that does not read it itself."""
        self._collect = lambda partner: AmqpCollecting(self._url, partner, keys, places_of, now, laid_out)
        self._keep()

    def _keep(self) -> None:
        self._bell.ring()
        if self._keeper is None or self._keeper.done():
            self._keeper = spawn(self._keep_readers(), name="keeps readers")

    async def _keep_readers(self) -> None:
        """The readers that there should be, as partners come, go and change their way of reading."""
        while not self._closing:
            try:
                await self._look()
            except Exception as error:
                log.error("keeping readers: %s", type(error).__name__, exc_info=error)
            await self._bell.wait(LOOK)

    async def _look(self) -> None:
        partners = self._partners()
        if self._listen is not None:
            await _adjust(self._arrivals, set(partners), self._listen)
        if self._collect is not None:
            await _adjust(self._collecting, {code for code, ours in partners.items() if ours}, self._collect)
        for publisher in self._publishers.values():
            publisher.close_if_idle()

    # the whole

    @property
    def connected(self) -> bool:
        """Does every reader read, and was nothing refused of late? Where nobody reads here, only the latter counts."""
        everybody = self._listen is None or self._arrivals.keys() == self._partners().keys()
        return (
            everybody
            and all(one.standing for one in self._readers())
            and all(one.sound for one in self._publishers.values())
        )

    @property
    def alive(self) -> bool:
        """Do all loops run, with or without a broker?"""
        return all(one.alive for one in self._readers()) and (self._keeper is None or not self._keeper.done())

    def _readers(self) -> list[AmqpReader]:
        arrivals = [one.reader for one in self._arrivals.values()]
        return arrivals + [one.reader for one in self._collecting.values()]

    async def close(self) -> None:
        """Stop reading, let what is under way end, then hang up; what is not acknowledged comes again."""
        self._closing = True
        self._bell.ring()
        if self._keeper is not None:
            await asyncio.gather(self._keeper, return_exceptions=True)
        stopping = [one.stop() for one in self._arrivals.values()] + [one.stop() for one in self._collecting.values()]
        await asyncio.gather(*stopping)
        self._arrivals.clear()
        self._collecting.clear()
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=SENDING_MOST)
        await asyncio.gather(*(one.close() for one in self._publishers.values()))
        await asyncio.gather(*self._sending, return_exceptions=True)  # whose line was cut: they are refused


async def _adjust(there: dict[str, Reader], wanted: set[str], make: Callable[[str], Reader]) -> None:
    for partner in wanted - there.keys():
        there[partner] = make(partner)
    for partner in there.keys() - wanted:
        await there.pop(partner).stop()


async def _never(partner: str, body: bytes, signature: str, reason: str) -> None:
    raise NotImplementedError("nobody keeps apart what cannot be stored: it comes again")
