"""The API's door: tokens, scopes, methods, headers, and what a broken house answers."""

import json
from typing import Any

import pytest

from gateway import keys
from gateway.api import problems
from gateway.api.routes import OPERATIONS
from gateway.applications.errors import Busy
from gateway.auth import decisions
from messaging.tables import Outgoing
from tests.gateway.api.conftest import House
from tests.gateway.api.people import filing

CLOSED = [one for one in OPERATIONS if (decision := decisions.of(one.handler)) is not None and decision.kind == "token"]


def address(path: str) -> str:
    return path.replace("{number}", "421321202611242000001G").replace("{", "").replace("}", "")


BAD_HEADERS: list[Any] = [None, "Bearer", "Bearer x", "Basic eDp5", "bearer " + "x" * 5000]


async def test_without_a_good_token_every_closed_route_answers_401(house: House) -> None:
    for header in BAD_HEADERS:
        for operation in CLOSED:
            headers = {} if header is None else {"Authorization": header}
            async with house.client.request(operation.method, address(operation.path), headers=headers) as answer:
                body = await answer.json()
            assert (answer.status, body["type"]) == (401, "/problems/token")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_sessions_cookie_opens_nothing(house: House) -> None:
    for operation in CLOSED:
        headers = {"Cookie": "session=whatever; __Host-session=whatever"}
        async with house.client.request(operation.method, address(operation.path), headers=headers) as answer:
            assert answer.status == 401


async def test_every_program_is_held_to_its_scopes(house: House) -> None:
    """Each closed route against each kind of program: who lacks the scope gets 403, whatever the address says."""
    held = {"window": {"applications", "agreements", "events"}, "zaoyang": {"messages", "agreements"}}
    for operation in CLOSED:
        decision = decisions.of(operation.handler)
        assert decision is not None
        for program, scopes in held.items():
            if decision.scopes & scopes:
                continue
            status, body, _ = await house.call(operation.method, address(operation.path)[len("/api/v1/") :], program)
            assert (status, body["type"]) == (403, "/problems/scope")


async def test_unknown_addresses_and_methods_are_problems_too(house: House) -> None:
    status, body, _ = await house.call("GET", "nothing")
    assert (status, body["type"]) == (404, "/problems/not-found")
    status, body, headers = await house.call("DELETE", "applications")
    assert (status, body["type"]) == (405, "/problems/method")
    assert set(headers["Allow"].split(", ")) == {"GET", "POST"}


async def test_answers_carry_their_trace_and_say_little_of_the_house(house: House) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    sent = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    status, body, headers = await house.call("GET", "applications/x", headers=sent)
    assert (status, body["instance"]) == (404, trace)
    assert headers["traceparent"].split("-")[1] == trace
    assert headers["Server"] == "Tongban"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert headers["Content-Type"] == "application/problem+json"


async def test_the_trace_goes_into_the_message_that_the_request_sent(house: House) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "Idempotency-Key": "k"}
    await house.call("POST", "applications", json=filing(), headers=headers)
    _, page, _ = await house.call("GET", "deliveries?wait=5", "zaoyang")
    assert json.loads(page["items"][0]["body"])["traceparent"].split("-")[1] == trace


async def test_the_trace_of_a_deed_goes_into_its_message_too(house: House) -> None:
    trace = "5bf92f3577b34da6a3ce929d0e0e4737"
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": "k"})
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await house.call("POST", f"applications/{filed['number']}/urges", json={"text": "请尽快"}, headers=headers)
    row = await Outgoing.get(subject=filed["number"], type="application.urged")
    assert (row.trace or "").split("-")[1] == trace


async def test_a_fault_of_ours_is_told_without_detail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("张三 421321200001019998")

    app = house.client.app
    assert app is not None
    monkeypatch.setattr(app[keys.CASE_ROOM], "view", broken)
    status, body, _ = await house.call("GET", "applications/x")
    assert (status, body["type"], body["errors"]) == (500, "/problems/internal", [])
    assert "张三" not in json.dumps(body, ensure_ascii=False)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Busy(3)])
async def test_what_passes_by_itself_is_503_with_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def busy(*_: Any, **__: Any) -> Any:
        raise error

    app = house.client.app
    assert app is not None
    monkeypatch.setattr(app[keys.CASE_ROOM], "view", busy)
    status, body, headers = await house.call("GET", "applications/x")
    assert (status, body["type"]) == (503, "/problems/unavailable")
    assert int(headers["Retry-After"]) >= 1


def test_each_error_of_the_table_has_one_kind_and_each_kind_is_said_in_chinese() -> None:
    assert len({what for what, _ in problems.TABLE}) == len(problems.TABLE)
    kinds = {kind for _, kind in problems.TABLE} | set(problems.BY_STATUS.values())
    assert len({(kind.status, kind.type) for kind in kinds}) == len(kinds)
    assert all(any(character >= "\u4e00" for character in kind.title + kind.detail) for kind in kinds)
