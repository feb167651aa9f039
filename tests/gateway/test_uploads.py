"""Files in parts and files with viruses: what is resumed, what is refused, what is taken and marked."""

import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.attachments import uploads as rules
from gateway.attachments.clamd import Guard
from gateway.attachments.errors import (
    NoSuchUpload,
    NotScanned,
    OtherContent,
    TooLarge,
    TooManyUploads,
    WrongOffset,
    WrongType,
)
from gateway.attachments.store import AttachmentStore
from gateway.attachments.tables import Attachment, Upload
from gateway.attachments.uploads import PART, Uploads
from messaging.tables import DataKey
from tests.gateway.one_database import Clock, database, key_ring
from tests.services.fake_clamd import NAME, VIRUS, clamd

HOME, ZHANG, LI = "421321", "zhangsan", "lisi"
SCAN = b"%PDF-1.7\n" + random.Random(7).randbytes(2 * PART + 1000)
SHA256 = hashlib.sha256(SCAN).hexdigest()


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


async def broken(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise ConnectionResetError


class Desk:
    """A store with its uploads, and what was written down of refused files."""

    def __init__(self, folder: Path, guard: Guard | None = None) -> None:
        self.clock, self.folder, self.refused = Clock(), folder, list[tuple[str, str, str]]()
        keys = key_ring()

        async def refused(who: str, sha256: str, found: str) -> None:
            self.refused.append((who, sha256, found))

        self.store = AttachmentStore(folder, keys, self.clock, home=HOME, guard=guard, refused=refused)
        self.uploads = Uploads(folder, self.store, keys, self.clock)

    async def begin(self, size: int = len(SCAN), by: str = ZHANG) -> str:
        told = await self.uploads.begin(HOME, by, "扫描件.pdf", "application/pdf", size)
        return str(told["id"])

    async def add(self, id_: str, start: int, end: int, by: str = ZHANG) -> int:
        told = await self.uploads.add(HOME, by, id_, start, pieces(SCAN[start:end]))
        return int(told["offset"])

    async def put(self, content: bytes) -> dict[str, Any]:
        kept, _ = await self.store.put(HOME, ZHANG, pieces(content), "扫描件.pdf", "application/pdf")
        return kept

    def parts(self) -> list[Path]:
        return [path for path in (self.folder / "attachments" / "uploads").rglob("*") if path.is_file()]


@asynccontextmanager
async def desk(folder: Path, guard: Guard | None = None) -> AsyncIterator[Desk]:
    async with database(folder, "gateway.attachments.tables", "messaging.tables"):
        made = Desk(folder, guard)
        await made.store.start()
        yield made


async def test_a_file_in_parts_is_resumed_where_the_line_broke_and_kept_as_the_file_that_it_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        id_ = await room.begin()
        assert await room.add(id_, 0, PART) == PART
        with pytest.raises(ConnectionResetError):
            await room.uploads.add(HOME, ZHANG, id_, PART, broken(SCAN[PART : PART + 100]))
        assert (await room.uploads.where(HOME, ZHANG, id_))["offset"] == PART  # half a part counts for nothing
        with pytest.raises(WrongOffset) as wrong:
            await room.add(id_, 0, PART)
        assert wrong.value.offset == PART
        with pytest.raises(WrongOffset):  # not all of it is here
            await room.uploads.finish(HOME, ZHANG, id_, SHA256)
        assert await room.add(id_, PART, 2 * PART) == 2 * PART
        with pytest.raises(TooLarge):  # more than was announced
            await room.uploads.add(HOME, ZHANG, id_, 2 * PART, pieces(b"x" * 1010))
        assert await room.add(id_, 2 * PART, len(SCAN)) == len(SCAN)
        assert all(b"%PDF" not in path.read_bytes() for path in room.parts())  # sealed at rest
        with pytest.raises(NoSuchUpload):
            await room.uploads.where(HOME, LI, id_)
        with pytest.raises(OtherContent):
            await room.uploads.finish(HOME, ZHANG, id_, "0" * 64)
        assert await Attachment.all().count() == 0

        kept, created = await room.uploads.finish(HOME, ZHANG, id_, SHA256)
        assert (kept["sha256"], kept["size"], kept["media_type"], created) == (
            SHA256,
            len(SCAN),
            "application/pdf",
            True,
        )
        assert (await room.uploads.finish(HOME, ZHANG, id_, SHA256))[0] == kept  # the answer was lost: asked again
        assert room.parts() == []
        _, stored = await room.store.open(SHA256, HOME)
        assert b"".join([piece async for piece in stored]) == SCAN


async def test_unfinished_uploads_are_few_and_end_after_a_day_with_their_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 2)
    async with desk(tmp_path) as room:
        id_ = await room.begin()
        await room.begin()
        with pytest.raises(TooManyUploads):
            await room.begin()
        other = await room.begin(by=LI)
        await room.uploads.drop(HOME, LI, other)
        for size in (0, 50 * 1024 * 1024 + 1):
            with pytest.raises(TooLarge):
                await room.begin(size)
        await room.add(id_, 0, PART)
        row = await Upload.get(id=id_)

        room.clock.forward(hours=25)
        with pytest.raises(NoSuchUpload):
            await room.add(id_, PART, 2 * PART)
        assert await room.uploads.sweep() == 2
        assert room.parts() == []
        assert (await Upload.all().count(), (await DataKey.get(id=row.key_id)).wrapped) == (0, None)


async def test_two_senders_of_the_same_part_leave_one_and_a_folder_that_no_row_names_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path) as room:
        id_ = await room.begin()
        stale = await Upload.get(id=id_)  # what another request has read before
        await room.add(id_, 0, PART)
        with pytest.raises(WrongOffset) as late:
            await room.uploads._add(stale, 0, b"late")
        assert (late.value.offset, len(room.parts())) == (PART, 1)

        def killed(point: str) -> None:
            raise SystemError(point)

        with monkeypatch.context() as patch:  # after the part was written, before its row
            patch.setattr(rules, "fault", killed)
            with pytest.raises(SystemError):
                await room.add(id_, PART, 2 * PART)
        assert (await room.uploads.where(HOME, ZHANG, id_))["offset"] == PART
        assert await room.add(id_, PART, 2 * PART) == 2 * PART
        assert len(room.parts()) == 3  # one that no row names: it goes with the upload

        orphan = tmp_path / "attachments" / "uploads" / "killed"
        orphan.mkdir()
        (orphan / "part").write_bytes(b"sealed")
        monkeypatch.setattr(rules, "SWEPT_AFTER", -1.0)
        await room.uploads.sweep()
        assert (orphan.exists(), len(room.parts())) == (False, 3)
        await room.add(id_, 2 * PART, len(SCAN))
        await room.uploads.finish(HOME, ZHANG, id_, None)
        assert room.parts() == []


async def test_clamd_sees_each_file_and_what_it_finds_is_refused_and_written_down(tmp_path: Path) -> None:
    async with clamd() as fake, desk(tmp_path, Guard(fake.address)) as room:
        clean = await room.put(SCAN)
        assert fake.seen == [len(SCAN)]
        sick = b"%PDF-1.7\n" + VIRUS
        with pytest.raises(WrongType) as found:
            await room.put(sick)
        assert (found.value.reason, found.value.found) == ("infected", NAME)
        assert "病毒" in found.value.text
        assert room.refused == [(f"{HOME}:{ZHANG}", hashlib.sha256(sick).hexdigest(), NAME)]
        rows = await Attachment.all()
        assert [(row.sha256, row.scanned) for row in rows] == [(clean["sha256"], "clean")]
        with pytest.raises(WrongType):  # what is no paper never comes to clamd's verdict
            await room.put(b"MZ")


async def test_without_clamd_a_file_is_marked_or_refused_as_the_house_decides(tmp_path: Path) -> None:
    nowhere = "127.0.0.1:1"
    async with desk(tmp_path, Guard(nowhere)) as room:
        kept = await room.put(SCAN)
        assert await room.store.unscanned([kept["sha256"]]) == {kept["sha256"]}
        assert await room.store.scanned([kept["sha256"]]) == set()
        async with clamd() as fake:
            again = AttachmentStore(tmp_path, key_ring(), room.clock, home=HOME, guard=Guard(fake.address))
            await again.put(HOME, ZHANG, pieces(SCAN), "扫描件.pdf", "application/pdf")
            assert await room.store.unscanned([kept["sha256"]]) == set()  # now somebody has looked at it
            assert await room.store.scanned([kept["sha256"], "0" * 64]) == {kept["sha256"]}
        async with clamd(most=1000) as small:  # too large for this clamd: it hangs up
            strict = AttachmentStore(
                tmp_path, key_ring(), room.clock, home=HOME, guard=Guard(small.address, required=True)
            )
            with pytest.raises(NotScanned):
                await strict.put(HOME, ZHANG, pieces(SCAN + b"1"), "扫描件.pdf", "application/pdf")
            assert (await strict.put(HOME, ZHANG, pieces(b"%PDF-1.7\n"), "小.pdf", "application/pdf"))[1]
    assert Guard().required is False
