"""A partner's own system at the door: it reads a proposal, confirms it by its own key, or returns it line by line."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.auth.actor import Actor
from gateway.resources import now
from partners import list_signing
from tests.gateway.api.conftest import HOME, ZAOYANG, House

COORDINATOR = Actor("person", HOME, "孙八", "sunba", role="coordinator")
LIST, CODE = "zaoyang", "002014006001"


@pytest.fixture
async def proposed(house: House) -> dict[str, Any]:
    """A version that waits for 枣阳, as it reads it."""
    drafts = house.parts.list_drafts
    await drafts.begin(COORDINATOR, LIST)
    await drafts.edit(COORDINATOR, LIST, CODE, {"fee": ("不收费", "免费")})
    await drafts.confirm(COORDINATOR, LIST, "随县人力资源和社会保障局", "会签〔2026〕1号")
    at = (now() + timedelta(days=1)).replace(second=0, microsecond=0)
    number = await house.parts.list_room.propose(COORDINATOR, LIST, at)
    status, found, _ = await house.call("GET", f"agreements/{LIST}/versions/{number}", "zaoyang")
    assert (status, found["state"]) == (200, "proposed")
    return dict(found)


def path(found: dict[str, Any], what: str) -> str:
    return f"agreements/{LIST}/versions/{found['version']}/{what}"


async def test_a_county_confirms_by_its_own_key_and_again_is_the_same(house: House, proposed: dict[str, Any]) -> None:
    jws = list_signing.sign(house.keys[ZAOYANG], LIST, proposed["version"], proposed["hash"])
    body = {"hash": proposed["hash"], "jws": jws}
    for _ in range(2):
        status, found, _ = await house.call("POST", path(proposed, "signature"), "zaoyang", json=body)
        assert status == 200
        assert [(one["jurisdiction"], one["jws"]) for one in found["signatures"]] == [(ZAOYANG, jws)]
    status, problem, _ = await house.call(
        "POST", path(proposed, "return"), "zaoyang", json={"comments": [{"text": "再议"}]}
    )
    assert (status, problem["detail"][:11]) == (409, "本县已经确认这一版，不")


async def test_another_key_another_county_and_another_hash_are_refused(house: House, proposed: dict[str, Any]) -> None:
    stranger = list_signing.sign(house.keys["420882"], LIST, proposed["version"], proposed["hash"])
    status, problem, _ = await house.call(
        "POST", path(proposed, "signature"), "zaoyang", json={"hash": proposed["hash"], "jws": stranger}
    )
    assert (status, problem["type"]) == (409, "/problems/state")
    assert "签名不符" in problem["detail"]
    right = list_signing.sign(house.keys[ZAOYANG], LIST, proposed["version"], proposed["hash"])
    status, problem, _ = await house.call(
        "POST", path(proposed, "signature"), "zaoyang", json={"hash": "0" * 64, "jws": right}
    )
    assert (status, problem["detail"]) == (409, "hash 不是这一版的摘要")
    body = {"hash": proposed["hash"], "jws": right}
    assert (await house.call("POST", path(proposed, "signature"), "jingshan", json=body))[0] == 404
    assert (await house.call("POST", path(proposed, "signature"), "other-window", json=body))[0] == 403
    assert (await house.call("POST", f"agreements/{LIST}/versions/99/signature", "zaoyang", json=body))[0] == 404
    assert (await house.call("POST", path(proposed, "signature"), "zaoyang", json={"jws": right}))[0] == 422


async def test_a_return_names_lines_and_closes_the_version(house: House, proposed: dict[str, Any]) -> None:
    status, _, _ = await house.call("POST", path(proposed, "return"), "zaoyang", json={"comments": []})
    assert status == 409
    body = {"comments": [{"line": 1, "field": "fee", "text": "请写明依据"}]}
    status, found, _ = await house.call("POST", path(proposed, "return"), "zaoyang", json=body)
    assert (status, found["state"]) == (200, "returned")
    assert await house.parts.list_drafts.one(COORDINATOR, LIST) is not None
    status, problem, _ = await house.call("POST", path(proposed, "return"), "zaoyang", json=body)
    assert (status, problem["detail"]) == (409, "这一版不在等待确认")
