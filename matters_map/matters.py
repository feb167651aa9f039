"""A matter: one line of a list in force, in the words that programs use."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from matters_map import regions
from matters_map.duties import shared_out
from matters_map.lines import Line

# value in the sheet -> name in the API
MODES = {"全程网办": "online", "异地代收代办": "collect_and_forward", "多地联办": "joint"}
DIRECTIONS = {"双向": "both", "仅本地收件": "outbound", "仅对方收件": "inbound"}
DELIVERIES = {"电子证照": "electronic", "窗口自取": "window", "邮寄": "post"}
# Marks after a material: 照片[电子证照][容缺5日][不超过2MB][不超过3份]
_MARK = re.compile(r"\[(?:(电子证照)|容缺(\d{1,2})日|不超过(\d{1,2})MB|不超过(\d{1,2})份)\]$")
MEGABYTE = 1024 * 1024
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Member:
    """A jurisdiction that decides a matter, with its name and its own codes for it."""

    code: str
    name: str
    basic_code: str
    implement_code: str

    def to_json(self) -> dict[str, str]:
        """`{"code","name","basic_code","implement_code"}`"""
        return {
            "code": self.code,
            "name": self.name,
            "basic_code": self.basic_code,
            "implement_code": self.implement_code,
        }


@dataclass(frozen=True)
class Material:
    """A material that the list asks for."""

    name: str
    e_certificate: bool = False  # an electronic one can stand in for it
    later_days: int | None = None  # 容缺: it may be promised and come so many working days later
    most_bytes: int | None = None  # of one file
    most_files: int | None = None

    def to_json(self) -> dict[str, Any]:
        """`{"name","e_certificate"}`, with the limits that the list sets."""
        limits = {"later_days": self.later_days, "most_bytes": self.most_bytes, "most_files": self.most_files}
        told = {name: value for name, value in limits.items() if value is not None}
        return {"name": self.name, "e_certificate": self.e_certificate, **told}


@dataclass(frozen=True)
class Rest:
    """暂停: a party suspended the matter at once; cases that are under way go on."""

    jurisdiction: str
    since: datetime
    until: datetime | None
    reason: str

    def at(self, now: datetime) -> bool:
        """Does it still rest?"""
        return self.until is None or now < self.until

    def to_json(self) -> dict[str, Any]:
        """`{"by":{"code","name"},"since","until","reason"}`"""
        by = {"code": self.jurisdiction, "name": regions.name_of(self.jurisdiction) or self.jurisdiction}
        return {"by": by, "since": _told(self.since), "until": _told(self.until), "reason": self.reason}


def _told(at: datetime | None) -> str | None:
    return at.astimezone(_ZONE).isoformat(timespec="seconds") if at else None


@dataclass(frozen=True)
class Matter:
    """One line of a list in force. Limits are working days."""

    agreement: str
    version: int
    line: Line
    handlers: tuple[Member, ...]
    rest: Rest | None = None

    @property
    def id(self) -> str:
        """`<agreement>.<local_basic_code>`, stable over versions."""
        return f"{self.agreement}.{self.line.local_basic_code}"

    @property
    def name(self) -> str:
        return self.line.matter_name

    @property
    def mode(self) -> str:
        """online, collect_and_forward or joint."""
        return MODES[self.line.mode]

    @property
    def duties(self) -> dict[str, str]:
        """Who does which step: the mode's, with what the line says otherwise."""
        return shared_out(self.mode, self.line.duties)

    @property
    def direction(self) -> str:
        """both, outbound (only we receive) or inbound (only they receive)."""
        return DIRECTIONS[self.line.direction]

    @property
    def form(self) -> str:
        """Id of the form that serves this matter."""
        return self.line.form

    @property
    def guide_only(self) -> bool:
        return self.line.guide_only

    @property
    def instant(self) -> bool:
        """即办: decided on the spot."""
        return self.line.instant == "是"

    @property
    def materials(self) -> tuple[Material, ...]:
        """What the list asks for, in its order."""
        return tuple(material(text) for text in split_list(self.line.materials))

    def handler(self, code: str) -> Member | None:
        """The member with this jurisdiction code, or None."""
        return next((member for member in self.handlers if member.code == code), None)

    def to_json(self) -> dict[str, Any]:
        """The matter as the API gives it."""
        line = self.line
        return {
            "id": self.id,
            "agreement": self.agreement,
            "version": self.version,
            "line": line.seq,
            "name": line.matter_name,
            "sub_item": line.sub_item,
            "matter_type": line.matter_type,
            "service_object": line.service_object,
            "department": line.department,
            "codes": {"local_basic": line.local_basic_code, "local_implement": line.local_implement_code},
            "mode": self.mode,
            "direction": self.direction,
            "handlers": [member.to_json() for member in self.handlers],
            "limits": {
                "statutory_days": line.statutory_days,
                "promised_days": line.promised_days,
                "instant": self.instant,
            },
            "materials": [one.to_json() for one in self.materials],
            "result": {
                "name": line.result_name,
                "delivery": [DELIVERIES[way] for way in split_list(line.result_delivery)],
            },
            "fee": line.fee,
            "contact": line.contact_window,
            "remarks": line.remarks,
            "guide_only": self.guide_only,
            "suspended": None if self.rest is None else self.rest.to_json(),
            "form": self.form,
            **({} if line.duties is None else {"duties": self.duties}),
            **({} if line.joint is None else {"joint": dict(line.joint)}),
        }


def matter_of(agreement: str, version: int, line: Line, rest: Rest | None = None) -> Matter:
    """The matter that a line stands for; a member without a known name is called by its code."""
    handlers = tuple(
        Member(one.code, regions.name_of(one.code) or one.code, one.basic_code, one.implement_code)
        for one in line.members
    )
    return Matter(agreement, version, line, handlers, rest)


def material(text: str) -> Material:
    """An entry of the list with the marks behind its name."""
    marks: dict[str, Any] = {}
    while found := _MARK.search(text):
        certificate, days, megabytes, files = found.groups()
        if certificate:
            marks["e_certificate"] = True
        elif days:
            marks["later_days"] = int(days)
        elif megabytes:
            marks["most_bytes"] = int(megabytes) * MEGABYTE
        else:
            marks["most_files"] = int(files)
        text = text[: found.start()].rstrip()
    return Material(text, **marks)


def split_list(text: str) -> list[str]:
    """The entries of a list field, which the sheet separates by `;`."""
    return [entry.strip() for entry in text.split(";") if entry.strip()]
