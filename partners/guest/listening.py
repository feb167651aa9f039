"""A guest at work over REST: ask for deliveries, take them, and make rounds beside it."""

import asyncio
import logging

from partners.guest.post import GuestPost
from partners.guest.rest import GuestClient, Refused, Unreachable

AT_ONCE = 200  # deliveries asked for, and receipted together
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between tries while the host is away, doubling

log = logging.getLogger(__name__)


async def work(client: GuestClient, post: GuestPost, wait: float = 20.0) -> None:
    """Until cancelled. A host that is away, or refuses us, is tried again for ever."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_listen(client, post, wait))
        group.create_task(post.keep_ticking())


async def _listen(client: GuestClient, post: GuestPost, wait: float) -> None:
    pause = FIRST_PAUSE
    while True:
        try:
            await post.receive_all(await client.deliveries(wait, AT_ONCE))
        except (Unreachable, Refused) as reason:
            log.warning("no deliveries: %s; again in %.0f s", reason, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            pause = FIRST_PAUSE
