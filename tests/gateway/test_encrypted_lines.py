"""Lines to the broker and the database are encrypted and held against certificates; one that was cut is noticed in time."""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from gateway import postgresql, settings
from messaging.bus import amqp_line, kept_alive
from messaging.bus.administration import Administration, NotDeclared
from messaging.bus.topology import gateway_account
from partners.guest.amqp import AmqpDoor
from partners.guest.rest import Unreachable
from tests.county import ZAOYANG
from tests.services.certificates import Authority, Pair
from tests.services.postgres import Server
from tests.services.rabbitmq import BIN, Broker

SECURE = """\
listeners.tcp = none
listeners.ssl.default = 127.0.0.1:{port}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {pair.certificate}
ssl_options.keyfile = {pair.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
management.ssl.ip = 127.0.0.1
management.ssl.port = {admin_port}
management.ssl.cacertfile = {ca}
management.ssl.certfile = {pair.certificate}
management.ssl.keyfile = {pair.key}
log.console = false
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 200MB
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A place that servers with accounts of their own can read."""
    with tempfile.TemporaryDirectory(prefix="tongban-tls-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder / "ours")


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Authority:
    return Authority(folder / "theirs")


@pytest.fixture(scope="module")
def client(authority: Authority) -> Pair:
    return authority.signs("gateway")


class SecureBroker(Broker):
    """A node that takes nobody without a certificate."""

    def __init__(self, authority: Authority) -> None:
        self._authority, self._pair = authority, authority.signs("broker")
        super().__init__()
        self.url = f"amqps://gateway:gateway-secret@127.0.0.1:{self.port}"
        self.admin_url = self.admin_url.replace("http:", "https:") + f"?cafile={authority.certificate}"

    def _furnish(self) -> None:
        super()._furnish()
        self._pair.belongs_to("rabbitmq")
        given = {
            "port": self.port,
            "admin_port": self.admin_port,
            "ca": self._authority.certificate,
            "pair": self._pair,
        }
        (self.folder / "rabbitmq.conf").write_text(SECURE.format(**given), encoding="utf-8")


@pytest.fixture(scope="module")
def secure_broker(authority: Authority) -> Iterator[SecureBroker]:
    if not (BIN / "rabbitmq-server").exists():
        pytest.fail("RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server")
    broker = SecureBroker(authority)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.fixture(scope="module")
def secure_server(authority: Authority) -> Iterator[Server]:
    pair = authority.signs("database", "IP:127.0.0.1")
    pair.belongs_to("postgres")
    server = Server(
        "ssl=on",
        f"ssl_cert_file={pair.certificate}",
        f"ssl_key_file={pair.key}",
        f"ssl_ca_file={authority.certificate}",
    )
    yield server
    server.close()


def with_client(broker: Broker, authority: Authority, client: Pair) -> str:
    return f"{broker.url}?cafile={authority.certificate}&certfile={client.certificate}&keyfile={client.key}"


async def declared(broker: Broker) -> None:
    async with Administration(broker.admin_url) as administration:
        await administration.ensure_gateway(gateway_account(broker.url))
        await administration.ensure_link(ZAOYANG, gateway_account(broker.url))


@pytest.mark.rabbitmq
async def test_the_broker_is_reached_with_our_certificate_only(
    secure_broker: SecureBroker, authority: Authority, stranger: Authority, client: Pair
) -> None:
    await declared(secure_broker)
    line = await amqp_line.opened(with_client(secure_broker, authority, client), ZAOYANG, "test")
    assert not line.is_closed
    await amqp_line.closed(line)
    unknown = stranger.signs("nobody")
    for url in (
        secure_broker.url,  # the machine's own authorities do not know it
        f"{secure_broker.url}?cafile={stranger.certificate}&certfile={client.certificate}&keyfile={client.key}",
        f"{secure_broker.url}?cafile={authority.certificate}",
        f"{secure_broker.url}?cafile={authority.certificate}&certfile={unknown.certificate}&keyfile={unknown.key}",
    ):
        with pytest.raises((aio_pika.exceptions.AMQPError, OSError, asyncio.TimeoutError)):
            await amqp_line.opened(url, ZAOYANG, "test")


@pytest.mark.rabbitmq
async def test_the_management_interface_is_held_against_its_certificate(
    secure_broker: SecureBroker, stranger: Authority
) -> None:
    async with Administration(
        secure_broker.admin_url.rpartition("?")[0] + f"?cafile={stranger.certificate}"
    ) as administration:
        with pytest.raises(NotDeclared):
            await administration.has_user(ZAOYANG)


@pytest.mark.rabbitmq
async def test_a_guest_reaches_the_broker_with_a_certificate(
    secure_broker: SecureBroker, authority: Authority, client: Pair
) -> None:
    await declared(secure_broker)
    door = AmqpDoor(with_client(secure_broker, authority, client), f"partner-{ZAOYANG}")
    await door._channel()
    assert door._line is not None
    await door.close()
    bare = AmqpDoor(secure_broker.url, f"partner-{ZAOYANG}")
    with pytest.raises(Exception, match=r".*") as refused:
        await bare._channel()
    assert not isinstance(refused.value, Unreachable | AssertionError)


@pytest.mark.rabbitmq
async def test_the_line_to_the_broker_asks_whether_the_other_end_lives(
    secure_broker: SecureBroker, authority: Authority, client: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await declared(secure_broker)
    lines: list[socket.socket] = []
    original = kept_alive._KeepAlive.create

    async def create(self: kept_alive._KeepAlive, url: object, **more: object) -> object:
        reader, writer = await original(self, url, **more)  # type: ignore[arg-type]
        lines.append(writer.get_extra_info("socket"))
        return reader, writer

    monkeypatch.setattr(kept_alive._KeepAlive, "create", create)
    line = await amqp_line.opened(with_client(secure_broker, authority, client), ZAOYANG, "test")
    try:
        assert [lines[0].getsockopt(level, name) for level, name, _ in kept_alive.OPTIONS] == [
            one[2] for one in kept_alive.OPTIONS
        ]
    finally:
        await amqp_line.closed(line)


def test_a_wrong_certificate_of_the_broker_is_refused_at_start(
    tmp_path: Path, client: Pair, authority: Authority
) -> None:
    at = "amqps://u:p@broker:5671"
    for url, said in (
        (f"{at}?cafile={tmp_path / 'none.pem'}", "cafile"),
        (f"{at}?certfile={tmp_path / 'none.pem'}", "certfile"),
        (f"{at}?certfile={client.certificate}&keyfile={authority.signs('other').key}", "certfile, keyfile"),
        (f"{at}?keyfile={client.key}", "keyfile"),
        (f"{at}?no_verify_ssl=1", "no_verify_ssl"),
        (f"amqp://u:p@broker?cafile={authority.certificate}", "amqps"),
        ("amqp://u:p@broker:none", "BUS_URL"),
    ):
        with pytest.raises(settings.BadSetting, match=said):
            settings.read({"TONGBAN_BUS_URL": url}, data=tmp_path)


@pytest.mark.postgresql
async def test_the_database_is_held_against_its_certificate(
    secure_server: Server, authority: Authority, stranger: Authority, client: Pair
) -> None:
    url = secure_server.url()
    ours = f"sslrootcert={authority.certificate}"
    for good in ("sslmode=require", f"sslmode=verify-full&{ours}", f"sslmode=verify-ca&{ours}", ours,
                 f"{ours}&sslcert={client.certificate}&sslkey={client.key}"):  # fmt: skip
        line = await postgresql.connect(f"{url}?{good}")
        assert await line.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
        await line.close()
    for bad in ("ssl=true", "sslmode=verify-full", f"sslrootcert={stranger.certificate}"):
        with pytest.raises((ssl.SSLError, asyncpg.PostgresError, OSError)):
            await postgresql.connect(f"{url}?{bad}")
    elsewhere = url.replace("127.0.0.1", "localhost")  # which is not what the certificate is for
    with pytest.raises(ssl.SSLCertVerificationError):
        await postgresql.connect(f"{elsewhere}?{ours}")
    await (await postgresql.connect(f"{elsewhere}?sslmode=verify-ca&{ours}")).close()


@pytest.mark.postgresql
async def test_the_line_to_the_database_asks_whether_the_other_end_lives(secure_server: Server) -> None:
    line = await postgresql.connect(secure_server.url() + "?sslmode=require")
    there = line._transport.get_extra_info("socket")
    assert there.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert there.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == postgresql.KEEPALIVE["TCP_KEEPIDLE"]
    assert there.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == postgresql.UNANSWERED_MOST
    await line.close()


def test_postgresqls_own_programs_are_told_the_same(authority: Authority) -> None:
    told = postgresql.for_programs(f"postgres://u@h/d?sslmode=verify-ca&sslrootcert={authority.certificate}")
    assert told == {"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": str(authority.certificate)}
    assert postgresql.for_programs("postgres://u@h/d") == {"PGSSLMODE": "disable"}


def test_a_certificate_of_the_database_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for option in ("sslrootcert", "sslcert"):
        with pytest.raises(postgresql.BadAddress, match=option):
            postgresql.credentials(f"postgres://u@h/d?{option}={tmp_path / 'none'}")
