"""A door with faults, for simulators: late, doubled, out of order, without receipts. Seeded, so that a run can be repeated."""

import asyncio
import random
from dataclasses import dataclass

from partners.guest.seat import Door


@dataclass(frozen=True)
class Knobs:
    """How a simulated partner misbehaves."""

    delay: float = 0.0  # seconds before each message and receipt
    silent: bool = False  # receipts only, no answers
    duplicate: float = 0.0  # chance that a message is sent twice
    shuffle: bool = False  # every other message is kept back until a later one has gone, or until it is repeated
    drop_receipts: float = 0.0  # chance that a receipt is not sent
    seed: int = 0


class CrookedDoor:
    """Stands before the true door."""

    def __init__(self, door: Door, knobs: Knobs) -> None:
        self._door, self._knobs = door, knobs
        self._dice = random.Random(knobs.seed)  # noqa: S311
        self._kept: list[tuple[bytes, str]] = []
        self._known: set[str] = set()

    async def post(self, body: bytes, signature: str) -> None:
        """Send, perhaps late, twice, or after the next one."""
        await asyncio.sleep(self._knobs.delay)
        if self._knobs.shuffle and signature not in self._known and self._dice.random() < 0.5:
            self._known.add(signature)
            self._kept.append((body, signature))
            return
        await self._door.post(body, signature)
        if self._dice.random() < self._knobs.duplicate:
            await self._door.post(body, signature)
        kept, self._kept = self._kept, []
        for late in kept:
            await self._door.post(*late)

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        """Send the receipt, or lose it: the delivery then comes again."""
        await asyncio.sleep(self._knobs.delay)
        if self._dice.random() >= self._knobs.drop_receipts:
            await self._door.receipt(delivery_id, body, signature)
