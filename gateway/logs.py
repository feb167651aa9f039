"""Logs: one JSON line per event with its trace id, without personal values and without line breaks from outside."""

import asyncio
import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

log = logging.getLogger("tongban.logs")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""32 hex digits of the request or message that is being worked on; empty outside of one."""

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
LONG_DIGITS = re.compile(r"[0-9]{11}")
NUMBER = re.compile(r"(?<!\d)(\d{6})(\d{8})(\d{7}[0-9A-Z])(?![0-9A-Za-z])")  # an application's number
ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
BREAKS = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))}
BREAKS |= {code: f"\\u{code:04x}" for code in range(0x2066, 0x206A)}


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr) as JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for quiet in ("aiohttp.access", "asyncio", "tortoise", "aiosqlite"):
        logging.getLogger(quiet).setLevel(max(logging.getLevelName(level), logging.WARNING))


def mask(text: str) -> str:
    """The text without ID numbers and mobile numbers.

    An application's number is kept, in three groups: whole, it looks like an ID number to a scan of the logs.
    """
    text = NUMBER.sub(r"\1-\2-\3", text)
    return PHONE.sub("[phone]", ID_NUMBER.sub("[id]", text))


def new_trace_id() -> str:
    """A random trace id that cannot be taken for a telephone or ID number."""
    while True:
        fresh = secrets.token_hex(16)
        if not LONG_DIGITS.search(fresh):
            return fresh


def trace_of(traceparent: str | None) -> str:
    """The trace id of a W3C traceparent; a new one when it is absent, malformed, or hides a long number."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    if match is None or not match[1].strip("0") or LONG_DIGITS.search(match[1]):
        return new_trace_id()
    return match[1]


def traceparent() -> str:
    """The traceparent to send on, with a span of our own."""
    return f"00-{trace_id.get() or new_trace_id()}-{secrets.token_hex(8)}-01"


class JsonFormatter(logging.Formatter):
    """`{"at","level","logger","trace","message"}` and, for errors, `error` and `frames`.

    The text of an exception is left out, unless the operating system made it: a database names values in it.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "trace": getattr(record, "trace", "") or trace_id.get(),
            "message": mask(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry |= _fault(record.exc_info[1])
        return line(entry)


def line(entry: Mapping[str, Any]) -> str:
    """One line of JSON in which no character can begin another line or turn the direction of reading."""
    return json.dumps(entry, ensure_ascii=False, default=str).translate(BREAKS)


def _fault(error: BaseException) -> dict[str, Any]:
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    names, seen = [], error
    while True:
        names.append(type(seen).__name__ + (f": {mask(str(seen))}" if isinstance(seen, OSError) else ""))
        cause = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        if cause is None or len(names) == 5:
            return {"error": " <- ".join(names), "frames": frames[-20:]}
        seen = cause


class AccessLog:
    """One line per request, written in batches: a write for each would cost more than many requests do."""

    BATCH, SECONDS = 200, 1.0

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def note(self, method: str, route: str, status: int, milliseconds: float, actor: str, trace: str) -> None:
        """Remember one request. `route` is the template, never the address; `actor` a kind, never a name."""
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "INFO",
            "logger": "access",
            "trace": trace,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(milliseconds, 1),
            "actor": actor,
        }
        self._lines.append(orjson.dumps(entry).decode())  # nothing in it comes from outside
        if len(self._lines) >= self.BATCH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was remembered. A log that cannot be written disturbs no request: that is told, and lines may be lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines:
            lines, self._lines = self._lines, []
            try:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
            except OSError as error:
                log.error("access log, %d lines: %s", len(lines), type(error).__name__, exc_info=error)
