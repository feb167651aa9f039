"""The command line as a person or a script meets it: results, messages and exit codes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import cli
from gateway.auth.passwords import Passwords
from gateway.auth.users import Users
from gateway.commands.later import not_yet
from gateway.database import opened
from gateway.resources import now
from gateway.settings import read
from tests.rules.test_calendar_years import year
from tests.services import databases

LATER = [one for one in cli.COMMANDS if one.run is not_yet]
NEEDED = {"code": "420683", "file": "list.xlsx", "id": "zaoyang", "a": "1", "b": "2", "name": "zhangsan"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, and no other setting."""
    for name in [name for name in os.environ if name.startswith("TONGBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TONGBAN_DATA", str(tmp_path / "data"))
    for name, value in databases.environment(tmp_path / "address").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "data"


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said on stderr to a call that ends with 2 and says nothing on stdout."""
    try:
        code = cli.main(arguments)
    except SystemExit as left:
        code = int(left.code or 0)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    return err


def words_of(command: cli.Command) -> list[str]:
    """A well-formed call of a command: every argument that it needs, with a value that fits."""
    words = command.name.split()
    for names, options in command.flags:
        if not names[0].startswith("-"):
            words.append(NEEDED[names[0]])
        elif options.get("required"):
            words += [names[0], next(iter(options.get("choices", ["420683" if "partner" in names[0] else "1"])))]
    return words


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database is named, and none is there."""
    monkeypatch.delenv("TONGBAN_DATABASE_URL", raising=False)


@pytest.mark.usefixtures("nothing_installed")
def test_a_limit_is_counted_through_the_spring_festival(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert cli.main(["calendar", "due", "--from", "2026-02-13", "--days", "5"]) == 0
    assert capsys.readouterr().out == '{"due": "2026-02-27", "provisional": false}\n'
    assert not data.exists(), "an answer from the product's own calendar leaves nothing behind"


@pytest.mark.usefixtures("nothing_installed")
def test_days_of_a_special_procedure_do_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    spans = ["--exclude", "2026-11-05..2026-11-10", "--exclude", "2026-11-11..2026-11-19"]
    assert cli.main(["calendar", "due", "--from", "2026-11-02", "--days", "10", *spans]) == 0
    assert json.loads(capsys.readouterr().out) == {"due": "2026-12-01", "provisional": False}


@pytest.mark.usefixtures("nothing_installed")
def test_a_limit_into_a_year_without_a_calendar_is_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calendar", "due", "--from", "2026-12-30", "--days", "20"]) == 0
    assert json.loads(capsys.readouterr().out)["provisional"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["dance"], "dance"),
        (["calendar", "due", "--from", "2026-02-30", "--days", "5"], "2026-02-30"),
        (["calendar", "due", "--from", "20260213", "--days", "5"], "20260213"),
        (["calendar", "due", "--from", "2026-02-13", "--days", "-1"], "--days"),
        (["calendar", "due", "--from", "2026-02-13", "--days", "2001"], "2000"),
        (
            ["calendar", "due", "--from", "2026-02-13", "--days", "5", "--exclude", "2026-02-20..2026-02-16"],
            "2026-02-20",
        ),
        (["calendar", "due", "--from", "2026-02-13", "--days", "5", "--exclude", "2026-02-20"], "应写作"),
        (["lists", "in-force", "--at", "yesterday"], "yesterday"),
        (["partners", "connect", "42068", "--by", "polling"], "42068"),
        (["demo", "--port", "70000"], "70000"),
        (["demo", "--simulate", "420683,999999"], "999999"),
        (["serve", "--workers", "2"], "--workers"),
        (["work"], "serve"),
        (["users", "add", "zhangsan", "--role", "mayor"], "mayor"),
        (["users", "add", "zhangsan", "--role", "clerk"], "migrate"),
    ],
)
def test_wrong_use_says_what_is_wrong(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused(arguments, capsys)


@pytest.mark.parametrize("command", LATER, ids=lambda one: str(one.name))
def test_an_agreed_command_that_is_still_to_come_says_so(
    command: cli.Command, capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    said = refused(words_of(command), capsys)
    assert command.name in said
    assert "还没有" in said
    assert not data.exists()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TONGBAN_HOME", "/srv/tongban")
    assert "TONGBAN_HOME" in refused(["migrate"], capsys)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("amqp://127.0.0.1:5672", "user:password"),
        ("rabbit://a:b@127.0.0.1", "amqp"),
        ("amqp://a:b@127.0.0.1:5672/tongban", "virtual host"),
        ("amqp://a:b@127.0.0.1:5672,127.0.0.2:none", "host:port"),
        ("amqp://a:b@127.0.0.1:5672,,127.0.0.3:5672", "host:port"),
    ],
)
def test_a_broker_address_that_cannot_be_used_is_named(
    url: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TONGBAN_BUS_URL", url)
    said = refused(["serve"], capsys)
    assert "TONGBAN_BUS_URL" in said
    assert why in said


def test_topology_needs_a_broker_and_its_management_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "TONGBAN_BUS_URL" in refused(["topology"], capsys)
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("TONGBAN_BUS_URL", "amqp://a:b@127.0.0.1:5672")
    assert "TONGBAN_BUS_ADMIN_URL" in refused(["topology"], capsys)
    assert "TONGBAN_BUS_ADMIN_URL" in refused(["partners", "connect", "420683", "--by", "amqp"], capsys)


def test_a_person_is_added_once_and_can_sign_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    assert cli.main(["users", "add", "zhangsan", "--role", "clerk", "--full-name", "张三", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["username"], told["role"]) == ("zhangsan", "clerk")
    assert asyncio.run(_sign_in("zhangsan", told["password"])) == ("张三", "clerk", "421321")
    assert "zhangsan" in refused(["users", "add", "zhangsan", "--role", "officer"], capsys)
    assert "用户名" in refused(["users", "add", "张三", "--role", "clerk"], capsys)


def test_lists_and_partners_of_an_empty_house_are_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    for words in (["partners", "list", "--json"], ["lists", "in-force", "--at", "2026-11-24T09:30:00+08:00", "--json"]):
        assert cli.main(words) == 0
        assert json.loads(capsys.readouterr().out) == []


def test_a_year_is_loaded_and_counted_by(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["migrate"]) == 0
    file, asked = tmp_path / "2027.csv", ["calendar", "due", "--from", "2026-12-29", "--days", "5"]
    assert cli.main(asked) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"due": "2027-01-06", "provisional": True}
    file.write_bytes(year(2027, d0101="0", d0104="0", d0601=""))
    assert cli.main(["calendar", "load", str(file)]) == 1
    assert "2027-06-01" in capsys.readouterr().err
    file.write_bytes(year(2027, d0101="0", d0104="0"))
    assert cli.main(["calendar", "load", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"years": [{"year": 2027, "working_days": 259, "changed": 365}], "past_days_changed": 0}
    assert cli.main(asked) == 0
    assert json.loads(capsys.readouterr().out) == {"due": "2027-01-07", "provisional": False}
    assert "nope.csv" in refused(["calendar", "load", "nope.csv"], capsys)


@pytest.mark.parametrize("days", ["2,1", "1,2,1", "a,1,1", "61,1,1", "-1,1,1"])
def test_alarm_days_that_make_no_sense_are_named(
    days: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TONGBAN_ALARM_DAYS", days)
    assert "TONGBAN_ALARM_DAYS" in refused(["migrate"], capsys)


def test_the_front_door_carries_the_exit_code_out() -> None:
    door = Path(__file__).parents[2] / "main.py"
    done = subprocess.run([sys.executable, str(door), "verify", "no.zip"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "verify" in done.stderr


async def _sign_in(username: str, password: str) -> tuple[str, str, str]:
    async with opened(read()):
        person = await Users(Passwords(), now).authenticate(username, password)
    return person.name, person.role, person.jurisdiction


def test_a_database_that_cannot_be_reached_or_has_a_wrong_address_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("mysql://h/d", "postgres://h/d?maxsize=1", "postgres://nobody:secret@127.0.0.1:1/d"):
        monkeypatch.setenv("TONGBAN_DATABASE_URL", address)
        err = refused(["migrate"], capsys)
        assert "TONGBAN_DATABASE_URL" in err
        assert "secret" not in err
        assert "Traceback" not in err
