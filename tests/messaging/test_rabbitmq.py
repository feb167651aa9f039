"""RabbitMQ's own traps: what it loses, lets pass or hangs on unless it is told otherwise, one test for each."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import aiohttp
import aiormq
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from messaging.bus import amqp_arrivals, amqp_line, amqp_publisher, amqp_reader
from messaging.bus.administration import Administration
from messaging.bus.amqp_line import address
from messaging.bus.amqp_publisher import AmqpPublisher
from messaging.bus.names import FROM_PARTNER, PARKED, SIGNATURE, TO_GATEWAY, TO_PARTNER
from messaging.bus.port import Parcel, Refused
from messaging.bus.topology import gateway_account
from tests.county import JINGSHAN, ZAOYANG
from tests.messaging.on_a_broker import PASSWORD, bus, line, parcel, prepared, said, until, waiting
from tests.services.proxy import Proxy
from tests.services.rabbitmq import Broker, free_port

pytestmark = pytest.mark.rabbitmq
Channel = Callable[..., Awaitable[AbstractChannel]]


@pytest.fixture
async def ready(broker: Broker) -> Broker:
    """The broker with two empty links."""
    return await prepared(broker)


# publishing


async def test_what_no_queue_takes_is_refused_and_not_taken_for_sent(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bus(ready.url) as road:
        monkeypatch.setattr(AmqpPublisher, "queue", lambda publisher: "nowhere")
        (answer,) = await road.publish([parcel("a1")])
        assert isinstance(answer, Refused)
        monkeypatch.undo()
        assert await road.publish([parcel("a1")]) == [None]
    assert await waiting(ready, ZAOYANG) == ["a1"]


async def test_a_virtual_host_that_is_not_there_is_a_refusal(ready: Broker) -> None:
    async with bus(ready.url) as road:
        (none, there) = await road.publish([parcel("a1", partner="999999"), parcel("j1", partner=JINGSHAN)])
    assert isinstance(none, Refused)
    assert there is None


async def test_a_node_that_is_away_or_silent_is_passed_over_for_another_one(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_line, "OPEN_WITHIN", 1.5)
    async with Proxy(ready.port) as silent:
        silent.cut()
        nodes = f"127.0.0.1:{free_port()},127.0.0.1:{silent.port},127.0.0.1:{ready.port}"
        for _ in range(4):
            async with bus(ready.url.replace(f"127.0.0.1:{ready.port}", nodes)) as road:
                assert await road.publish([parcel("a1")]) == [None]
    assert await waiting(ready, ZAOYANG) == ["a1"] * 4


async def test_a_broker_that_says_no_is_asked_on_another_line_the_next_time(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, bad = AmqpPublisher._publish, set[int]()

    async def as_before_the_queue_moved(publisher: AmqpPublisher, one: Parcel) -> Any:
        channel = await publisher._channel()
        bad.add(id(channel) if not bad else 0)
        if id(channel) in bad:
            raise aio_pika.exceptions.DeliveryError(None, aiormq.spec.Basic.Nack())
        return await publish(publisher, one)

    async with bus(ready.url) as road:
        monkeypatch.setattr(AmqpPublisher, "_publish", as_before_the_queue_moved)
        (answer,) = await road.publish([parcel("a1")])
        assert isinstance(answer, Refused)
        assert await road.publish([parcel("a1")]) == [None]
    assert await waiting(ready, ZAOYANG) == ["a1"]


async def test_a_full_queue_refuses_and_nothing_in_it_is_dropped(ready: Broker) -> None:
    async with limited(ready, {"max-length": 3}), bus(ready.url) as road:
        answers = [(await road.publish([parcel(f"a{n}")]))[0] for n in range(20)]
    taken = [f"a{n}" for n, answer in enumerate(answers) if answer is None]
    assert any(answers)
    assert set(taken) <= set(await waiting(ready, ZAOYANG))


@asynccontextmanager
async def limited(broker: Broker, definition: dict[str, Any]) -> AsyncIterator[None]:
    """The limits of 枣阳's queues, otherwise for a while."""
    policy = {
        "pattern": f"^({TO_PARTNER}|{TO_GATEWAY})$",
        "apply-to": "queues",
        "priority": 9,
        "definition": definition,
    }
    place = f"policies/partner-{ZAOYANG}/for-a-test"
    async with Administration(broker.admin_url) as administration:
        await administration._put(place, policy)
        await asyncio.sleep(0.5)
        try:
            yield
        finally:
            await administration._delete(place)
            await asyncio.sleep(0.5)


async def test_a_message_is_written_down_by_the_broker_with_its_id_type_and_signature(ready: Broker) -> None:
    async with bus(ready.url) as road:
        assert await road.publish([parcel("a1")]) == [None]
    async with line(ready, ZAOYANG, own=True) as channel:
        message = await (await channel.get_queue(TO_PARTNER, ensure=False)).get()
        assert message is not None
        await message.ack()
    told = (message.message_id, message.content_type, message.delivery_mode, message.headers[SIGNATURE])
    assert told == ("a1", "application/cloudevents+json", aio_pika.DeliveryMode.PERSISTENT, "signed..x")
    assert message.body == b"bytes of a1"


async def test_a_conversation_keeps_its_order_and_stops_at_what_was_refused(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = AmqpPublisher._publish

    async def refuse_third(publisher: AmqpPublisher, one: Parcel) -> Any:
        return object() if one.message_id == "a3" else await publish(publisher, one)

    one_case = [parcel(f"a{n}", subject="one", sequence=n) for n in range(1, 6)]
    other = [parcel(f"b{n}", subject="other", sequence=n) for n in range(1, 4)]
    async with bus(ready.url) as road:
        monkeypatch.setattr(AmqpPublisher, "_publish", refuse_third)
        answers = await road.publish([*one_case, *other])
        monkeypatch.undo()
        assert [answer is None for answer in answers] == [True, True, False, False, False, True, True, True]
        assert await road.publish(one_case[2:]) == [None, None, None]
    came = await waiting(ready, ZAOYANG)
    assert [id_ for id_ in came if id_.startswith("a")] == ["a1", "a2", "a3", "a4", "a5"]
    assert [id_ for id_ in came if id_.startswith("b")] == ["b1", "b2", "b3"]


async def test_a_cancellation_that_nobody_ordered_is_a_refusal_and_ends_no_loop(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(publisher: AmqpPublisher, one: Parcel) -> None:
        raise asyncio.CancelledError

    async with bus(ready.url) as road:
        monkeypatch.setattr(AmqpPublisher, "_publish", lost)
        assert [str(answer) for answer in await road.publish([parcel("a1")])] == ["the line was lost"]
        monkeypatch.undo()
        assert await road.publish([parcel("a1")]) == [None]
        assert road.alive


async def test_a_line_that_falls_silent_is_refused_in_time_and_holds_up_no_other_partner(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_publisher, "SURE_WITHIN", 1.0)
    async with Proxy(ready.port) as proxy, bus(ready.url.replace(str(ready.port), str(proxy.port))) as road:
        assert await road.publish([parcel("a1")]) == [None]
        proxy.cut()
        begun = asyncio.get_running_loop().time()
        answers = await road.publish([parcel(f"a{n}") for n in range(2, 200)])
        assert asyncio.get_running_loop().time() - begun < 2.5, "not one after the other"
        assert all(isinstance(answer, Refused) for answer in answers)
        assert road.room(ZAOYANG) == 0
        assert road.room(JINGSHAN) > 1
        proxy.mend()
        assert await road.publish([parcel(f"a{n}") for n in range(2, 200)]) == [None] * 198
    assert set(await waiting(ready, ZAOYANG)) == {f"a{n}" for n in range(1, 200)}


async def test_resets_in_the_middle_lose_nothing(ready: Broker) -> None:
    async with Proxy(ready.port) as proxy, bus(ready.url.replace(str(ready.port), str(proxy.port))) as road:
        left = {f"a{n}": parcel(f"a{n}") for n in range(300)}
        for _ in range(20):
            task = asyncio.create_task(road.publish(list(left.values())))
            await asyncio.sleep(0.05)
            proxy.reset()
            sent = zip(list(left), await task, strict=True)
            left = {id_: left[id_] for id_, answer in sent if answer is not None}
        assert await road.publish(list(left.values())) == [None] * len(left)
    assert set(await waiting(ready, ZAOYANG)) == {f"a{n}" for n in range(300)}


async def test_a_memory_alarm_refuses_in_time_and_does_not_stop_what_comes_in(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_publisher, "SURE_WITHIN", 1.0)
    heard: list[bytes] = []

    async def hear(partner: str, body: bytes, signature: str | None) -> None:
        heard.append(body)

    async with bus(ready.url) as road, line(ready, ZAOYANG, own=True) as partner:
        await road.listen(hear)
        exchange = await partner.get_exchange(FROM_PARTNER, ensure=False)
        await until(lambda: road.connected)
        for n in range(3):
            await exchange.publish(aio_pika.Message(f"before {n}".encode()), "")
        ready.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            await asyncio.sleep(1.0)
            assert isinstance((await road.publish([parcel("a1")]))[0], Refused)
            await until(lambda: len(heard) == 3)
            assert not road.connected
        finally:
            ready.ctl("set_vm_memory_high_watermark", "absolute", "2GB")
        async with asyncio.timeout(10):
            while (await road.publish([parcel("a1")])) != [None]:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await until(lambda: road.connected)
    assert set(await waiting(ready, ZAOYANG)) == {"a1"}, "perhaps twice, never not at all"


async def test_a_broker_that_is_killed_while_it_is_spoken_to_has_everything_that_it_confirmed(ready: Broker) -> None:
    confirmed: set[str] = set()
    await asyncio.sleep(3)  # a quorum queue that was declared a moment before kill -9 has no leader afterwards (3.10)
    async with bus(ready.url) as road:

        async def send(n: int) -> None:
            for _ in range(400):
                if await road.publish([parcel(f"a{n}")]) == [None]:
                    confirmed.add(f"a{n}")
                    return
                await asyncio.sleep(0.1)

        senders = [asyncio.create_task(send(n)) for n in range(100)]
        await until(lambda: len(confirmed) > 20)
        ready.kill()
        later = [asyncio.create_task(send(n)) for n in range(100, 150)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(ready.start)
        await asyncio.gather(*senders, *later)
    assert len(confirmed) == 150
    assert set(await waiting(ready, ZAOYANG)) == confirmed


async def test_a_house_closes_soon_although_its_line_is_silent(ready: Broker) -> None:
    async with Proxy(ready.port) as proxy, bus(ready.url.replace(str(ready.port), str(proxy.port))) as road:
        await road.listen(lambda partner, body, signature: asyncio.sleep(0))
        await until(lambda: road.connected)
        assert await road.publish([parcel("a1")]) == [None]
        proxy.cut()
        under_way = asyncio.create_task(road.publish([parcel("a2")]))
        await asyncio.sleep(0.1)
        begun = asyncio.get_running_loop().time()
        await road.close()
        assert asyncio.get_running_loop().time() - begun < 12
        assert isinstance((await under_way)[0], Refused)


async def test_an_idle_publisher_hangs_up_and_the_next_parcel_opens_it_again(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_publisher, "IDLE", 0.0)
    async with bus(ready.url) as road:
        assert await road.publish([parcel("a1")]) == [None]
        await asyncio.sleep(0.05)
        road._publishers[ZAOYANG].close_if_idle()
        assert road._publishers[ZAOYANG]._line is None
        assert await road.publish([parcel("a2")]) == [None]
    assert await waiting(ready, ZAOYANG) == ["a1", "a2"]


# reading


async def test_what_is_under_way_when_the_house_closes_is_neither_acknowledged_nor_thrown_away(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_reader, "STOP_WITHIN", 0.2)
    begun = asyncio.Event()

    async def hang(partner: str, body: bytes, signature: str | None) -> None:
        begun.set()
        await asyncio.Event().wait()

    await said(ready, "m1")
    async with bus(ready.url) as road:
        await road.listen(hang)
        await begun.wait()
    assert await waiting(ready, ZAOYANG, TO_GATEWAY) == ["m1"]
    assert await waiting(ready, ZAOYANG, PARKED) == []


async def test_poison_is_set_apart_in_our_own_table_and_holds_up_nothing(
    ready: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_arrivals, "PAUSES", (0.01, 0.02))
    heard: list[bytes] = []
    apart: list[tuple[bytes, str]] = []

    async def hear(partner: str, body: bytes, signature: str | None) -> None:
        if body == b"poison":
            raise ZeroDivisionError
        heard.append(body)

    async def set_apart(partner: str, body: bytes, signature: str, reason: str) -> None:
        apart.append((body, reason))

    await said(ready, "m1", "poison", "m2")
    async with bus(ready.url) as road:
        await road.listen(hear, set_apart)
        await until(lambda: bool(apart))
        assert heard == [b"m1", b"m2"]
    assert apart == [(b"poison", "cannot be stored")]
    assert await waiting(ready, ZAOYANG, TO_GATEWAY) == []


async def test_what_ends_its_reader_each_time_lies_in_parked_and_is_not_lost(ready: Broker) -> None:
    async with limited(ready, {"delivery-limit": 2}):
        await said(ready, "killer")
        for _ in range(3):
            await taken_by_somebody_who_dies(ready)
        await asyncio.sleep(0.5)
    assert await waiting(ready, ZAOYANG, TO_GATEWAY) == []
    assert await waiting(ready, ZAOYANG, PARKED) == ["killer"]


async def taken_by_somebody_who_dies(broker: Broker) -> None:
    came = asyncio.Event()

    async def take(message: AbstractIncomingMessage) -> None:
        came.set()

    async with line(broker, ZAOYANG) as channel:
        await (await channel.get_queue(TO_GATEWAY, ensure=False)).consume(take)
        async with asyncio.timeout(5):
            await came.wait()


async def test_of_two_houses_one_reads_a_partner_and_the_other_takes_over(ready: Broker) -> None:
    heard: dict[str, list[bytes]] = {"first": [], "second": []}

    def ear(name: str) -> Any:
        async def hear(partner: str, body: bytes, signature: str | None) -> None:
            heard[name].append(body)

        return hear

    async with bus(ready.url, ZAOYANG) as second:
        async with bus(ready.url, ZAOYANG) as first:
            await first.listen(ear("first"))
            await until(lambda: first.connected)
            await second.listen(ear("second"))
            await until(lambda: second.connected)
            await said(ready, *(f"m{n}" for n in range(10)))
            await until(lambda: len(heard["first"]) == 10)
            assert heard["second"] == []
        await said(ready, "m10")
        await until(lambda: heard["second"] == [b"m10"])


async def test_readers_wait_for_a_broker_that_is_away_and_go_on_by_themselves(ready: Broker) -> None:
    heard: list[bytes] = []

    async def hear(partner: str, body: bytes, signature: str | None) -> None:
        heard.append(body)

    await asyncio.to_thread(ready.stop)
    try:
        async with bus(ready.url) as road:
            await road.listen(hear)
            await asyncio.sleep(0.5)
            assert (road.alive, road.connected) == (True, False)
            await asyncio.to_thread(ready.start)
            await until(lambda: road.connected)
            await said(ready, "m1")
            await until(lambda: heard == [b"m1"])
    finally:
        await asyncio.to_thread(ready.start)


# rights


@pytest.mark.parametrize(
    "deed",
    [
        lambda channel: channel.default_exchange.publish(aio_pika.Message(b"x"), TO_PARTNER),
        lambda channel: channel.default_exchange.publish(aio_pika.Message(b"x"), PARKED),
        lambda channel: channel.declare_queue("mine"),
        lambda channel: channel.declare_exchange("mine"),
        lambda channel: channel.queue_delete(TO_PARTNER),
        lambda channel: _get(channel, TO_GATEWAY),
        lambda channel: _get(channel, PARKED),
        lambda channel: _purge(channel, TO_GATEWAY),
    ],
    ids=["default exchange", "parked", "queue", "exchange", "delete", "read to-gateway", "read parked", "purge"],
)
async def test_a_partner_may_read_its_queue_and_write_its_exchange_and_nothing_else(
    ready: Broker, deed: Callable[[AbstractChannel], Awaitable[Any]]
) -> None:
    async with line(ready, ZAOYANG, own=True) as channel:
        with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
            await deed(channel)


async def _get(channel: AbstractChannel, name: str) -> Any:
    return await (await channel.get_queue(name, ensure=False)).get(fail=False)


async def _purge(channel: AbstractChannel, name: str) -> Any:
    return await (await channel.get_queue(name, ensure=False)).purge()


async def test_a_partner_cannot_write_under_another_user_id(ready: Broker) -> None:
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="user_id"):
        await said(ready, "m1", user_id=f"partner-{JINGSHAN}")


async def test_a_partner_cannot_enter_the_virtual_host_of_another(ready: Broker) -> None:
    other = address(ready.url, JINGSHAN, "test").with_user(f"partner-{ZAOYANG}").with_password(PASSWORD)
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await aio_pika.connect(str(other))


async def test_copies_to_other_routes_stay_in_the_partners_own_virtual_host(ready: Broker) -> None:
    await said(ready, "m1", headers={"CC": ["to-partner", "to-gateway"], "BCC": ["parked"]})
    assert await waiting(ready, JINGSHAN, TO_PARTNER) == []
    assert await waiting(ready, JINGSHAN, TO_GATEWAY) == []
    assert await waiting(ready, ZAOYANG, TO_GATEWAY) == ["m1"]


async def test_declaring_again_changes_nothing_and_keeps_what_waits(ready: Broker) -> None:
    async with bus(ready.url) as road:
        assert await road.publish([parcel("a1")]) == [None]
    before = await everything(ready)
    gateway = gateway_account(ready.url)
    async with Administration(ready.admin_url) as administration:
        for _ in range(2):
            await administration.ensure_gateway(gateway)
            await administration.ensure_link(ZAOYANG, gateway)
            await administration.ensure_user(ZAOYANG, None)
    assert await everything(ready) == before
    assert await waiting(ready, ZAOYANG) == ["a1"]


async def everything(broker: Broker) -> Any:
    """What an export of 枣阳's virtual host holds."""
    async with aiohttp.ClientSession() as web:
        async with web.get(f"{broker.admin_url}/api/definitions/partner-{ZAOYANG}") as answer:
            host = await answer.json()
        async with web.get(f"{broker.admin_url}/api/permissions") as answer:
            rights = await answer.json()
    return json.dumps({**host, "permissions": sorted(map(str, rights))}, sort_keys=True)
