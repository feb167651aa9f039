"""What is set wrongly is told at start, by the setting's name, and the process ends with 2; what may be away is no hindrance."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway import cli, database, settings
from tests.services import databases
from tests.services.postgres import free_port

MAIN = Path(__file__).resolve().parents[2] / "main.py"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of an installation that could start."""
    data = tmp_path_factory.mktemp("start") / "data"
    env = {"TONGBAN_DATA": str(data), **databases.environment(data)}
    asyncio.run(database.migrate(settings.read(env)))
    databases.kept(data)
    return env


def environment(env: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    return plain | dict(env)


def refused(env: Mapping[str, str], *arguments: str) -> str:
    """What a process says on its way out with 2, without a traceback."""
    words = arguments or ("serve", "--port", str(free_port()))
    done = subprocess.run(
        [sys.executable, str(MAIN), *words], env=environment(env), capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    return done.stderr


@pytest.fixture
def told(
    migrated: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """The same for what is found before anything is opened, by the command line of this process."""

    def ask(*arguments: str, **env: str) -> str:
        for name in [name for name in os.environ if name.startswith("TONGBAN_")]:
            monkeypatch.delenv(name)
        for name, value in (migrated | env).items():
            monkeypatch.setenv(name, value)
        assert cli.main(arguments or ("serve", "--port", str(free_port()))) == 2
        out, err = capsys.readouterr()
        assert out == ""
        return err

    return ask


WRONG = {
    "HOME": "42132", "DATABASE_URL": "mysql://h/d", "BUS_URL": "redis://h", "BUS_ADMIN_URL": "broker:15672",
    "PUBLIC_URL": "tongban.example", "SIGNING_KEY": "{}", "SEALING_KEY": "short", "INDEX_KEY": "c2hvcnQ=", "CIPHER": "rot13",
    "WEBHOOK_ALLOW": "10.0.0.0/99", "TRUSTED_PROXIES": "proxy", "RETENTION_DAYS": "0", "LOG_LEVEL": "LOUD", "FAULTS": "often",
    "ALARM_DAYS": "1,2,1", "FRONT_URL": "front", "UNDO_SECONDS": "61", "UNCOLLECTED_DAYS": "0",
    "RATING_URL": "http://rating.example", "VERTICAL_URLS": "公安=http://police.example/{number}",
    "CLAMD": "clamd", "CLAMD_REQUIRED": "maybe",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_told_by_its_name(name: str, told: Callable[..., str]) -> None:
    assert told(**{f"TONGBAN_{name}": WRONG[name]}).startswith(f"TONGBAN_{name}")


def test_clamd_is_not_required_where_there_is_none(told: Callable[..., str]) -> None:
    assert "needs TONGBAN_CLAMD" in told(TONGBAN_CLAMD_REQUIRED="yes")


def test_every_setting_has_been_tried() -> None:
    assert WRONG.keys() | {"DATA"} == settings.KNOWN


@pytest.mark.parametrize("name", ["TONGBAN_DATABSE_URL", "TONGBAN_PORT", "TONGBAN_"])
def test_a_name_that_is_no_setting_is_told(name: str, told: Callable[..., str]) -> None:
    assert name in told(**{name: "x"})


def test_a_secret_that_cannot_be_read_is_told_with_its_file(told: Callable[..., str], tmp_path: Path) -> None:
    assert told(TONGBAN_SEALING_KEY_FILE=str(tmp_path / "none")).startswith("TONGBAN_SEALING_KEY_FILE")


def test_a_secret_that_is_given_twice_is_told(told: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x")
    assert "TONGBAN_INDEX_KEY" in told(TONGBAN_INDEX_KEY="x", TONGBAN_INDEX_KEY_FILE=str(tmp_path / "key"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_away_is_told_in_a_sentence(workers: str, migrated: dict[str, str]) -> None:
    url = f"postgres://u:topsecret@127.0.0.1:{free_port()}/x"
    bus = {"TONGBAN_BUS_URL": "amqp://u:p@127.0.0.1:1"} if workers == "2" else {}
    said = refused(
        {**migrated, **bus, "TONGBAN_DATABASE_URL": url}, "serve", "--port", str(free_port()), "--workers", workers
    )
    assert said.startswith("TONGBAN_DATABASE_URL")
    assert "topsecret" not in said


def test_an_option_of_the_database_that_does_not_exist_is_told(migrated: dict[str, str]) -> None:
    said = refused({**migrated, "TONGBAN_DATABASE_URL": "postgres://u@127.0.0.1/x?sslmod=require"})
    assert said.startswith("TONGBAN_DATABASE_URL")


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "fresh"
    assert "main.py migrate" in refused({"TONGBAN_DATA": str(data), **databases.environment(data)})


def test_several_processes_on_the_embedded_bus_are_refused(told: Callable[..., str]) -> None:
    assert told("serve", "--workers", "2").startswith("--workers")
    assert told("work").startswith("work")


@contextlib.contextmanager
def serving(env: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "serve", "--port", str(port)], env=environment(env), stderr=subprocess.DEVNULL
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.wait(10)


def test_a_broker_that_is_away_is_degraded_and_no_hindrance(migrated: dict[str, str]) -> None:
    away = f"amqp://u:p@127.0.0.1:{free_port()}"
    with serving({**migrated, "TONGBAN_BUS_URL": away}) as (_, port):
        until = time.monotonic() + 40
        said: dict[str, Any] = {}
        while not said:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    said = json.loads(answer.read())
            except urllib.error.URLError:
                assert time.monotonic() < until
                time.sleep(0.1)
        assert said["status"] in ("ok", "degraded")  # nobody is connected yet, so there may be nothing to miss
        assert said["checks"]["database"] == "ok"


@pytest.mark.parametrize("after", [0.2, 0.8])
def test_sigterm_in_the_first_second_ends_cleanly(after: float, migrated: dict[str, str]) -> None:
    with serving(migrated) as (process, _):
        time.sleep(after)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
    with serving(migrated) as (process, port):  # and leaves nothing that would keep the next one from starting
        until = time.monotonic() + 40
        while True:
            with (
                contextlib.suppress(urllib.error.URLError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5),
            ):
                break
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
