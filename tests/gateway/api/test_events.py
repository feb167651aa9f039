"""The event stream of programs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway import keys
from tests.gateway.api.conftest import House
from tests.gateway.api.people import filing


@asynccontextmanager
async def listening(house: House, query: str = "", **headers: str) -> AsyncIterator[Any]:
    """An open stream; the response as aiohttp gives it."""
    path = f"/api/v1/events{query}"
    async with house.client.get(path, headers={**house.bearer("window"), **headers}) as response:
        yield response


async def next_event(response: Any) -> dict[str, str]:
    """The next event of a stream, comments left out."""
    event: dict[str, str] = {}
    async with asyncio.timeout(5):
        while True:
            line = (await response.content.readline()).decode().rstrip("\n")
            if not line and event:
                return event
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value


async def file(house: House, key: str) -> str:
    _, body, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": key})
    return str(body["number"])


async def test_a_filed_case_is_told_at_once(house: House) -> None:
    async with listening(house) as stream:
        assert stream.status == 200
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        number = await file(house, "a")
        event = await next_event(stream)
    assert event["event"] == "application"
    data = json.loads(event["data"])
    assert set(data) == {"number", "type", "state", "delivery", "version", "at"}
    assert (data["number"], data["type"], data["state"]) == (number, "application.submitted", "SUBMITTED")


async def test_a_stream_goes_on_where_it_was_left(house: House) -> None:
    numbers = [await file(house, "a"), await file(house, "b")]
    async with listening(house, "?after=0") as stream:
        first = await next_event(stream)
        second = await next_event(stream)
        told = [json.loads(event["data"])["number"] for event in (first, second)]
        while len(set(told)) < 2:  # steps of the first one that came before the second was filed
            told.append(json.loads((await next_event(stream))["data"])["number"])
    assert list(dict.fromkeys(told)) == numbers
    async with listening(house, **{"Last-Event-ID": first["id"]}) as stream:
        assert (await next_event(stream))["id"] == second["id"]


async def test_a_position_that_is_none_is_refused(house: House) -> None:
    for query, headers in (("?after=x", {}), ("", {"Last-Event-ID": "-1"})):
        async with listening(house, query, **headers) as answer:
            problem = await answer.json()
        assert (answer.status, problem["errors"][0]["pointer"]) == (422, "/after")


async def test_a_quiet_stream_says_that_it_is_still_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.streams.HEARTBEAT", 0.2)
    async with listening(house) as stream:
        lines = [await stream.content.readline() for _ in range(4)]
    assert lines.count(b": still here\n") >= 1


async def test_streams_end_at_once_when_the_house_stops(house: House) -> None:
    async with listening(house) as stream:
        await stream.content.readline()
        app = house.client.app
        assert app is not None
        started = time.perf_counter()
        app[keys.STREAMS].close()
        async with asyncio.timeout(5):
            await stream.content.read()
    assert time.perf_counter() - started < 1
    async with listening(house) as refused:
        assert refused.status == 429


async def test_a_program_that_is_shut_out_hears_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = house.client.app
    assert app is not None
    async with listening(house) as stream:
        await stream.content.readline()
        await app[keys.CLIENTS].disable("window")
        house.parts.feed.ring()
        async with asyncio.timeout(5):
            rest = await stream.content.read()
    assert b"data:" not in rest


async def test_a_stream_whose_database_fails_ends_and_goes_on_by_its_cursor(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(house) as stream:
        await stream.content.readline()
        await file(house, "a")
        event = await next_event(stream)

        async def broken(*args: Any) -> Any:
            raise ArithmeticError

        with monkeypatch.context() as patch:
            patch.setattr(house.parts.feed, "after", broken)
            house.parts.feed.ring()
            async with asyncio.timeout(5):
                rest = await stream.content.read()
    assert b"HTTP/1.1" not in rest, "a second answer in the middle of the first"
    number = await file(house, "b")
    async with listening(house, **{"Last-Event-ID": event["id"]}) as stream:
        while (told := json.loads((await next_event(stream))["data"]))["number"] != number:
            assert told["version"] > 0


async def test_one_program_has_at_most_twenty_streams(house: House) -> None:
    open_ = [listening(house) for _ in range(20)]
    for one in open_:
        assert (await one.__aenter__()).status == 200
    async with listening(house) as refused:
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) >= 1
    for one in open_:
        await one.__aexit__(None, None, None)
