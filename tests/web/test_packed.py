"""Static files go out small: the gzip beside each, laid out once, also by two processes at once."""

import gzip
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.web import assets, packed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A stylesheet worth packing, a small script, a picture."""
    folder = tmp_path / "source"
    (folder / "vendor").mkdir(parents=True)
    (folder / "app.css").write_text("a { color: red }\n" * 200)
    (folder / "vendor" / "small.js").write_text("1")
    (folder / "picture.png").write_bytes(b"\x89PNG" + bytes(5000))
    return folder


async def test_a_browser_that_takes_gzip_gets_it_and_another_one_the_file(source: Path, tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_static("/static", packed.laid_out(source, tmp_path / "data"))
    plain = (source / "app.css").read_bytes()
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        async with client.get("/static/app.css", headers={"Accept-Encoding": "gzip"}) as answer:
            body = await answer.read()
            assert (answer.headers["Content-Encoding"], answer.content_type) == ("gzip", "text/css")
            assert gzip.decompress(body) == plain
            assert len(body) < len(plain) / 5
        async with client.get("/static/app.css", headers={"Accept-Encoding": "identity"}) as answer:
            assert "Content-Encoding" not in answer.headers
            assert await answer.read() == plain


def test_only_what_is_worth_it_is_packed(source: Path, tmp_path: Path) -> None:
    out = packed.laid_out(source, tmp_path / "data")
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == [
        "app.css", "app.css.gz", "picture.png", "small.js",
    ]  # fmt: skip


def test_processes_that_begin_at_once_lay_out_one_folder_and_a_changed_file_another(
    source: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: packed.laid_out(source, data), range(8)))
    assert len(folders) == 1
    (source / "app.css").write_text("a { color: blue }\n" * 200)
    assert packed.laid_out(source, data) not in folders
    assert len(list((data / "static").iterdir())) == 2


def test_the_files_of_a_version_that_nobody_serves_any_more_go(source: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    old = packed.laid_out(source, data)
    long_ago = time.time() - packed.FORGOTTEN_AFTER - 60
    os.utime(old, (long_ago, long_ago))
    (source / "app.css").write_text("a { color: blue }\n" * 200)
    new = packed.laid_out(source, data)
    assert list((data / "static").iterdir()) == [new]


def test_every_style_and_script_of_ours_together_is_small(tmp_path: Path) -> None:
    out = packed.laid_out(assets.STATIC, tmp_path)
    sizes = [path.stat().st_size for path in out.glob("*.gz")]
    assert sum(sizes) < 40 * 1024
