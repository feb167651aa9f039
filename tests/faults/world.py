"""What a scenario left behind, read from outside: the gateway's database opened with its keys, the guests' books, logs."""

import base64
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from messaging import at_rest, envelope
from messaging.envelope import Envelope
from messaging.sealing import Sealer
from partners.keys import SigningKey
from tests.faults import postgres_rows

Row = dict[str, Any]
HEARD = frozenset({"applied", "recorded"})  # states of an incoming message that had its one effect
DATABASE = "tongban.sqlite3"


@dataclass
class Filed:
    """One application that the window filed under one Idempotency-Key; `number` stands once it was answered 201."""

    key: str
    partner: str
    canary: str  # stands in the application's answers, and may be seen by nobody but its partner
    number: str | None = None
    told: set[str] = field(default_factory=set)  # every number that any answer under this key named


@dataclass
class Done:
    """One deed of the window under one Idempotency-Key; `ok`: it was answered 200."""

    number: str
    type: str
    key: str
    ok: bool = False


@dataclass
class Watched:
    """One event stream over its reconnections: the cursor at which it began, and the events in the order of arrival."""

    after: int
    seen: list[tuple[int, Row]] = field(default_factory=list)


@dataclass
class Guest:
    """A partner's books and log, and the bytes in which they lie."""

    code: str
    talk: list[Row]
    said: list[Row]
    heard: list[Row]
    effect: list[Row]
    apart: list[Row]
    raw: bytes = b""
    log: bytes = b""


@dataclass
class Gateway:
    """The gateway's rows; what is sealed is opened into `clear`, and read into `said` where it is an envelope."""

    home: str
    tables: dict[str, list[Row]]
    jwks: dict[str, dict[str, Mapping[str, Any]]]  # jurisdiction -> kid -> public JWK
    raw: bytes = b""
    log: bytes = b""

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def numbered(self, table: str) -> list[Row]:
        """Messages that count in a conversation of our own numbering."""
        return [row for row in self.tables[table] if row["sequence"] is not None]


@dataclass
class World:
    """Everything that the checker looks at."""

    gateway: Gateway
    guests: dict[str, Guest] = field(default_factory=dict)
    filed: list[Filed] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    queues: list[Row] = field(default_factory=list)  # what lies on the broker: partner, queue, message_id, body, said
    broker_log: bytes = b""
    stuck: frozenset[str] = frozenset()  # conversations that wait for a person, because the scenario wants it so
    drained_in: float | None = None  # seconds from the end of the fault until nothing was due any more
    ready: bool = True  # /readyz after the drain
    restarts: int = 0  # of the gateway while it drained


TABLES = {
    "outgoing": "post_outgoing",
    "incoming": "post_incoming",
    "mail": "post_mail",
    "apart": "post_set_apart",
    "talks": "post_conversation",
    "applications": "case_application",
    "legs": "case_leg",
    "steps": "case_step",
    "answers": "case_stored_answer",
    "lines": "audit_line",
    "roots": "audit_root",
    "chains": "audit_house_chain",
}
CONTEXT: dict[str, Callable[[Row], str]] = {
    "outgoing": lambda row: at_rest.outgoing(row["message_id"]),
    "incoming": lambda row: at_rest.incoming(row["partner"], row["message_id"]),
    "mail": lambda row: at_rest.mail(row["message_id"]),
    "apart": lambda row: at_rest.apart(row["partner"], row["sha256"]),
}


def read_gateway(data: Path, home: str = "421321", logs: Sequence[Path] = (), database: str | None = None) -> Gateway:
    """All rows of one snapshot of the gateway's database. It may be running. `database`: where it is PostgreSQL."""
    wanted = {**TABLES, "_data_keys": "post_data_key", "_partner_keys": "partner_key"}
    if database is None:
        with _books(data / DATABASE) as books:
            tables = {name: _rows(books, f"SELECT * FROM {table} ORDER BY rowid") for name, table in wanted.items()}  # noqa: S608
    else:
        tables = postgres_rows.read(database, wanted)
    wrapped = {row["id"]: row["wrapped"] for row in tables.pop("_data_keys")}
    keys = tables.pop("_partner_keys")
    sealer = Sealer(_key(data, "sealing_key"), _key(data, "index_key"), "sm4-gcm")
    for name, context in CONTEXT.items():
        for row in tables[name]:
            row["clear"] = sealer.open(sealer.unwrap(wrapped[row["key_id"]]), row["body"], context(row))
            row["said"] = _envelope(row["clear"])
    for row in tables["lines"]:
        row["detail"] = None if row["detail"] is None else json.loads(row["detail"])
    jwks: dict[str, dict[str, Mapping[str, Any]]] = {home: _own_keys(data)}
    for key in keys:
        jwks.setdefault(key["jurisdiction"], {})[key["kid"]] = json.loads(key["jwk"])
    raw = b"".join(path.read_bytes() for path in sorted(data.glob(DATABASE + "*")))
    raw += postgres_rows.dump(database) if database is not None else b""
    log = b"".join(path.read_bytes() for path in (data / "access.log", *logs) if path.exists())
    return Gateway(home, tables, jwks, raw, log)


def read_guest(code: str, ledger: Path, log: Path | None = None) -> Guest:
    """A partner's books. It may be running."""
    with _books(ledger) as books:
        tables = {name: _rows(books, f"SELECT * FROM {name} ORDER BY rowid") for name in GUEST_TABLES}  # noqa: S608
    raw = b"".join(path.read_bytes() for path in sorted(ledger.parent.glob(ledger.name + "*")))
    return Guest(code, **tables, raw=raw, log=log.read_bytes() if log is not None and log.exists() else b"")


GUEST_TABLES = ("talk", "said", "heard", "effect", "apart")


@contextlib.contextmanager
def _books(path: Path) -> Iterator[sqlite3.Connection]:
    """One snapshot: a read transaction over all questions."""
    books = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        books.row_factory = sqlite3.Row
        books.execute("PRAGMA query_only = ON")
        books.execute("BEGIN")
        yield books
    finally:
        books.close()


def _rows(books: sqlite3.Connection, query: str) -> list[Row]:
    return [dict(row) for row in books.execute(query)]


def _key(data: Path, name: str) -> bytes:
    return base64.b64decode((data / "keys" / f"{name}.b64").read_text(encoding="ascii"))


def _own_keys(data: Path) -> dict[str, Mapping[str, Any]]:
    private = json.loads((data / "keys" / "signing.jwk.json").read_text(encoding="ascii"))
    return {private["kid"]: SigningKey.from_jwk(private).public_jwk()}


def _envelope(clear: bytes) -> Envelope | None:
    """None for what is none: it may stand among what was set apart."""
    try:
        return envelope.parse(clear)
    except ValueError:
        return None


def talk_of(row: Row) -> tuple[str, str]:
    """A row's conversation."""
    return row["partner"], row["subject"]


def place_of(row: Row) -> str:
    """A message's place, for people."""
    return f"{row['partner']} {row['subject']} {row['sequence']} {row.get('type', '')}"
