"""The file room: what is let in, how it lies on disk, who may read it, and what faults leave behind."""

import asyncio
import fcntl
import hashlib
import io
import os
import random
import resource
import zipfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.attachments import mentions, vault
from gateway.attachments.errors import Damaged, NotFound, StoreFull, TooLarge, WrongType
from gateway.attachments.kinds import judge
from gateway.attachments.look import Look
from gateway.attachments.names import clean
from gateway.attachments.store import AttachmentStore
from gateway.attachments.tables import Attachment, Mention
from messaging.key_ring import KeyRing
from messaging.tables import DataKey
from messaging.unit_of_work import Connection, finish, run_tx
from tests.gateway.one_database import Clock, database, key_ring

SUIXIAN, ZAOYANG, TONGBAI = "421321", "420683", "411330"
CASE, OTHER_CASE = "421321202611242000001G", "421321202611242000002E"
SCAN = b"%PDF-1.7\n" + "身份证扫描件".encode() + b"\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def noise(size: int, seed: int = 1) -> bytes:
    """A PDF of that size, the same one for the same seed."""
    return b"%PDF-1.7\n" + random.Random(seed).randbytes(size - 9)


async def pieces(content: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "content of " + name)
    return out.getvalue()


def compound(*parts: str) -> bytes:
    names = b"".join(f"{part}\0".encode("utf-16-le").ljust(128, b"\0") for part in parts)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> KeyRing:
    return key_ring()


@pytest_asyncio.fixture
async def store(tmp_path: Path, keys: KeyRing, clock: Clock) -> AsyncIterator[AttachmentStore]:
    async with database(tmp_path, "gateway.attachments.tables", "messaging.tables"):
        opened = AttachmentStore(tmp_path, keys, clock, home=SUIXIAN)
        await opened.start()
        yield opened


async def put(
    store: AttachmentStore, content: bytes = SCAN, by: str = SUIXIAN, name: str = "身份证.pdf", **more: Any
) -> tuple[dict[str, Any], bool]:
    return await store.put(by, "zhangsan", pieces(content), name, "application/pdf", **more)


async def content_of(store: AttachmentStore, sha256: str, by: str = SUIXIAN) -> bytes:
    _, stream = await store.open(sha256, by)
    return b"".join([piece async for piece in stream])


async def case_key(keys: KeyRing, clock: Clock) -> int:
    key = keys.make(clock())
    await key.save(force_create=True)
    return int(key.id)


async def mention(store: AttachmentStore, sha256: str, key_id: int, allowed: str = ZAOYANG, number: str = CASE) -> None:
    await run_tx(lambda connection: store.mention(connection, sha256, number, allowed, key_id))


async def destroy(keys: KeyRing, clock: Clock, key_id: int) -> None:
    await run_tx(lambda connection: keys.destroy(key_id, clock(), connection))


async def known(store: AttachmentStore, sha256s: Iterable[str], by: str) -> dict[str, Any]:
    return await run_tx(lambda connection: store.known(connection, set(sha256s), by))


def files_under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def on_disk(folder: Path) -> list[Path]:
    return files_under(folder / "attachments")


async def test_a_file_comes_back_bit_for_bit_to_those_who_put_it(store: AttachmentStore) -> None:
    told, created = await put(store)
    assert created
    assert told == {
        "sha256": hashlib.sha256(SCAN).hexdigest(),
        "size": len(SCAN),
        "name": "身份证.pdf",
        "media_type": "application/pdf",
    }
    assert await content_of(store, told["sha256"]) == SCAN
    kept, stream = await store.open(told["sha256"], SUIXIAN)
    assert kept.to_json() == told
    assert [piece async for piece in stream] == [SCAN]


@pytest.mark.parametrize("size", [10, vault.CHUNK - 1, vault.CHUNK, vault.CHUNK + 1, 3 * vault.CHUNK, 2_500_000])
async def test_every_size_around_the_chunks_survives(store: AttachmentStore, size: int) -> None:
    content = noise(size)
    told, _ = await put(store, content)
    assert await content_of(store, told["sha256"]) == content


async def test_pieces_of_any_size_make_the_same_file(store: AttachmentStore) -> None:
    content = noise(vault.CHUNK + 77_777)
    told, _ = await store.put(SUIXIAN, "zhangsan", pieces(content, 999), "a.pdf", "application/pdf")
    again, created = await store.put(SUIXIAN, "zhangsan", pieces(content, 10**7), "a.pdf", "application/pdf")
    assert (again, created) == (told, False)
    assert await content_of(store, told["sha256"]) == content


async def test_nothing_readable_lies_on_the_disk(store: AttachmentStore, tmp_path: Path) -> None:
    await put(store)
    assert len(on_disk(tmp_path)) == 1
    assert [path for path in files_under(tmp_path) if "身份证扫描件".encode() in path.read_bytes()] == []
    assert on_disk(tmp_path)[0].stat().st_mode & 0o077 == 0


async def test_the_same_bytes_again_are_told_as_known_and_kept_once(store: AttachmentStore, tmp_path: Path) -> None:
    told, _ = await put(store)
    assert await put(store, name="又一份.pdf") == (told, False)
    assert len(on_disk(tmp_path)) == 1
    assert await put(store, by=ZAOYANG, name="身份证.pdf") == (told, True)
    assert len(on_disk(tmp_path)) == 2
    assert await DataKey.all().count() == 2


async def test_the_same_bytes_at_the_same_time_end_in_one_file(store: AttachmentStore, tmp_path: Path) -> None:
    content = noise(300_000)
    answers = await asyncio.gather(*(put(store, content) for _ in range(8)))
    assert sorted(created for _, created in answers) == [False] * 7 + [True]
    assert len({told["sha256"] for told, _ in answers}) == 1
    assert len(on_disk(tmp_path)) == 1
    assert await content_of(store, answers[0][0]["sha256"]) == content


async def test_a_file_above_the_limit_is_refused_and_leaves_nothing(store: AttachmentStore, tmp_path: Path) -> None:
    content = noise(3 * vault.CHUNK)
    with pytest.raises(TooLarge) as refused:
        await put(store, content, limit=len(content) - 1)
    assert refused.value.limit == len(content) - 1
    assert on_disk(tmp_path) == []
    assert await Attachment.all().count() == 0
    assert (await put(store, content, limit=len(content)))[1]


async def test_a_full_disk_is_told_and_leaves_nothing(store: AttachmentStore, tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the kernel refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (vault.CHUNK * 2, before[1]))
    try:
        with pytest.raises(StoreFull):
            await put(store, noise(3 * vault.CHUNK + 5))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert on_disk(tmp_path) == []
    assert (await put(store, noise(3 * vault.CHUNK + 5)))[1]


async def test_an_upload_that_breaks_off_leaves_nothing(store: AttachmentStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield noise(2 * vault.CHUNK)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(SUIXIAN, "zhangsan", broken(), "a.pdf", "application/pdf")
    assert on_disk(tmp_path) == []


@pytest.mark.parametrize("steps", [*range(12), 20, 30, 50, 80])
async def test_a_cancelled_upload_is_there_or_not_there_but_never_half(
    store: AttachmentStore, tmp_path: Path, steps: int
) -> None:
    content = noise(2 * vault.CHUNK + 9)
    task = asyncio.create_task(put(store, content))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(100):
        await finish()
        if not list((tmp_path / "attachments" / "drafts").glob("*")):
            break
        await asyncio.sleep(0.02)
    assert (await put(store, content))[0]["size"] == len(content)
    assert len(on_disk(tmp_path)) == await Attachment.all().count() == 1
    assert await content_of(store, hashlib.sha256(content).hexdigest()) == content


async def test_a_start_removes_what_a_killed_process_left_but_not_a_growing_draft(
    store: AttachmentStore, tmp_path: Path
) -> None:
    drafts = tmp_path / "attachments" / "drafts"
    drafts.mkdir(exist_ok=True)
    (drafts / "1.part").write_bytes(b"left behind")
    growing = (drafts / "2.part").open("wb")
    fcntl.flock(growing, fcntl.LOCK_EX)
    await store.start()
    assert [path.name for path in on_disk(tmp_path)] == ["2.part"]
    growing.close()
    await store.start()
    assert on_disk(tmp_path) == []


async def test_sweeping_removes_only_files_that_no_row_names(
    store: AttachmentStore, tmp_path: Path, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    await mention(store, told["sha256"], await case_key(keys, clock))
    orphan = tmp_path / "attachments" / "ab" / "cd" / f"{'abcd' * 16}.7"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    assert await store.sweep() == 0
    os.utime(orphan, (1, 1))
    assert await store.sweep() == 1
    assert await store.sweep(older_than=-1) == 0
    assert await content_of(store, told["sha256"], ZAOYANG) == SCAN


async def sealed_file(store: AttachmentStore, tmp_path: Path) -> tuple[str, Path, list[bytes]]:
    """A file of three chunks: its digest, where it lies, and its records."""
    told, _ = await put(store, noise(2 * vault.CHUNK + 9))
    (path,) = on_disk(tmp_path)
    raw, records = path.read_bytes(), []
    while raw:
        end = 4 + int.from_bytes(raw[:4], "big")
        records.append(raw[:end])
        raw = raw[end:]
    assert len(records) == 3
    return told["sha256"], path, records


@pytest.mark.parametrize(
    ("what", "order"),
    [
        ("cut after a chunk", [0, 1]),
        ("only the first", [0]),
        ("chunks in another order", [1, 0, 2]),
        ("a chunk twice", [0, 1, 1, 2]),
        ("a chunk left out", [0, 2]),
        ("the end repeated", [0, 1, 2, 2]),
        ("nothing", []),
    ],
)
async def test_a_file_whose_chunks_were_moved_does_not_open(
    store: AttachmentStore, tmp_path: Path, what: str, order: list[int]
) -> None:
    sha256, path, records = await sealed_file(store, tmp_path)
    path.write_bytes(b"".join(records[place] for place in order))
    with pytest.raises(Damaged):
        await content_of(store, sha256)


async def test_a_file_that_was_changed_cut_or_swapped_does_not_open(store: AttachmentStore, tmp_path: Path) -> None:
    sha256, path, records = await sealed_file(store, tmp_path)
    whole = b"".join(records)
    for changed in (whole[:-1], whole[:5] + bytes([whole[5] ^ 1]) + whole[6:], whole + b"x", b"\xff" * 8):
        path.write_bytes(changed)
        with pytest.raises(Damaged):
            await content_of(store, sha256)
    path.write_bytes(whole)
    assert hashlib.sha256(await content_of(store, sha256)).hexdigest() == sha256
    path.unlink()
    with pytest.raises(Damaged):
        await store.open(sha256, SUIXIAN)
    assert (await put(store, noise(2 * vault.CHUNK + 9)))[1]
    assert hashlib.sha256(await content_of(store, sha256)).hexdigest() == sha256


async def test_a_file_is_read_by_its_owner_and_by_those_to_whom_a_message_names_it(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    sha256 = told["sha256"]
    for stranger in (ZAOYANG, TONGBAI):
        with pytest.raises(NotFound):
            await store.open(sha256, stranger)
    await mention(store, sha256, await case_key(keys, clock))
    assert await content_of(store, sha256, ZAOYANG) == SCAN
    with pytest.raises(NotFound):
        await store.open(sha256, TONGBAI)
    with pytest.raises(NotFound):
        await store.open("0" * 64, SUIXIAN)
    assert await known(store, [sha256, "0" * 64], ZAOYANG) == {sha256: told}
    assert await known(store, [sha256], SUIXIAN) == {sha256: told}
    assert await known(store, [sha256], TONGBAI) == {}


async def test_a_closed_case_lets_partners_read_for_a_while_and_home_for_good(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store, by=ZAOYANG)
    key_id = await case_key(keys, clock)
    for allowed in (SUIXIAN, TONGBAI):
        await mention(store, told["sha256"], key_id, allowed)
    end = clock.at
    clock.forward(days=-30)
    await store.release(CASE, end)
    assert await content_of(store, told["sha256"], TONGBAI) == SCAN
    clock.forward(days=30)
    with pytest.raises(NotFound):
        await store.open(told["sha256"], TONGBAI)
    assert await content_of(store, told["sha256"], SUIXIAN) == SCAN
    assert await content_of(store, told["sha256"], ZAOYANG) == SCAN


async def test_a_release_inside_a_transaction_takes_its_connection(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    await mention(store, told["sha256"], await case_key(keys, clock))
    async with asyncio.timeout(5):
        await run_tx(lambda connection: store.release(CASE, clock(), connection))
    with pytest.raises(NotFound):
        await store.open(told["sha256"], ZAOYANG)


async def test_missing_are_files_that_the_sender_neither_put_nor_may_read(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    other, _ = await put(store, PNG, ZAOYANG, "结果.png")
    digests = {told["sha256"], other["sha256"], "0" * 64}
    assert await run_tx(lambda c: store.missing(c, digests, ZAOYANG)) == {told["sha256"], "0" * 64}
    await mention(store, told["sha256"], await case_key(keys, clock))
    assert await run_tx(lambda c: store.missing(c, digests, ZAOYANG)) == {"0" * 64}
    assert await run_tx(lambda c: store.missing(c, set(), ZAOYANG)) == set()


async def test_the_case_keeps_the_file_when_the_uploads_key_is_destroyed(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    content = noise(vault.CHUNK + 5)
    told, _ = await put(store, content)
    key_id = await case_key(keys, clock)
    await mention(store, told["sha256"], key_id)
    await destroy(keys, clock, (await Attachment.get()).key_id)
    with pytest.raises(NotFound):
        await store.open(told["sha256"], SUIXIAN)
    assert await content_of(store, told["sha256"], ZAOYANG) == content
    await mention(store, told["sha256"], key_id, TONGBAI)
    assert await content_of(store, told["sha256"], TONGBAI) == content
    await destroy(keys, clock, key_id)
    for everybody in (SUIXIAN, ZAOYANG, TONGBAI):
        with pytest.raises(NotFound):
            await store.open(told["sha256"], everybody)
        assert await known(store, [told["sha256"]], everybody) == {}


async def test_a_destroyed_case_key_takes_the_partners_way_even_while_the_upload_lives(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    key_id = await case_key(keys, clock)
    await mention(store, told["sha256"], key_id)
    await destroy(keys, clock, key_id)
    with pytest.raises(NotFound):
        await store.open(told["sha256"], ZAOYANG)
    assert await content_of(store, told["sha256"]) == SCAN


async def test_what_was_destroyed_may_be_put_again_and_old_cases_still_read_theirs(
    store: AttachmentStore, keys: KeyRing, clock: Clock, tmp_path: Path
) -> None:
    told, _ = await put(store)
    await mention(store, told["sha256"], await case_key(keys, clock))
    await destroy(keys, clock, (await Attachment.get()).key_id)
    assert await put(store) == (told, True)
    assert await content_of(store, told["sha256"]) == SCAN
    assert await content_of(store, told["sha256"], ZAOYANG) == SCAN
    assert len(on_disk(tmp_path)) == 2
    assert await store.sweep(older_than=-1) == 0


async def test_forgetting_a_case_spares_files_that_another_case_names(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    shared, _ = await put(store)
    single, _ = await put(store, PNG, name="照片.png")
    first, second = await case_key(keys, clock), await case_key(keys, clock)
    for sha256 in (shared["sha256"], single["sha256"]):
        await mention(store, sha256, first)
    await mention(store, shared["sha256"], second, number=OTHER_CASE)

    async def end(connection: Connection) -> None:
        await store.forget(connection, CASE)
        await keys.destroy(first, clock(), connection)

    await run_tx(end)
    assert await known(store, [shared["sha256"], single["sha256"]], SUIXIAN) == {shared["sha256"]: shared}
    assert await content_of(store, shared["sha256"], ZAOYANG) == SCAN
    with pytest.raises(NotFound):
        await store.open(single["sha256"], ZAOYANG)


async def test_a_mention_is_kept_once_and_only_for_a_file_that_is_here(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    key_id = await case_key(keys, clock)
    for _ in range(2):
        await mention(store, told["sha256"], key_id)
    assert await Mention.all().count() == 1
    with pytest.raises(NotFound):
        await mention(store, "0" * 64, key_id)
    assert await Mention.all().count() == 1
    wanted = [(told["sha256"], CASE, TONGBAI, key_id), (told["sha256"], OTHER_CASE, TONGBAI, key_id)]
    await run_tx(lambda connection: store.mention_all(connection, [*wanted, *wanted]))
    assert await Mention.all().count() == 3


async def test_a_wrapped_key_cannot_be_moved_to_another_jurisdictions_row(
    store: AttachmentStore, keys: KeyRing, clock: Clock
) -> None:
    told, _ = await put(store)
    key_id = await case_key(keys, clock)
    await mention(store, told["sha256"], key_id)
    await Mention.all().update(allowed=TONGBAI)
    with pytest.raises(Exception, match="tampered"):
        await run_tx(lambda connection: mentions.way_to(connection, keys, told["sha256"], TONGBAI, clock()))


def looked_at(content: bytes, piece: int = 1000) -> Look:
    look = Look()
    for start in range(0, len(content), piece):
        look.feed(content[start : start + piece])
    return look


BITMAP = (
    b"BM"
    + (1000).to_bytes(4, "little")
    + b"\0" * 4
    + (54).to_bytes(4, "little")
    + (40).to_bytes(4, "little")
    + b"\xff" * 40
)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (SCAN, "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        (b"II*\0" + b"\x80" * 20, "image/tiff"),
        (b"MM\0*" + b"\x80" * 20, "image/tiff"),
        (BITMAP, "image/bmp"),
        (package("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        (package("Doc_0/Document.xml", "OFD.xml"), "application/ofd"),
        (
            package("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            package("xl/workbook.xml", "[Content_Types].xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (compound("Root Entry", "WordDocument"), "application/msword"),
        (compound("Root Entry", "Workbook"), "application/vnd.ms-excel"),
    ],
)
def test_content_decides_whatever_is_declared(content: bytes, media_type: str) -> None:
    for piece in (7, 1000, 10**6):
        assert judge(looked_at(content, piece), "扫描件.jpg", "image/jpeg").media_type == media_type
    assert judge(looked_at(content), "扫描件", "").media_type == media_type


@pytest.mark.parametrize("text", ["说明：无", "说明：无".encode("gb18030"), "﻿说明", "a\tb\r\n"])
def test_plain_text_is_let_in_as_what_it_is(text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    for piece in (1, 1000):
        for declared in ("text/plain; charset=GBK", "", "application/octet-stream"):
            assert judge(looked_at(content, piece), "说明.txt", declared).media_type == "text/plain"


@pytest.mark.parametrize(
    ("content", "name", "declared", "reason"),
    [
        (b"", "a.pdf", "application/pdf", "empty"),
        (b"MZ\x90\0" + b"\0" * 60, "身份证.pdf", "application/pdf", "dangerous"),
        (b"\x7fELF" + b"\0" * 60, "身份证.pdf", "application/pdf", "dangerous"),
        (b"#!/bin/sh\nrm -rf /\n", "说明.txt", "text/plain", "dangerous"),
        (b"  <HTML><script>alert(1)</script>", "说明.txt", "text/plain", "dangerous"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "图.png", "image/png", "dangerous"),
        (SCAN, "身份证.pdf.exe", "application/pdf", "dangerous"),
        (SCAN, "身份证.HTML", "application/pdf", "dangerous"),
        (b"Rar!\x1a\x07\0", "材料.pdf", "application/pdf", "dangerous"),
        (package("a.txt"), "材料.pdf", "application/pdf", "dangerous"),
        (package("a.txt"), "材料.zip", "application/zip", "dangerous"),
        (package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx", "", "macros"),
        (compound("WordDocument", "_VBA_PROJECT"), "a.doc", "application/msword", "macros"),
        (compound("SummaryInformation"), "a.doc", "application/msword", "not_allowed"),
        (b"GIF89a" + b"\0" * 20, "a.png", "image/png", "not_allowed"),
        (b"\0" * 50, "a.pdf", "application/pdf", "not_allowed"),
        (b"BM this is a letter\0", "a.bmp", "image/bmp", "not_allowed"),
        (b"404 not found", "身份证.pdf", "application/pdf", "differs"),
        (b"404 not found", "身份证.pdf", "", "differs"),
        (b"404 not found", "身份证", "image/png", "differs"),
        (b"a,b", "a", "text/csv", "not_allowed"),
        ("说明".encode() + b"\0", "说明.txt", "text/plain", "not_allowed"),
    ],
)
async def test_what_may_not_be_put_is_refused_with_a_reason(
    store: AttachmentStore, tmp_path: Path, content: bytes, name: str, declared: str, reason: str
) -> None:
    with pytest.raises(WrongType) as refused:
        await store.put(SUIXIAN, "zhangsan", pieces(content), name, declared)
    assert refused.value.reason == reason
    assert "{" not in refused.value.text
    assert on_disk(tmp_path) == []


def test_a_look_never_keeps_the_whole_file() -> None:
    look = looked_at(noise(5_000_000), 100_000)
    assert look.size == 5_000_000
    assert len(look.head) + len(look._tail) + len(look._edge) < 300_000


def test_a_package_with_a_broken_table_of_contents_is_refused() -> None:
    whole = package("OFD.xml", *(f"Doc_0/{number}.xml" for number in range(50)))
    for broken in (whole[:-30], whole[:-22] + whole[-22:].replace(b"PK", b"XX"), b"PK\x03\x04" + b"\0" * 100):
        with pytest.raises(WrongType):
            judge(looked_at(broken), "a.ofd", "application/ofd")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("身份证 正面.pdf", "身份证 正面.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\张三\桌面\扫描.jpg", "扫描.jpg"),
        ("a\u202egpj.pdf", "agpj.pdf"),
        ("a\x00b\r\nc\u200b.pdf", "ab c.pdf"),
        ("  .hidden.pdf. ", "hidden.pdf"),
        ("<b>.pdf", "_b_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("lpt1", "_lpt1"),
        ("..", "附件.pdf"),
        ("", "附件.pdf"),
        ("\ud800.pdf", "pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("𠮷.pdf", "𠮷.pdf"),
    ],
)
def test_names_are_made_safe(given: str, safe: str) -> None:
    assert clean(given, "pdf") == safe


def test_long_names_are_cut_to_255_bytes_and_keep_their_extension() -> None:
    name = clean("户口簿" * 100 + ".pdf", "pdf")
    assert 250 < len(name.encode()) <= 255
    assert name.endswith("户.pdf") or name.endswith("口.pdf") or name.endswith("簿.pdf")
    assert len(clean("a" * 300 + "." + "b" * 300, "pdf").encode()) == 255
