"""Files over the API: in as they stream, out to those to whom a case names them."""

import gzip
import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

from tests.gateway.api.conftest import House
from tests.gateway.api.people import MATTER, answers

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NAME = {
    "Content-Type": "application/pdf",
    "Content-Disposition": "attachment; filename*=UTF-8''%E8%BA%AB%E4%BB%BD%E8%AF%81.pdf",
}


async def test_a_file_is_kept_once(house: House) -> None:
    status, kept, _ = await house.call("PUT", "attachments", data=PDF, headers=NAME)
    digest = hashlib.sha256(PDF).hexdigest()
    assert (status, kept) == (
        201,
        {"sha256": digest, "size": len(PDF), "name": "身份证.pdf", "media_type": "application/pdf"},
    )
    assert (await house.call("PUT", "attachments", data=PDF, headers=NAME))[:2] == (200, kept)
    status, body, headers = await house.call("GET", f"attachments/{digest}")
    assert (status, body) == (200, PDF)
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert "sandbox" in headers["Content-Security-Policy"]


async def test_a_file_is_read_by_the_handler_to_whom_the_case_names_it_and_by_no_other(house: House) -> None:
    _, kept, _ = await house.call("PUT", "attachments", data=PDF, headers=NAME)
    path = f"attachments/{kept['sha256']}"
    assert (await house.call("GET", path, "zaoyang"))[0] == 404
    document = answers()
    document["materials"][0] |= {"source": "扫描上传", "pages": 1, "sm3": "0" * 64}
    document["materials"][0].pop("certId")
    body = {"matter": MATTER, "answers": document, "attachments": [{"material": "M01", "sha256": kept["sha256"]}]}
    status, told, _ = await house.call("POST", "applications", json=body, headers={"Idempotency-Key": "k"})
    assert (status, told.get("errors", [])) == (201, [])
    assert (await house.call("GET", path, "zaoyang"))[:2] == (200, PDF)
    status, problem, _ = await house.call("GET", path, "jingshan")
    assert (status, problem["type"]) == (404, "/problems/not-found")


UNKNOWN: list[Any] = ["attachments/" + "0" * 64, "attachments/x", "attachments/..%2f..%2fetc"]


async def test_an_unknown_file_is_not_found(house: House) -> None:
    for path in UNKNOWN:
        assert (await house.call("GET", path))[0] == 404


NO_PAPERS: list[Any] = [
    (b"MZ" + b"\0" * 100, {"Content-Type": "application/pdf"}),
    (b"<html><script>alert(1)</script>", {"Content-Type": "text/plain"}),
    (b"", {"Content-Type": "application/pdf"}),
    (PDF, {**NAME, "Content-Disposition": "attachment; filename=run.exe"}),
]


async def test_what_is_not_a_paper_is_refused_by_its_content(house: House) -> None:
    for body, headers in NO_PAPERS:
        status, problem, _ = await house.call("PUT", "attachments", data=body, headers=headers)
        assert (status, problem["type"]) == (415, "/problems/media-type")
        assert problem["errors"][0]["code"] in {"dangerous", "empty", "differs", "not_allowed"}


async def test_a_packed_body_is_refused_unread(house: House) -> None:
    packed = gzip.compress(PDF + b"\0" * (4 << 20))
    headers = {**NAME, "Content-Encoding": "gzip"}
    status, problem, _ = await house.call("PUT", "attachments", data=packed, headers=headers)
    assert (status, problem["type"]) == (415, "/problems/media-type")


async def test_a_file_over_fifty_mebibytes_is_too_large_announced_or_not(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield PDF
        for _ in range(51):
            yield b"\0" * (1 << 20)

    status, problem, _ = await house.call("PUT", "attachments", data=endless(), headers=NAME)
    assert (status, problem["type"]) == (413, "/problems/too-large")
    announced = io.BytesIO(b"%PDF-" + b"\0" * (51 << 20))
    status, problem, _ = await house.call("PUT", "attachments", data=announced, headers=NAME)
    assert (status, problem["type"]) == (413, "/problems/too-large")


STRANGE_NAMES: list[Any] = ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd.pdf", "x\\y; ;;=", "attachment"]


async def test_a_strange_name_is_made_harmless(house: House) -> None:
    for disposition in STRANGE_NAMES:
        headers = {"Content-Type": "application/pdf", "Content-Disposition": disposition}
        status, kept, _ = await house.call("PUT", "attachments", data=PDF + disposition.encode(), headers=headers)
        assert status == 201
        assert "/" not in kept["name"]
        assert kept["name"].endswith(".pdf")
