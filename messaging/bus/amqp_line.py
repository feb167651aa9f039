"""One connection to one partner's virtual host: how it is opened, and how it is closed even if nobody answers."""

import asyncio
import contextlib

from aio_pika.abc import AbstractConnection
from yarl import URL

from messaging.bus import addresses, kept_alive
from messaging.bus.names import vhost

HEARTBEAT = 10  # seconds; a line that says nothing is given up after three of them and a little
OPEN_WITHIN = 10.0  # seconds, for all nodes of a cluster together
CLOSE_WITHIN = 3.0  # seconds that a farewell may take


def address(url: str, partner: str, name: str) -> URL:
    """A broker's address with the partner's virtual host; what else the setting says (certificates) is kept."""
    whole = URL(url)
    return whole.with_path(f"/{vhost(partner)}").with_query({**whole.query, "heartbeat": str(HEARTBEAT), "name": name})


async def opened(url: str, partner: str, purpose: str) -> AbstractConnection:
    """A connection that does not mend itself: whoever uses it opens another.

    The nodes of a cluster are tried in turn. Raises what the last one said.
    """
    nodes = addresses.in_turn(url)
    for node in nodes[:-1]:
        try:
            return await _opened(node, partner, purpose, OPEN_WITHIN / len(nodes))
        except asyncio.CancelledError:
            if really_cancelled():
                raise
        except Exception:  # noqa: S112
            continue
    return await _opened(nodes[-1], partner, purpose, OPEN_WITHIN / len(nodes))


async def _opened(node: str, partner: str, purpose: str, within: float) -> AbstractConnection:
    async with asyncio.timeout(within):
        return await kept_alive.connect(str(address(node, partner, f"tongban {purpose} {partner}")))


async def closed(connection: AbstractConnection) -> None:
    """Close, or leave it after a few seconds."""
    with contextlib.suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(CLOSE_WITHIN):
            await connection.close()
            await asyncio.sleep(0.01)  # what the library does after a close needs a few steps of the loop


def really_cancelled() -> bool:
    """Was this task cancelled by somebody, or does the library tell of a lost line by a CancelledError?"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
