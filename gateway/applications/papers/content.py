"""A paper's content: values in an order, the same for screen, print and PDF, and one digest over all of it. Pure."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson

from gateway.applications.clocks import SHANGHAI
from gateway.applications.papers.kinds import KINDS

FORMAT = "tongban-paper/1"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is read for something else
GROUPS, EACH = 3, 4  # of a verification code: sixty bits
OPEN = ""  # to be filled in by hand
DATE_BY_HAND = "________年____月____日"

Json = dict[str, Any]
Part = Json
"""`{"label","shape":"line","text"}` · `{…"table","columns","rows"}` · `{…"says","text"}` · `{…"stamp"}` ·
`{…"date","text"}` · `{…"sign","text"}` (a line to be signed) · `{…"group","lines":[[label,text]]}`"""


@dataclass(frozen=True)
class Office:
    """Who issues: our own county, with the department or window."""

    code: str
    name: str
    department: str

    @property
    def title(self) -> str:
        """随县人力资源和社会保障局: the county stands once."""
        return self.name + self.department.removeprefix(self.name)

    def to_json(self) -> Json:
        """`{"code","name","department"}`"""
        return {"code": self.code, "name": self.name, "department": self.department}


@dataclass(frozen=True)
class Draft:
    """A paper that is about to be issued. Everything but `secret` and `file` is its content."""

    kind: str
    number: str
    version: int
    case: str | None
    office: Office
    at: datetime
    by: str
    parts: tuple[Part, ...]
    replaces: Mapping[str, Any] | None = None  # {"version","sha256"} of the one that this one supersedes, and why
    secret: str = ""  # the verification code
    file: Mapping[str, Any] | None = None  # the attachment that travels, when one was printed

    def to_json(self) -> Json:
        """The content."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "title": KINDS[self.kind].title,
            "number": self.number,
            "version": self.version,
            "replaces": None if self.replaces is None else dict(self.replaces),
            "case": self.case,
            "office": self.office.to_json(),
            "issued_at": rendered(self.at),
            "issued_by": self.by,
            "parts": list(self.parts),
        }

    @cached_property
    def text(self) -> bytes:
        """The canonical bytes (RFC 8785). Names are ASCII and numbers whole here, where orjson's sorted output is the same."""
        return orjson.dumps(self.to_json(), option=orjson.OPT_SORT_KEYS)

    @cached_property
    def sha256(self) -> str:
        """Of the canonical bytes, in hex."""
        return hashlib.sha256(self.text).hexdigest()

    def numbered(self, number: str) -> "Draft":
        """The same under its number, which also stands in the part that names it."""
        told = {"文书编号", "凭证编号"}
        parts = tuple(part | {"text": number} if part["label"] in told else part for part in self.parts)
        return replace(self, number=number, parts=parts)


def new_code() -> str:
    """A random verification code, as it stands under the QR code: 7K3M-QF2P-9XWT."""
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(GROUPS * EACH))  # 32 divide 256
    return plain_code(letters)


def plain_code(typed: str) -> str:
    """A code as it is kept, from how people type it."""
    kept = "".join(letter for letter in typed.upper() if letter in ALPHABET)[: GROUPS * EACH]
    return "-".join(kept[at : at + EACH] for at in range(0, len(kept), EACH))


def rendered(at: datetime) -> str:
    """RFC 3339 with +08:00, to the second."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def day(value: str) -> str:
    """2026-11-24 or an instant as 2026年11月24日."""
    return f"{value[:4]}年{int(value[5:7])}月{int(value[8:10])}日" if len(value) >= 10 else value


def today(at: datetime) -> str:
    """The Asia/Shanghai day of an instant: 2026年11月24日."""
    return day(rendered(at))


def minute(at: datetime) -> str:
    """2026-11-24 09:30"""
    return rendered(at)[:16].replace("T", " ")


def unsealed(paper: Mapping[str, Any]) -> str:
    """What a paper says of the electronic seal that it does not bear."""
    if paper["kind"] == "progress_notice":
        return "本告知不是文书，不加盖印章。"
    to_stamp = any(part["shape"] == "stamp" for part in paper["parts"])
    return "本文书未加盖电子印章，" + ("加盖印章后生效。" if to_stamp else "签名后使用。")


# parts


def line(label: str, text: str | None) -> Part:
    """A label with its text; what is not known stays open."""
    return {"label": label, "shape": "line", "text": text or OPEN}


def says(label: str, text: str) -> Part:
    """A sentence under the table."""
    return {"label": label, "shape": "says", "text": text}


def table(label: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    """Rows under columns, numbered by whoever draws them."""
    return {"label": label, "shape": "table", "columns": list(columns), "rows": [list(row) for row in rows]}


def group(label: str, lines: Sequence[tuple[str, str]]) -> Part:
    """Lines under one heading."""
    return {"label": label, "shape": "group", "lines": [list(one) for one in lines]}


def stamp(label: str) -> Part:
    """Room for the office's stamp."""
    return {"label": label, "shape": "stamp"}


def dated(label: str, at: datetime) -> Part:
    """The date under the stamp."""
    return {"label": label, "shape": "date", "text": today(at)}


def signed(label: str, text: str = "") -> Part:
    """A line that a person signs."""
    return {"label": label, "shape": "sign", "text": text}
