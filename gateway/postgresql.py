"""PostgreSQL as an engine of the ORM: every wait has an end, and a transaction that cannot begin gives its connection back.

`database.config` names this module as the engine; the ORM looks up `client_class` here.
"""

import contextlib
import socket
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

SCHEMES = ("postgres", "postgresql")
ACQUIRE_WITHIN = 4.0  # seconds for a connection of the pool, its opening included
CONNECT_WITHIN = 3.0  # seconds for opening one
COMMAND_WITHIN = 15.0  # seconds for one statement, as this side counts
POOL = 20  # connections of one process, unless the address says `?maxsize=`
POOL_LEAST, POOL_MOST = 5, 200

# What the server itself ends; milliseconds where there is no unit.
SERVER: Mapping[str, str] = {
    "application_name": "tongban",
    "statement_timeout": "12s",
    "lock_timeout": "3s",  # a row or table that somebody else holds
    "idle_in_transaction_session_timeout": "20s",  # a process that stopped in the middle
    "tcp_keepalives_idle": "5",  # seconds of silence, then three questions, two seconds apart
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}

# How the line is encrypted, in libpq's words: what is asked of the server's certificate.
MODES = ("disable", "require", "verify-ca", "verify-full")
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
OPTIONS = frozenset({"maxsize", "ssl", "host", *TLS})
USAGE = "postgres://user:password@host:port/name?maxsize=20&sslmode=verify-full&sslrootcert=/path/ca.pem"
# What this side asks of a line that says nothing, in seconds: a cut is noticed although no packet tells of it.
KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}
UNANSWERED_MOST = 10_000  # milliseconds that what was sent may stay without an answer of the other machine


class BadAddress(ValueError):
    """Not an address of a PostgreSQL database; the text says what is wrong."""


def credentials(url: str) -> dict[str, Any]:
    """What the engine needs of `postgres://user:password@host:port/name?maxsize=20&sslmode=…`. Raises BadAddress.

    A socket's folder may stand in `?host=`. `ssl=true` means `sslmode=verify-full` by the machine's own certificates.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as error:
        raise BadAddress(str(error)) from None
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in SCHEMES or options.keys() - OPTIONS or not parts.path.strip("/"):
        raise BadAddress(USAGE)
    size = options.get("maxsize", str(POOL))
    if not (size.isascii() and size.isdigit() and POOL_LEAST <= int(size) <= POOL_MOST):
        raise BadAddress(f"maxsize: {POOL_LEAST} to {POOL_MOST}")
    context = _context(options)
    return {
        "host": options.get("host") or parts.hostname or "127.0.0.1",
        "port": port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path.strip("/")),
        "maxsize": int(size),
    } | ({"ssl": context} if context is not None else {})


def _mode(options: Mapping[str, str]) -> str:
    secure = options.get("ssl", "false")
    if secure not in ("true", "false"):
        raise BadAddress("ssl: true or false")
    mode = options.get("sslmode", "verify-full" if secure == "true" or options.keys() & set(TLS) else "disable")
    if mode not in MODES:
        raise BadAddress(f"sslmode: {', '.join(MODES)}")
    return mode


def _context(options: Mapping[str, str]) -> ssl.SSLContext | None:
    """None where the line is not encrypted. Raises BadAddress for a file that cannot be used, by its option's name."""
    mode = _mode(options)
    if mode == "disable":
        return None
    context = ssl.create_default_context()
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_NONE if mode == "require" else ssl.CERT_REQUIRED
    try:
        if "sslrootcert" in options:
            context.load_verify_locations(options["sslrootcert"])
    except OSError as error:
        raise BadAddress(f"sslrootcert: {options['sslrootcert']} ({error.strerror or 'not a certificate'})") from None
    try:
        if "sslcert" in options:
            context.load_cert_chain(options["sslcert"], options.get("sslkey"))
    except OSError as error:
        raise BadAddress(f"sslcert, sslkey: {error.strerror or 'not a certificate and its key'}") from None
    return context


def for_programs(url: str) -> dict[str, str]:
    """The same for PostgreSQL's own programs, as their environment."""
    options = dict(parse_qsl(urlsplit(url).query))
    told = {f"PG{name.upper()}": options[name] for name in TLS if name in options} | {"PGSSLMODE": _mode(options)}
    if told["PGSSLMODE"].startswith("verify") and "sslrootcert" not in options:
        told["PGSSLROOTCERT"] = next((path for path in _SYSTEM if Path(path).exists()), _SYSTEM[0])
    return told


_SYSTEM = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def keep_alive(line: Any) -> None:
    """A line that was cut without a word is noticed within seconds, also while nothing is asked of it."""
    transport = getattr(line, "_transport", None)
    there = transport.get_extra_info("socket") if transport is not None else None
    if there is None or there.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with contextlib.suppress(OSError):
        there.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            there.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        there.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MOST)


async def _opened(line: Any) -> None:
    keep_alive(line)


async def connect(url: str, **settings: str) -> Any:
    """One connection outside the pool, for listening; raises what asyncpg raises, within CONNECT_WITHIN seconds."""
    given = credentials(url)
    del given["maxsize"]
    line = await asyncpg.connect(
        **given, timeout=CONNECT_WITHIN, command_timeout=COMMAND_WITHIN, server_settings={**SERVER, **settings}
    )
    keep_alive(line)
    return line


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """A pool at which nobody waits for ever."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        """Raises TimeoutError after ACQUIRE_WITHIN seconds."""
        return super().acquire(timeout=ACQUIRE_WITHIN if timeout is None else timeout)


class Transaction(TransactionContextPooled):
    """A transaction of the pool; the ORM's own loses its connection when BEGIN fails."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        parent = cast(Any, self.client)._parent
        connection = await parent._pool.acquire()
        cast(Any, self.client)._connection = connection
        try:
            await self.client.begin()
        except BaseException:
            await parent._pool.release(connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class _WithoutNul(AsyncpgDBClient):
    """PostgreSQL has no text with a NUL in it: it is stored, and looked for, with U+FFFD in its place."""

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        return await super().execute_insert(query, _storable(values))

    async def execute_many(self, query: str, values: list[Any]) -> None:
        await super().execute_many(query, [_storable(row) for row in values])

    async def execute_query(self, query: str, values: list[Any] | None = None) -> Any:
        return await super().execute_query(query, _storable(values) if values else values)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> Any:
        return await super().execute_query_dict(query, _storable(values) if values else values)


def _storable(values: Sequence[Any]) -> list[Any]:
    return [_without(one) if isinstance(one, str | list) else one for one in values]


def _without(value: Any) -> Any:
    if isinstance(value, list):  # a column of many rows
        return [_without(one) if isinstance(one, str) and "\0" in one else one for one in value]
    return value.replace("\0", "\ufffd") if "\0" in value else value


class OpenTransaction(_WithoutNul, TransactionWrapper):
    """The ORM's transaction, as the client writes."""


class PostgresClient(_WithoutNul):
    """The ORM's client with bounded waits."""

    def __init__(self, **given: Any) -> None:
        settings = {**SERVER, **given.pop("server_settings", {})}
        bounds = {"timeout": CONNECT_WITHIN, "command_timeout": given.pop("command_timeout", COMMAND_WITHIN)}
        super().__init__(**given, **bounds, server_settings=settings)

    async def create_pool(self, **given: Any) -> Pool:
        """The pool, with one connection open, so that a wrong address fails at start."""
        pool = Pool(
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            reset=_keep_as_it_is,
            init=_opened,
            record_class=asyncpg.Record,
            **given,
        )
        return cast(Pool, await pool)

    def _in_transaction(self) -> TransactionContext:
        return Transaction(OpenTransaction(self), self._pool_init_lock)


async def _keep_as_it_is(connection: Any) -> None:
    """Nothing is ever set on a pooled connection, so nothing has to be set back; an open transaction is ended before."""


client_class = PostgresClient
