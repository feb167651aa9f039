"""POST token over HTTP: the answers, and that refusals are problem bodies with OAuth's word."""

import base64
from typing import Any

from tests.gateway.api.conftest import SECRET, House

GRANT = {"grant_type": "client_credentials"}


async def token(house: House, data: Any, **headers: str) -> tuple[int, dict[str, Any], Any]:
    async with house.client.post("/api/v1/token", data=data, headers=headers) as answer:
        return answer.status, await answer.json(), answer


async def test_a_client_gets_a_token(house: House) -> None:
    status, body, answer = await token(house, {**GRANT, "client_id": "window", "client_secret": SECRET})
    assert status == 200
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_basic_is_as_good(house: House) -> None:
    basic = base64.b64encode(f"zaoyang:{SECRET}".encode()).decode()
    status, body, _ = await token(house, GRANT, Authorization=f"Basic {basic}")
    assert (status, body["scope"]) == (200, "agreements messages")


REFUSED: list[Any] = [
    ({**GRANT, "client_id": "window", "client_secret": "no"}, 401, "token", "invalid_client"),
    ({**GRANT, "client_id": "nobody", "client_secret": "no"}, 401, "token", "invalid_client"),
    ({"grant_type": "password"}, 400, "malformed", "unsupported_grant_type"),
    ({"client_id": "window"}, 400, "malformed", "invalid_request"),
    (
        {**GRANT, "client_id": "window", "client_secret": SECRET, "scope": "messages"},
        400,
        "malformed",
        "invalid_scope",
    ),
    ("grant_type=a&grant_type=b", 400, "malformed", "invalid_request"),
    (b'{"grant_type":"client_credentials"}', 400, "malformed", "invalid_request"),
]


async def test_a_refusal_is_a_problem_with_the_word_of_oauth(house: House) -> None:
    for data, status, kind, error in REFUSED:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if isinstance(data, str) else {}
        got, body, answer = await token(house, data, **headers)
        assert (got, body["type"], body["status"], body["error"]) == (status, f"/problems/{kind}", status, error)
        assert answer.content_type == "application/problem+json"
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
        assert SECRET not in str(body)


async def test_asking_too_often_is_told_when_to_come_again(house: House) -> None:
    answers = [await token(house, {**GRANT, "client_id": "window", "client_secret": "no"}) for _ in range(70)]
    status, body, answer = answers[-1]
    assert (status, body["type"]) == (429, "/problems/rate-limit")
    assert int(answer.headers["Retry-After"]) >= 1
