"""Large files over the API: in parts, each at its place, and one attachment in the end."""

import hashlib

import pytest

from gateway.attachments.clamd import Guard
from gateway.audit.tables import AuditLine
from tests.gateway.api.conftest import House
from tests.gateway.api.test_attachments import NAME, PDF
from tests.services import fake_clamd

RAW = {"Content-Type": "application/octet-stream"}


async def test_a_file_comes_in_parts_and_is_an_attachment_in_the_end(house: House) -> None:
    wanted = {"name": "身份证.pdf", "media_type": "application/pdf", "size": len(PDF)}
    status, begun, headers = await house.call("POST", "uploads", json=wanted)
    assert (status, begun["offset"], headers["Location"]) == (201, 0, f"/api/v1/uploads/{begun['id']}")
    place = f"uploads/{begun['id']}"
    status, told, _ = await house.call("PUT", f"{place}/parts/0", data=PDF[:10], headers=RAW)
    assert (status, told["offset"]) == (200, 10)
    status, problem, _ = await house.call("PUT", f"{place}/parts/0", data=PDF[:10], headers=RAW)
    assert (status, problem["type"], "10" in problem["detail"]) == (409, "/problems/state", True)
    assert (await house.call("GET", place))[1]["offset"] == 10
    assert (await house.call("GET", place, "zaoyang"))[0] == 404
    assert (await house.call("PUT", f"{place}/parts/x", data=b"", headers=RAW))[0] == 404
    await house.call("PUT", f"{place}/parts/10", data=PDF[10:], headers=RAW)
    status, problem, _ = await house.call("POST", f"{place}/completion", json={"sha256": "0" * 64})
    assert (status, problem["type"]) == (422, "/problems/validation")
    digest = hashlib.sha256(PDF).hexdigest()
    status, kept, _ = await house.call("POST", f"{place}/completion", json={"sha256": digest})
    assert (status, kept) == (201, {"sha256": digest, **wanted})
    assert (await house.call("GET", f"attachments/{digest}"))[:2] == (200, PDF)

    _, other, _ = await house.call("POST", "uploads", json={"size": 5})
    assert (await house.call("DELETE", f"uploads/{other['id']}"))[0] == 204
    assert (await house.call("GET", f"uploads/{other['id']}"))[0] == 404
    assert (await house.call("POST", "uploads", json={"size": 50 * 1024 * 1024 + 1}))[0] == 422


async def test_what_clamd_finds_is_refused_at_the_door_and_stands_on_the_audit_chain(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = PDF + fake_clamd.VIRUS
    async with fake_clamd.clamd() as fake:
        monkeypatch.setattr(house.parts.attachments, "_guard", Guard(fake.address, required=True))
        status, problem, _ = await house.call("PUT", "attachments", data=sick, headers=NAME)
    assert (status, problem["errors"][0]["code"]) == (415, "infected")
    assert fake_clamd.NAME in problem["detail"]
    line = await AuditLine.filter(what="file.infected").get()
    found = {"sha256": hashlib.sha256(sick).hexdigest(), "found": fake_clamd.NAME}
    assert (line.who, line.detail) == ("421321:client:window", found)
    status, problem, headers = await house.call("PUT", "attachments", data=PDF, headers=NAME)  # clamd went away
    assert (status, "查毒服务" in problem["detail"], "Retry-After" in headers) == (503, True, True)
