"""Small pictures: what they look like, what is made to do harm, who may see them, and what is left behind."""

import asyncio
import io
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from gateway.attachments import drawing, thumbnails
from gateway.attachments.errors import NotFound
from gateway.attachments.store import AttachmentStore
from gateway.attachments.thumbnails import Thumbnails
from messaging.key_ring import KeyRing
from messaging.unit_of_work import run_tx
from tests.gateway.one_database import Clock, database, key_ring

SUIXIAN, ZAOYANG, TONGBAI = "421321", "420683", "411330"
CASE = "421321202611242000001G"
RED, WHITE = (255, 0, 0), (255, 255, 255)


def file(picture: Image.Image, format_: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **more)
    return out.getvalue()


def turned() -> Image.Exif:
    """The camera lay on its side: what is wide is to be shown high."""
    exif = Image.Exif()
    exif[274] = 6
    return exif


def png(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of that size."""
    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 4096)),
        (b"IEND", b""),
    ]
    chunks = [struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
              for name, body in parts]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def scans_without_end() -> bytes:
    """A progressive JPEG of 250 KB whose last layer comes thousands of times: minutes of work, little memory."""
    picture = file(Image.new("RGB", (4000, 4000), "white"), "JPEG", progressive=True)
    last = picture.rindex(b"\xff\xda")
    return picture[:last] + picture[last:-2] * 5000 + b"\xff\xd9"


def seen(drawn: bytes) -> tuple[tuple[int, int], Any]:
    """Size, and the colour in the middle to the nearest eighth."""
    picture = Image.open(io.BytesIO(drawn))
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    middle = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(middle, tuple)
    return picture.size, tuple(min(255, round(one / 32) * 32) for one in middle)


WIDE = Image.new("RGB", (1200, 600), RED)
LYING = Image.new("RGB", (200, 100), RED)
DRAWN: list[tuple[str, bytes, tuple[int, int], Any]] = [
    ("JPEG", file(WIDE, "JPEG"), (320, 160), RED),
    ("JPEG", file(WIDE, "JPEG", progressive=True), (320, 160), RED),
    ("JPEG", file(WIDE.convert("CMYK"), "JPEG"), (320, 160), RED),
    ("JPEG", file(WIDE, "JPEG", exif=turned()), (160, 320), RED),
    ("JPEG", file(WIDE, "MPO", save_all=True, append_images=[LYING]), (320, 160), RED),
    ("PNG", file(LYING, "PNG"), (200, 100), RED),  # never made larger
    ("PNG", file(LYING, "PNG", exif=turned()), (100, 200), RED),
    ("PNG", file(Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "PNG"), (320, 320), WHITE),
    ("PNG", file(Image.new("P", (400, 400)), "PNG", transparency=0), (320, 320), WHITE),
    ("PNG", file(Image.new("I;16", (400, 400), 32768), "PNG"), (320, 320), (128, 128, 128)),
    ("PNG", file(Image.effect_noise((900, 900), 50).convert("1"), "PNG"), (320, 320), None),
    ("BMP", file(WIDE, "BMP"), (320, 160), RED),
    ("TIFF", file(WIDE, "TIFF", compression="tiff_lzw"), (320, 160), RED),
    ("TIFF", file(WIDE, "TIFF", tiffinfo={274: 6}), (160, 320), RED),
    ("TIFF", file(Image.new("1", (1728, 2200), 1), "TIFF", compression="group4"), (251, 320), WHITE),
    ("TIFF", file(LYING, "TIFF", save_all=True, append_images=[WIDE, WIDE]), (200, 100), RED),  # its first page
]


@pytest.mark.parametrize(("format_", "content", "size", "middle"), DRAWN)
def test_a_picture_is_drawn_small_upright_and_on_white(
    format_: str, content: bytes, size: tuple[int, int], middle: Any
) -> None:
    drawn = drawing.draw(content, format_)
    assert seen(drawn)[0] == size
    assert middle is None or seen(drawn)[1] == middle
    assert len(drawn) < 40_000


def test_nothing_of_what_a_camera_wrote_about_itself_is_left() -> None:
    exif = Image.Exif()
    exif[271] = "Camera of 13000000001"
    assert b"13000000001" not in drawing.draw(file(WIDE, "JPEG", exif=exif), "JPEG")


def files_under(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
def keys() -> KeyRing:
    return key_ring()


@pytest_asyncio.fixture
async def store(tmp_path: Path, keys: KeyRing) -> AsyncIterator[AttachmentStore]:
    async with database(tmp_path, "gateway.attachments.tables", "messaging.tables"):
        opened = AttachmentStore(tmp_path, keys, Clock(), home=SUIXIAN)
        await opened.start()
        yield opened


async def put(store: AttachmentStore, content: bytes, name: str = "身份证.jpg", media_type: str = "image/jpeg") -> str:
    kept, _ = await store.put(SUIXIAN, "zhangsan", pieces(content), name, media_type)
    return str(kept["sha256"])


@pytest.mark.parametrize(("format_", "content", "size", "middle"), DRAWN)
async def test_the_program_of_its_own_draws_the_same(
    store: AttachmentStore, format_: str, content: bytes, size: tuple[int, int], middle: Any
) -> None:
    drawn = await Thumbnails(store).of(await put(store, content), SUIXIAN)
    assert drawn == drawing.draw(content, format_)


HARMFUL = [
    png(60_000, 60_000),  # 3,600 million pixels
    png(10_001, 10_000),  # a few more than are opened
    png(1000, 1000),  # cut short
    b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    b"\xff\xd8\xff" + b"\0" * 64,
    b"II*\0" + b"\xff" * 64,
]


@pytest.mark.parametrize("content", HARMFUL)
async def test_what_cannot_be_drawn_is_told_and_not_tried_again(store: AttachmentStore, content: bytes) -> None:
    small = Thumbnails(store)
    sha256 = await put(store, content)
    assert await small.of(sha256, SUIXIAN) is None
    assert small._kept == {sha256: None}


async def test_a_picture_that_would_take_minutes_is_given_up_and_others_go_on(
    store: AttachmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, begun = Thumbnails(store), time.monotonic()
    assert await small.of(await put(store, scans_without_end()), SUIXIAN) is None
    assert time.monotonic() - begun < thumbnails.WITHIN
    assert await small.of(await put(store, file(LYING, "PNG")), SUIXIAN) is not None
    monkeypatch.setattr(thumbnails, "WITHIN", 0.01)
    late = await put(store, file(WIDE, "PNG"))
    assert await small.of(late, SUIXIAN) is None
    monkeypatch.undo()
    assert await small.of(late, SUIXIAN) is not None  # a busy machine is nothing that a picture is blamed for


ASKS = """
import sys
sys.path.insert(0, {folder!r})
import drawing
drawing._bound()
for name, mode in (("/etc/hostname", "r"), ({left!r}, "w")):
    try:
        open(name, mode)
    except OSError as error:
        print(error.strerror)
try:
    bytearray(1 << 30)
except MemoryError:
    print("no memory")
"""


async def test_the_program_opens_and_writes_nothing_and_does_not_grow(tmp_path: Path) -> None:
    (asks := tmp_path / "asks.py").write_text(
        ASKS.format(folder=str(thumbnails.PROGRAM.parent), left=str(tmp_path / "left"))
    )
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", str(asks), stdout=pipe, env={})
    said = (await process.communicate())[0].decode().splitlines()
    assert said == ["Too many open files", "Too many open files", "no memory"]


async def test_the_program_is_told_no_secret(
    store: AttachmentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGBAN_SEALING_KEY", "secret")
    (program := tmp_path / "tells.py").write_text(
        "import os, sys\nsys.stdin.buffer.read()\nprint('told', *os.environ.values(), *sys.argv[1:])\n"
    )
    told = await Thumbnails(store, program).of(await put(store, file(LYING, "PNG")), SUIXIAN)
    assert told is not None
    assert (b"told" in told, b"secret" in told) == (True, False)


async def test_a_program_that_ends_before_it_has_read_all_is_no_error(store: AttachmentStore, tmp_path: Path) -> None:
    (program := tmp_path / "ends.py").write_text("raise SystemExit(1)\n")
    large = file(Image.effect_noise((3000, 1000), 50), "BMP")
    assert await Thumbnails(store, program).of(await put(store, large), SUIXIAN) is None


async def test_one_is_drawn_at_a_time_and_once_for_all_who_ask(store: AttachmentStore, tmp_path: Path) -> None:
    (log := tmp_path / "log").touch()
    program = tmp_path / "notes.py"
    program.write_text(
        f"import sys, time\nlog = open({str(log)!r}, 'a', buffering=1)\nlog.write('(')\nlog.flush()\n"
        "sys.stdin.buffer.read()\ntime.sleep(0.1)\nlog.write(')')\nlog.flush()\nsys.stdout.write('drawn')\n"
    )
    small = Thumbnails(store, program)
    files = [await put(store, file(Image.new("RGB", (20, 20 + n)), "PNG")) for n in range(3)]
    assert await asyncio.gather(*(small.of(one, SUIXIAN) for one in files * 3)) == [b"drawn"] * 9
    assert log.read_text() == "()()()"


async def test_only_the_last_used_are_kept_and_nothing_lies_on_the_disk(
    store: AttachmentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "MOST_KEPT", 2)
    small = Thumbnails(store)
    one, two, three = [await put(store, file(Image.new("RGB", (20, 20 + n)), "PNG")) for n in range(3)]
    before = files_under(tmp_path)
    for asked in (one, two, one, three):
        assert await small.of(asked, SUIXIAN)
    assert list(small._kept) == [one, three]
    assert files_under(tmp_path) - before == set()


async def test_who_may_not_read_the_file_sees_no_thumbnail_though_it_is_kept(
    store: AttachmentStore, keys: KeyRing
) -> None:
    small, now = Thumbnails(store), Clock()()
    sha256 = await put(store, file(WIDE, "JPEG"))
    drawn = await small.of(sha256, SUIXIAN)
    key = keys.make(now)
    await key.save(force_create=True)
    await run_tx(lambda connection: store.mention(connection, sha256, CASE, ZAOYANG, key.id))
    assert await small.of(sha256, ZAOYANG) == drawn
    for other in (sha256, "0" * 64):
        with pytest.raises(NotFound):
            await small.of(other, TONGBAI)
    await store.release(CASE, now)
    with pytest.raises(NotFound):
        await small.of(sha256, ZAOYANG)
    for content, media_type in ((b"%PDF-1.7\n", "application/pdf"), ("文字".encode(), "text/plain")):
        with pytest.raises(NotFound):
            await small.of(await put(store, content, "说明", media_type), SUIXIAN)


async def test_a_file_that_is_damaged_on_disk_has_no_thumbnail_until_it_is_whole(
    store: AttachmentStore, tmp_path: Path
) -> None:
    small = Thumbnails(store)
    sha256 = await put(store, file(WIDE, "JPEG"))
    (sealed,) = (path for path in files_under(tmp_path) if path.name.startswith(sha256))
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1])
    assert await small.of(sha256, SUIXIAN) is None
    sealed.write_bytes(whole)
    assert await small.of(sha256, SUIXIAN) is not None
