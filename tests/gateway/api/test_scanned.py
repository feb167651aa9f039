"""Whether a file was looked at for viruses, as programs are told of it: on the one case, and at no cost to filing."""

import asyncio
from typing import Any

import pytest

from gateway.applications import scanned_shown
from gateway.attachments.clamd import Guard
from gateway.resources import now
from messaging import envelope
from tests.gateway.api.conftest import ZAOYANG, House
from tests.gateway.api.people import accepted, answers, filing, letter
from tests.gateway.api.test_documents import holds
from tests.services.fake_clamd import clamd

NOWHERE = "127.0.0.1:1"
KEY = {"Idempotency-Key": "k"}


async def put(house: House, content: bytes, guard: Guard, program: str = "window") -> dict[str, Any]:
    """A file that comes in while clamd does as `guard` says."""
    house.parts.attachments._guard = guard
    headers = {"Content-Type": "application/pdf"}
    status, kept, _ = await house.call("PUT", "attachments", program, data=b"%PDF-1.7\n" + content, headers=headers)
    assert (status, set(kept)) == (201, {"sha256", "size", "name", "media_type"})
    return dict(kept)


def body(*files: dict[str, Any]) -> dict[str, Any]:
    """A filing with these as its one scanned material."""
    document = answers()
    document["materials"][0] |= {"source": "扫描上传", "sm3": "0" * 64, "pages": 3}
    document["materials"][0].pop("certId")
    return filing(answers=document, attachments=[{"material": "M01", "sha256": one["sha256"]} for one in files])


async def is_decided(house: House, number: str, document: dict[str, Any]) -> dict[str, Any]:
    """枣阳市 accepts and decides with a paper; the case as it is shown then."""
    decided = {
        "outcome": "granted",
        "reference": "ZY-2026-1",
        "decided_at": envelope.rfc3339(now()),
        "documents": [document],
        "certificates": [],
        "result_delivery": "电子证照",
    }
    said = (("application.accepted", accepted(now())), ("application.decided", decided))
    for place, (type_, data) in enumerate(said, 1):
        signed = letter(house.keys[ZAOYANG], type_, number, data, now(), place)
        await house.parts.inbox.store(ZAOYANG, *signed, door="rest")
    for _ in range(200):
        shown = (await house.call("GET", f"applications/{number}"))[1]
        if shown["state"] == "DECIDED":
            return dict(shown)
        await asyncio.sleep(0.05)
    raise AssertionError("not decided")


async def test_each_file_of_a_case_says_whether_it_was_looked_at(house: House) -> None:
    async with clamd() as fake:
        files = [
            await put(house, content, guard)
            for content, guard in ((b"1", Guard(fake.address)), (b"2", Guard(NOWHERE)), (b"3", Guard()))
        ]
        paper = await put(house, b"4", Guard(fake.address), "zaoyang")
    status, filed, _ = await house.call("POST", "applications", json=body(*files), headers=KEY)
    assert (status, filed.get("errors", [])) == (201, [])
    shown = await is_decided(house, filed["number"], paper)
    given = [one["attachment"] for one in shown["materials"] if one["attachment"]]
    assert [one["scanned"] for one in given] == [True, False, False]
    assert [one["scanned"] for one in shown["result"]["documents"]] == [True]
    assert [one["scanned"] for one in shown["legs"][0]["result"]["documents"]] == [True]
    assert holds("Application", filed) == holds("Result", shown["result"]) == []
    assert [holds("Attachment", one) for one in given] == [[], [], []]
    assert holds("Attachment", {**paper, "scanned": "yes"}) == ["scanned type"]


async def test_filing_and_the_list_look_nothing_up_and_say_nothing_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(sha256s: object) -> set[str]:
        raise AssertionError("this costs a question to the database")

    file = await put(house, b"1", Guard())
    monkeypatch.setattr(house.parts.attachments, "scanned", nobody)
    status, filed, _ = await house.call("POST", "applications", json=body(file), headers=KEY)
    assert (status, filed["materials"][0]["attachment"]) == (201, file)
    urged, _, _ = await house.call("POST", f"applications/{filed['number']}/urges", json={"text": "请尽快办理"})
    listed, _, _ = await house.call("GET", "applications")
    assert (urged, listed) == (200, 200)


def test_the_answer_that_was_given_stays_as_it_is() -> None:
    file = {"sha256": "9f" * 32, "size": 1, "name": "a.pdf", "media_type": "application/pdf"}
    paper = {"sha256": "8e" * 32, "number": "SJ1", "attachment": None}  # the digest of a paper's content is no file's
    given = {"materials": [{"attachment": file}, {"attachment": None}], "result": None, "papers": [paper]}
    assert scanned_shown.digests(given) == {"9f" * 32}
    told = scanned_shown.marked(given, {"9f" * 32})
    assert told["materials"] == [{"attachment": {**file, "scanned": True}}, {"attachment": None}]
    assert told["papers"] == [paper]
    assert "scanned" not in str(given)
