"""The doors of partners: deliveries, receipts and messages over HTTP."""

import asyncio
import json
import time
from typing import Any

from gateway.resources import now
from messaging import envelope
from partners import signing
from tests.gateway.api.conftest import HOME, JINGSHAN, TONGBAI, ZAOYANG, House
from tests.gateway.api.people import accepted, answers, filing, letter

EVENT = {"Content-Type": "application/cloudevents+json"}


async def filed(house: House, key: str = "k-1") -> str:
    """The number of a case that was just filed for 枣阳."""
    status, body, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": key})
    assert status == 201
    return str(body["number"])


async def post(
    house: House, body: bytes, signature: str | None, program: str = "zaoyang", path: str = "messages"
) -> Any:
    headers = EVENT | ({} if signature is None else {"Tongban-Signature": signature})
    return await house.call("POST", path, program, data=body, headers=headers)


async def delivery(house: House, program: str = "zaoyang") -> dict[str, Any]:
    """The first numbered message that waits for a partner."""
    for _ in range(10):
        _, page, _ = await house.call("GET", "deliveries?wait=5", program)
        for item in page["items"]:
            if json.loads(item["body"])["type"] != "cn.tongban.receipt.v1":
                return dict(item)
    raise AssertionError("nothing came")


def receipt_for(house: House, item: dict[str, Any], **changes: Any) -> tuple[bytes, str]:
    at = now()
    said = json.loads(item["body"])
    entry = {
        "id": said["id"],
        "sha256": envelope.sha256_hex(item["body"].encode()),
        "stored_at": envelope.rfc3339(at),
        "highest_applied": int(said["sequence"]),
        "outcome": "applied",
        **changes,
    }
    return letter(house.keys[ZAOYANG], "receipt", "receipt", {"receipts": [entry]}, at, None)


async def until(house: House, number: str, member: str, wanted: str) -> dict[str, Any]:
    """The application once a member has reached a value."""
    for _ in range(100):
        _, shown, _ = await house.call("GET", f"applications/{number}")
        found = shown[member]["state"] if isinstance(shown[member], dict) else shown[member]
        if found == wanted:
            return dict(shown)
        await asyncio.sleep(0.05)
    raise AssertionError(f"{member} never became {wanted}")


async def test_a_filed_case_is_delivered_signed_by_the_house(house: House) -> None:
    number = await filed(house)
    item = await delivery(house)
    assert set(item) == {"id", "attempt", "body", "signature"}
    said = json.loads(item["body"])
    assert (said["subject"], said["type"], said["id"]) == (number, "cn.tongban.application.submitted.v1", item["id"])
    async with house.client.get("/.well-known/jwks.json") as answer:
        jwk = (await answer.json())["keys"][0]
    assert "d" not in jwk
    protected = signing.verify(item["body"].encode(), item["signature"], jwk)
    assert (protected.iss, protected.aud) == (f"urn:jurisdiction:{HOME}", f"urn:jurisdiction:{ZAOYANG}")


async def test_a_delivery_comes_again_until_it_is_receipted(house: House) -> None:
    number = await filed(house)
    first, second = await delivery(house), await delivery(house)
    assert second == {**first, "attempt": first["attempt"] + 1}
    body, signature = receipt_for(house, first)
    status, answer, _ = await post(house, body, signature, path=f"deliveries/{first['id']}/receipt")
    assert (status, answer) == (204, b"")
    shown = await until(house, number, "delivery", "receipted")
    assert shown["delivery"]["at"] is not None
    _, page, _ = await house.call("GET", "deliveries", "zaoyang")
    assert page == {"items": [], "next": None}


async def test_the_same_receipt_twice_is_no_fault(house: House) -> None:
    await filed(house)
    item = await delivery(house)
    body, signature = receipt_for(house, item)
    for _ in range(2):
        status, _, _ = await post(house, body, signature, path=f"deliveries/{item['id']}/receipt")
        assert status == 204


async def test_a_long_poll_answers_as_soon_as_something_is_there(house: House) -> None:
    waiting = asyncio.create_task(house.call("GET", "deliveries?wait=20", "zaoyang"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    started = time.perf_counter()
    await filed(house)
    _, page, _ = await waiting
    assert len(page["items"]) == 1
    assert time.perf_counter() - started < 3


async def test_a_long_poll_with_nothing_ends_empty(house: House) -> None:
    started = time.perf_counter()
    status, page, _ = await house.call("GET", "deliveries?wait=1", "zaoyang")
    assert (status, page) == (200, {"items": [], "next": None})
    assert 0.9 < time.perf_counter() - started < 5


async def test_a_partner_gets_only_its_own(house: House) -> None:
    await filed(house)
    await delivery(house)
    _, page, _ = await house.call("GET", "deliveries", "jingshan")
    assert page["items"] == []


async def test_a_receipt_for_another_or_no_delivery_is_refused(house: House) -> None:
    await filed(house)
    item = await delivery(house)
    body, signature = receipt_for(house, item, id="01JDG7Z3N5Q8S4T6V9W2X1Y0AB", sha256="0" * 64)
    status, problem, _ = await post(house, body, signature, path=f"deliveries/{item['id']}/receipt")
    assert (status, problem["errors"][0]["code"]) == (422, "names_another_message")
    body, signature = receipt_for(house, item)
    status, problem, _ = await post(house, body, signature, path="deliveries/nothing/receipt")
    assert (status, problem["type"]) == (404, "/problems/not-found")
    status, problem, _ = await post(house, body, signature, "jingshan", path=f"deliveries/{item['id']}/receipt")
    assert status == 404
    note = {"text": "x", "attachments": [], "author": {"name": "王五", "phone": "07100000001"}}
    body, signature = letter(house.keys[ZAOYANG], "note.sent", json.loads(item["body"])["subject"], note, now(), 1)
    status, problem, _ = await post(house, body, signature, path=f"deliveries/{item['id']}/receipt")
    assert (status, problem["errors"][0]["code"]) == (422, "not_a_receipt")


async def test_a_partners_word_is_stored_and_then_applied(house: House) -> None:
    number = await filed(house)
    await delivery(house)
    at = now()
    body, signature = letter(house.keys[ZAOYANG], "application.accepted", number, accepted(at), at, 1)
    status, stored, _ = await post(house, body, signature)
    assert status == 202
    assert set(stored) == {"id", "sha256", "stored_at", "duplicate"}
    assert (stored["sha256"], stored["duplicate"]) == (envelope.sha256_hex(body), False)
    shown = await until(house, number, "state", "ACCEPTED")
    assert shown["their_number"] == "ZY-2026-1"
    status, again, _ = await post(house, body, signature)
    assert (status, again["duplicate"], again["stored_at"]) == (202, True, stored["stored_at"])


async def test_what_cannot_be_believed_is_unverified_and_changes_nothing(house: House) -> None:
    number = await filed(house)
    at = now()
    body, signature = letter(house.keys[ZAOYANG], "application.accepted", number, accepted(at), at, 1)
    stranger = letter(house.keys[JINGSHAN], "application.accepted", number, accepted(at), at, 1)
    for spoiled in (
        (body, None),
        (body, "a..b"),
        (body, signature[:-4] + "AAAA"),
        (body.replace(b"ZY-2026-1", b"ZY-2026-2"), signature),
        (body, stranger[1]),
        stranger,
        (b'{"specversion":"1.0"}', signature),
    ):
        status, problem, _ = await post(house, *spoiled)
        assert (status, problem["type"], len(problem["errors"])) == (422, "/problems/unverified", 1)
    status, problem, _ = await post(house, body, signature, "jingshan")
    assert (status, problem["type"]) == (422, "/problems/unverified")
    _, shown, _ = await house.call("GET", f"applications/{number}")
    assert shown["state"] == "SUBMITTED"


NO_EVENTS: list[Any] = [
    ("application/json", b"{}", 415, "media-type"),
    ("text/plain", b"{}", 415, "media-type"),
    ("application/cloudevents+json", b"{", 400, "malformed"),
    ("application/cloudevents+json", b'{"id":"1","id":"2"}', 400, "malformed"),
]


async def test_what_is_no_event_is_refused(house: House) -> None:
    for content_type, body, status, kind in NO_EVENTS:
        headers = {"Content-Type": content_type, "Tongban-Signature": "a..b"}
        got, problem, _ = await house.call("POST", "messages", "zaoyang", data=body, headers=headers)
        assert (got, problem["type"]) == (status, f"/problems/{kind}")


async def test_we_sign_for_a_partner_that_cannot(house: House) -> None:
    """桐柏县's system has no key: its receipt says only the outcome, its messages come unsigned."""
    body = filing(matter="tongbai.002014006001", answers=answers(TONGBAI))
    status, case, _ = await house.call("POST", "applications", json=body, headers={"Idempotency-Key": "k"})
    assert status == 201
    item = await delivery(house, "tongbai")
    path = f"deliveries/{item['id']}/receipt"
    assert (await house.call("POST", path, "tongbai", json={"outcome": "perfect"}))[0] == 422
    assert (await house.call("POST", path, "tongbai", json={"outcome": "applied"}))[0] == 204
    await until(house, case["number"], "delivery", "receipted")
    unsigned, _ = letter(
        house.keys[ZAOYANG], "application.accepted", case["number"], accepted(now()), now(), 1, sender=TONGBAI
    )
    status, stored, _ = await post(house, unsigned, None, "tongbai")
    assert (status, stored["duplicate"]) == (202, False)
    await until(house, case["number"], "state", "ACCEPTED")


async def test_only_a_partner_whose_key_we_hold_may_leave_the_signature_out(house: House) -> None:
    await filed(house)
    item = await delivery(house)
    path = f"deliveries/{item['id']}/receipt"
    status, problem, _ = await house.call("POST", path, "zaoyang", json={"outcome": "applied"})
    assert (status, problem["type"]) == (415, "/problems/media-type")


async def test_the_window_program_is_no_partner(house: House) -> None:
    for method, path in (("GET", "deliveries"), ("POST", "messages"), ("POST", "deliveries/x/receipt")):
        status, problem, _ = await house.call(method, path, "window")
        assert (status, problem["type"]) == (403, "/problems/scope")
