"""Logs: one line each, traceable, and without what belongs to a person."""

import asyncio
import io
import json
import logging
import re

import pytest

from gateway import logs
from gateway.logs import AccessLog, JsonFormatter

ID_NUMBER = "421321200001019998"
PHONE = "13000000001"
NUMBER = "421321202611242000001G"


def formatted(message: str, *arguments: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, info)
    return JsonFormatter().format(record)


@pytest.mark.parametrize(
    "text", [f"身份证{ID_NUMBER}号", f"id{ID_NUMBER.replace('8', 'X', 1)}", f"tel:{PHONE}", f"张三{PHONE}。"]
)
def test_no_id_number_and_no_telephone_is_written(text: str) -> None:
    line = formatted("%s", text)
    assert not re.search(r"1[3-9]\d{9}", line)
    assert "000001" not in line


def test_an_id_number_that_ends_in_x_is_masked() -> None:
    assert logs.mask("42132120000101999x") == "[id]"


def test_an_applications_number_stays_but_cannot_be_taken_for_an_id_number() -> None:
    line = formatted("case %s", NUMBER)
    assert "421321-20261124-2000001G" in line
    assert not re.search(r"\d{17}[\dX]", line)


@pytest.mark.parametrize("character", ["\n", "\r\n", "\x0b", "\x85", "\u2028", "\u2029", "\u202e", "\x1b[2J", "\x00"])
def test_nothing_from_outside_begins_a_new_line_or_turns_the_text(character: str) -> None:
    line = formatted("name %s", f"a{character}b")
    assert len(line.splitlines()) == 1
    assert character.strip("[2J") not in line
    assert json.loads(line)["message"].startswith("name a")


def test_the_text_of_an_exception_is_left_out_but_not_its_place() -> None:
    try:
        raise ValueError("张三 lives at number 7")
    except ValueError as error:
        line = formatted("failed", error=error)
    told = json.loads(line)
    assert told["error"] == "ValueError"
    assert "张三" not in line
    assert "test_logs.py" in told["frames"][-1]


def test_what_the_operating_system_said_is_kept_with_its_cause() -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as full:
            raise RuntimeError("anything") from full
    except RuntimeError as error:
        told = json.loads(formatted("failed", error=error))
    assert told["error"] == "RuntimeError <- OSError: [Errno 28] No space left on device"


def test_a_trace_id_is_taken_over_when_it_is_one() -> None:
    assert (
        logs.trace_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") == "4bf92f3577b34da6a3ce929d0e0e4736"
    )


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "00-xyz-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        f"00-{ID_NUMBER}aaaaaaaaaaaaaa-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
    ],
)
def test_another_traceparent_is_replaced(given: str | None) -> None:
    fresh = logs.trace_of(given)
    assert re.fullmatch("[0-9a-f]{32}", fresh)
    assert fresh not in str(given)


def test_our_own_trace_ids_hide_no_telephone_number() -> None:
    assert not any(re.search(r"\d{11}", logs.new_trace_id()) for _ in range(2000))


async def test_the_access_log_is_written_in_batches() -> None:
    stream = io.StringIO()
    access = AccessLog(stream)
    for _ in range(AccessLog.BATCH - 1):
        access.note("GET", "/applications/{number}", 200, 1.26, "person", "t")
    assert stream.getvalue() == ""
    access.note("GET", "/applications/{number}", 200, 1.26, "person", "t")
    lines = stream.getvalue().splitlines()
    assert len(lines) == AccessLog.BATCH
    told = json.loads(lines[0])
    assert (told["route"], told["status"], told["ms"], told["actor"]) == ("/applications/{number}", 200, 1.3, "person")


async def test_a_lonely_request_is_written_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccessLog, "SECONDS", 0.01)
    stream = io.StringIO()
    AccessLog(stream).note("GET", "/", 200, 1.0, "-", "t")
    await asyncio.sleep(0.05)
    assert stream.getvalue().count("\n") == 1
