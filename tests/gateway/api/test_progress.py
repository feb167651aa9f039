"""The one question of the applicants' front: its scope, its answer, and what happens to those who guess."""

import pytest

from gateway import keys
from gateway.api.schemas.progress import PROGRESS
from gateway.applications import progress_room, query_codes
from gateway.auth.clients import Clients, Program
from gateway.auth.rate_limit import TooMany
from gateway.resources import now
from messaging.unit_of_work import run_tx
from tests.gateway.api.conftest import HOME, ZAOYANG, House
from tests.gateway.api.people import filing

WRONG = "AAAAA-AAAAA"


@pytest.fixture
async def front(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house with a front's program, and no answer held back."""
    monkeypatch.setattr(progress_room, "NO_AFTER", 0.0)
    for name, county in (("front", HOME), ("their-front", ZAOYANG)):
        secret = await Clients(now).add(Program(name, county, frozenset({"progress"})))
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
        async with house.client.post("/api/v1/token", data=form) as answer:
            house.tokens[name] = (await answer.json())["access_token"]
    return house


async def printed(house: House, key: str = "k") -> tuple[str, str]:
    """A case and the code on its slip."""
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": key})
    number = filed["number"]
    salt, _ = await run_tx(lambda connection: query_codes.made(connection, number, now()))
    return number, query_codes.of(house.parts.sealer, number, salt)


async def test_number_and_code_give_the_progress_and_nothing_about_the_person(front: House) -> None:
    number, code = await printed(front)
    status, body, headers = await front.call("POST", "progress", "front", json={"number": number, "code": code.lower()})
    assert (status, body["number"], body["state"]) == (200, number, "SUBMITTED")
    assert set(body) == set(PROGRESS["required"])
    assert headers["Cache-Control"] == "no-store"
    assert "applicant" not in body
    assert "matter" not in body


async def test_whatever_does_not_fit_gets_the_very_same_answer(front: House) -> None:
    number, code = await printed(front)
    answers = []
    for question in (
        {"number": number, "code": WRONG},
        {"number": "421321202611249999999Z", "code": WRONG},
        {"number": "x", "code": code},
        {"number": "\0\ufffd编号", "code": "\0"},
    ):
        status, body, headers = await front.call("POST", "progress", "front", json=question)
        answers.append((status, {**body, "instance": ""}, sorted(headers)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404


async def test_the_scope_allows_this_and_nothing_else(front: House) -> None:
    number, code = await printed(front)
    for program in ("window", "zaoyang"):
        status, _, _ = await front.call("POST", "progress", program, json={"number": number, "code": code})
        assert status == 403
    for method, path in (
        ("GET", f"applications/{number}"),
        ("GET", "applications"),
        ("GET", "matters"),
        ("GET", "agreements"),
    ):
        assert (await front.call(method, path, "front"))[0] == 403
    status, _, _ = await front.call("POST", "progress", "their-front", json={"number": number, "code": code})
    assert status == 404


async def test_who_guesses_is_stopped_for_this_number_alone_whether_it_exists_or_not(front: House) -> None:
    number, code = await printed(front)
    other, its_code = await printed(front, "l")
    for guessed in (number, "421321202611249999999Z"):
        for _ in range(10):
            status, _, _ = await front.call("POST", "progress", "front", json={"number": guessed, "code": WRONG})
            assert status == 404
        status, body, headers = await front.call("POST", "progress", "front", json={"number": guessed, "code": WRONG})
        assert (status, body["type"]) == (429, "/problems/rate-limit")
        assert 300 <= int(headers["Retry-After"]) <= 361
    status, _, _ = await front.call("POST", "progress", "front", json={"number": number, "code": code})
    assert status == 429, "otherwise the guessing could go on"
    status, _, _ = await front.call("POST", "progress", "front", json={"number": other, "code": its_code})
    assert status == 200


async def test_right_answers_are_not_counted(front: House) -> None:
    number, code = await printed(front)
    for _ in range(15):
        assert (await front.call("POST", "progress", "front", json={"number": number, "code": code}))[0] == 200
    assert front.client.app is not None
    try:
        front.client.app[keys.LIMITS].progress_number.look(number)
    except TooMany:
        pytest.fail("a right code was counted as a wrong one")


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"number": "1"},
        {"number": "1", "code": ""},
        {"number": "1", "code": "A", "x": 1},
        {"number": 1, "code": "A"},
    ],
)
async def test_a_question_that_is_none_is_refused_by_its_shape(front: House, question: dict[str, object]) -> None:
    status, body, _ = await front.call("POST", "progress", "front", json=question)
    assert (status, body["type"]) == (422, "/problems/validation")
