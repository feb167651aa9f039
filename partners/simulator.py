"""The simulator: a separate program that plays one or several counties, and knows only the public protocol.

Each county has its own key, its own API client and its own books. Configuration of one, as JSON:
{"url", "client_id", "client_secret", "signing_key_file", "state_dir", "name"?, "gateway"? (the host's code),
 "gateway_jwks"? (a JWK set; without it, asked of the host once at start), "accept_after"?, "decide_after"?,
 "suspend_for"? (seconds), "amqp"? {"url", "vhost"} (messages by the broker, files still by the API),
 "knobs"? {"delay", "silent", "duplicate", "shuffle", "drop_receipts", "seed"}}.
Several: {"partners": {"420683": {…}, …}}.
"""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from partners import list_signing
from partners.crooked_door import CrookedDoor, Knobs
from partners.guest import amqp, listening
from partners.guest.amqp import AmqpDoor
from partners.guest.ledger import Ledger
from partners.guest.post import GuestPost
from partners.guest.rest import GuestClient, Refused, Unreachable
from partners.guest.seat import Seat
from partners.keys import SigningKey
from partners.simulated_office import Pace, SimulatedOffice

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0  # seconds until a county that stumbled starts again, doubling
NEEDED = ("url", "client_id", "client_secret", "signing_key_file", "state_dir")
PACE = tuple(field.name for field in fields(Pace))
KNOWN = {*NEEDED, "name", "amqp", "gateway", "gateway_jwks", "knobs", *PACE}

log = logging.getLogger("simulator")
_who: ContextVar[str] = ContextVar("who", default="-")


class BadConfig(Exception):
    """A configuration that cannot be used; the text names the member."""


@dataclass(frozen=True)
class Broker:
    """Where a county reads and publishes that is connected by AMQP; the start sheet says it."""

    url: str
    vhost: str


@dataclass(frozen=True)
class Config:
    """One simulated county."""

    code: str
    name: str
    url: str
    client_id: str
    client_secret: str
    key: SigningKey
    state_dir: Path
    gateway: str | None
    gateway_jwks: Sequence[Mapping[str, Any]] | None  # None: asked of the host once at start
    pace: Pace
    knobs: Knobs
    amqp: Broker | None = None

    @classmethod
    def from_json(cls, code: str, said: Mapping[str, Any]) -> "Config":
        """Raises BadConfig."""
        missing, unknown = [name for name in NEEDED if not said.get(name)], sorted(set(said) - KNOWN)
        if missing or unknown:
            raise BadConfig(f"{code}: missing {missing}, unknown {unknown}")
        try:
            return cls(
                code=code,
                name=str(said.get("name") or code),
                url=str(said["url"]),
                client_id=str(said["client_id"]),
                client_secret=str(said["client_secret"]),
                key=SigningKey.from_jwk(json.loads(Path(said["signing_key_file"]).read_text(encoding="utf-8"))),
                state_dir=Path(said["state_dir"]),
                gateway=said.get("gateway"),
                gateway_jwks=said["gateway_jwks"]["keys"] if said.get("gateway_jwks") else None,
                pace=Pace(**{name: float(said[name]) for name in PACE if name in said}),
                knobs=Knobs(**said.get("knobs") or {}),
                amqp=Broker(str(said["amqp"]["url"]), str(said["amqp"]["vhost"])) if said.get("amqp") else None,
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadConfig(f"{code}: {type(error).__name__}: {error}") from None


def main(partner: str, config_path: str | Path) -> int:
    """`simulate --partner CODE --config FILE`; CODE `all` plays every county of the file. 0 after SIGTERM, 2 for wrong use."""
    try:
        configs = read(partner, Path(config_path))
    except BadConfig as error:
        sys.stderr.write(f"simulate: {error}\n")
        return 2
    return run_many(configs)


def read(partner: str, path: Path) -> list[Config]:
    """The configurations that a file holds for one county, or for `all`. Raises BadConfig."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path}: {error}") from None
    if not isinstance(said, dict):
        raise BadConfig(f"{path}: not a JSON object")
    several = said.get("partners")
    if not isinstance(several, dict):
        return [Config.from_json(partner, said)]
    if partner != "all" and partner not in several:
        raise BadConfig(f"{path}: has no partner {partner}")
    return [Config.from_json(code, one) for code, one in several.items() if partner in {"all", code}]


def run_many(configs: Sequence[Config]) -> int:
    """Play these counties in one process until SIGTERM or SIGINT."""
    _log_to_stderr()
    asyncio.run(_until_told(configs))
    return 0


async def _until_told(configs: Sequence[Config]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await play(configs, stop)


async def play(configs: Sequence[Config], stop: asyncio.Event) -> None:
    """Play these counties until `stop`; each one that stumbles starts again by itself."""
    tasks = [asyncio.create_task(_keep_playing(config), name=config.code) for config in configs]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_playing(config: Config) -> None:
    _who.set(config.code)
    pause = FIRST_PAUSE
    while True:
        begun = asyncio.get_running_loop().time()
        try:
            await _play(config)
        except* (Unreachable, Refused) as away:
            log.warning("host: %s; again in %.0f s", away.exceptions[0], pause)
        except* Exception as stumble:
            log.error("stumbled: %r; again in %.0f s", stumble.exceptions, pause)
        if asyncio.get_running_loop().time() - begun > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _play(config: Config) -> None:
    ledger = Ledger(config.state_dir / f"{config.code}.sqlite3")
    await ledger.open()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        client = await stack.enter_async_context(GuestClient(config.url, config.client_id, config.client_secret))
        host_keys = config.gateway_jwks or (await client.gateway_keys())["keys"]
        confirm = partial(list_signing.sign, config.key)
        office = SimulatedOffice(config.code, config.name, client, config.pace, confirm, silent=config.knobs.silent)
        log.info("plays %s against %s%s", config.name, config.url, " by its broker" if config.amqp else "")
        if config.amqp is None:
            seat = Seat(config.code, config.key, ledger, CrookedDoor(client, config.knobs), office, host=config.gateway)
            await listening.work(client, GuestPost(seat, host_keys))
        else:
            door = AmqpDoor(config.amqp.url, config.amqp.vhost)
            stack.push_async_callback(door.close)
            seat = Seat(config.code, config.key, ledger, CrookedDoor(door, config.knobs), office, host=config.gateway)
            await amqp.work(config.amqp.url, config.amqp.vhost, GuestPost(seat, host_keys))


def _log_to_stderr() -> None:
    """Short lines without personal data: time, county, what happened."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_name_county)
    handler.setFormatter(logging.Formatter("%(asctime)s %(who)s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _name_county(record: logging.LogRecord) -> bool:
    record.who = _who.get()
    return True
