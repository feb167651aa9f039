"""`backup` and `restore` as an operator uses them: whole, checked, into an empty place only, and never with the keys."""

import asyncio
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from gateway import cli, serving, settings
from gateway.applications import numbers
from gateway.applications.tables import Application, NumberCounter
from gateway.audit.queries import verify_all
from gateway.audit.tables import AuditLine
from gateway.backup import dumps, putting_back
from messaging.tables import Outgoing
from messaging.unit_of_work import run_tx
from tests import county as counties
from tests.county import CLERK, ZAOYANG, Clock, County
from tests.services import databases, stack


@pytest.fixture(autouse=True)
def own_mask() -> Iterator[None]:
    """The commands let nobody else read what they make; tests after these are not bound by that."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def place(county_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A furnished installation, which the settings name."""
    move_to(county_folder, monkeypatch)
    return county_folder


def move_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_DATA", str(folder))
    for name, value in databases.environment(folder).items():
        monkeypatch.setenv(name, value)


async def with_a_file(folder: Path) -> str:
    """A case of whom a scan is kept; its number."""
    async with counties.opened(folder, Clock(datetime.now().astimezone())) as county:
        await county.put()
        return await county.file()


def new_machine(old: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place to which the operator brought the keys."""
    new = old.with_name("new")
    shutil.copytree(old / "keys", new / "keys")
    for key in old.glob("*.jwk.json"):  # the neighbours of the test
        shutil.copy(key, new)
    move_to(new, monkeypatch)
    return new


@pytest.fixture
def kept(place: Path, tmp_path: Path) -> tuple[str, Path]:
    """(the number of a case, a backup in which it is)."""
    number = asyncio.run(with_a_file(place))
    target = tmp_path / "nightly.tongban"
    assert cli.main(["backup", "--out", str(target)]) == 0
    return number, target


def test_a_restored_installation_has_every_case_and_file_and_says_that_it_is_one(
    kept: tuple[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, backup = kept
    new = new_machine(place, monkeypatch)
    assert cli.main(["restore", str(backup)]) == 0
    files = sorted(path.relative_to(place) for path in (place / "attachments").rglob("*") if path.is_file())
    assert [path for path in files if (new / path).read_bytes() != (place / path).read_bytes()] == []
    assert files

    async def look() -> None:
        async with counties.opened(new, Clock(datetime.now().astimezone())) as county:
            assert (await county.parts.case_room.cases.one(CLERK, number)).number == number
            line = await AuditLine.get(what="installation.restored")
            assert set(line.detail or {}) == {"backup", "made_at", "asked"}
            assert await verify_all() == []
            assert [row.type for row in await county.outgoing("")] == ["resend.requested"]
            assert await Outgoing.filter(partner=counties.TONGBAI, subject="").count() == 0, "the desk has no books"

    asyncio.run(look())


def test_the_keys_are_not_in_the_backup_and_nothing_is_readable_in_it(kept: tuple[str, Path], place: Path) -> None:
    _, backup = kept
    with tarfile.open(backup) as tar:
        names = tar.getnames()
    assert [name for name in names if "key" in name] == []
    raw = backup.read_bytes()
    for path in (place / "keys").iterdir():
        assert path.read_bytes() not in raw
    assert b"421321200001019998" not in raw
    assert backup.stat().st_mode & 0o077 == 0


def test_without_the_keys_nothing_is_restored_and_none_are_made(
    kept: tuple[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = place.with_name("new")
    move_to(new, monkeypatch)
    assert cli.main(["restore", str(kept[1])]) == 2
    assert "TONGBAN_SIGNING_KEY" in capsys.readouterr().err
    assert not new.exists() or [path for path in new.rglob("*") if path.suffix in (".b64", ".json")] == []


def test_other_keys_are_named(
    kept: tuple[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = new_machine(place, monkeypatch)
    (new / "keys" / "sealing_key.b64").unlink()
    settings.read()  # makes another
    assert cli.main(["restore", str(kept[1])]) == 1
    assert "TONGBAN_SEALING_KEY" in capsys.readouterr().err
    assert not any((new / name).exists() for name in ("attachments", "tongban.sqlite3", "restoring"))


def flip(backup: Path) -> None:
    raw = bytearray(backup.read_bytes())
    raw[len(raw) // 3] ^= 1
    backup.write_bytes(raw)


def cut(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])


def forge(backup: Path) -> None:
    """Whoever has no key changes a member and the manifest with it."""
    raw = backup.read_bytes()
    backup.write_bytes(raw.replace(b'"home": "421321"', b'"home": "420683"'))


@pytest.mark.parametrize("harm", [flip, cut, forge])
def test_a_damaged_backup_is_refused_before_anything_is_laid_down(
    harm: Callable[[Path], None], kept: tuple[str, Path], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(kept[1])
    new = new_machine(place, monkeypatch)
    assert cli.main(["restore", str(kept[1])]) == 1
    assert not (new / "attachments").exists()
    assert not (new / "tongban.sqlite3").exists()


def test_an_installation_is_not_overwritten(kept: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["restore", str(kept[1])]) == 1
    assert "附件" in capsys.readouterr().err


def test_a_database_is_not_overwritten(kept: tuple[str, Path], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(place / "attachments")
    assert cli.main(["restore", str(kept[1])]) == 1
    assert "已有" in capsys.readouterr().err


def test_a_backup_that_fails_leaves_the_last_one(kept: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept[1].read_bytes()
    monkeypatch.setattr(dumps, "dump", fails)
    assert cli.main(["backup", "--out", str(kept[1])]) == 1
    assert kept[1].read_bytes() == before
    assert [path.name for path in kept[1].parent.glob("*nightly*")] == [kept[1].name]


def fails(url: str, target: Path) -> None:
    raise dumps.CannotDump("no room")


def test_a_half_restored_place_is_not_served(place: Path) -> None:
    (place / putting_back.UNFINISHED).touch()

    async def serve() -> None:
        async with serving.running(settings.read(), host="127.0.0.1", port=1, loops=False, doors=False):
            raise AssertionError("served")

    with pytest.raises(settings.BadSetting, match="恢复没有做完"):
        asyncio.run(serve())


@pytest.mark.skipif(stack.ON_POSTGRES, reason="a file")
def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    source = tmp_path / "busy.sqlite3"
    writer = sqlite3.connect(source)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE pair (a INTEGER, b INTEGER)")
    writer.executemany("INSERT INTO pair VALUES (?, ?)", [(n, n) for n in range(1000)])
    writer.commit()
    writer.execute("UPDATE pair SET a = a + 1")  # half of a deed
    dumps.dump(f"sqlite://{source}", tmp_path / "copy")
    copy = sqlite3.connect(tmp_path / "copy")
    assert copy.execute("SELECT count(*) FROM pair WHERE a != b").fetchone() == (0,)
    writer.close()
    copy.close()


def test_missing_tools_of_postgresql_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dumps, "_program", lambda tool: None)
    with pytest.raises(dumps.CannotDump, match="postgresql-client"):
        dumps.dump("postgres://u@127.0.0.1:1/x", tmp_path / "x")


async def test_numbers_of_the_day_go_on_above_all_that_may_have_been_given(county: County) -> None:
    await county.file()
    after = [await run_tx(lambda tx: numbers.leave_gap(tx, county.clock()))]
    number = await county.file()
    assert int(number[15:21]) == after[0] + 1 > 100_000
    county.clock.move(minutes=10)  # the same backup is restored once more
    await NumberCounter.all().update(running=1)
    assert await run_tx(lambda tx: numbers.leave_gap(tx, county.clock())) > int(number[15:21])
    assert await Application.all().count() == 2


def test_the_last_second_of_a_day_still_has_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers.GAP + numbers.EACH_SECOND * 86_399 < numbers.MOST - 30_000


def test_the_manifest_names_every_member(kept: tuple[str, Path]) -> None:
    with tarfile.open(kept[1]) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
        names = [name for name in tar.getnames() if not name.startswith("manifest")]
    assert [one["name"] for one in manifest["members"]] == names
    assert ZAOYANG not in json.dumps(manifest)
