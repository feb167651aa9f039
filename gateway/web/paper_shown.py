"""A paper as pages draw it: its parts sorted by where they stand on the sheet, its QR code, and what is told beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from gateway.applications import joint_shown
from gateway.applications.case import Case, Json
from gateway.applications.deeds import type_in
from gateway.applications.papers import book, content, press
from gateway.applications.papers.content import Office
from gateway.applications.papers.kinds import BY_HAND, KINDS, SOMETIMES, Kind
from gateway.applications.papers.room import Opened
from gateway.auth import roles

NUMBERS = ("凭证编号", "文书编号", "办件编号")


@dataclass(frozen=True)
class Asking:
    """What an applicant asks with, beside a 收件凭证: its code is no part of the paper. `front` is an address, if there is one."""

    code: str
    front: str | None
    link: str | None  # the front at this case
    qr: Markup | None


@dataclass(frozen=True)
class Sheet:
    """One paper on one or more A4 pages. `qr` and `code` are empty on a preview."""

    kind: Kind
    office: str
    number: str
    version: int
    replaces: Json | None
    numbers: Sequence[Json]
    body: Sequence[Json]
    says: Sequence[Json]
    signs: Sequence[Json]
    stamps: Sequence[str]
    dates: Sequence[str]
    issued_by: str
    issued_at: str
    unsealed: str
    sha256: str = ""
    code: str = ""
    qr: Markup | None = None
    superseded_by: int | None = None
    copy: int = 0  # which print this is; 0: not printed, or not counted
    asking: Asking | None = None


def preview(paper: Mapping[str, Any]) -> Sheet:
    """A content that nobody issued yet: no code, and the page says what it is."""
    parts = list(paper["parts"])
    return Sheet(
        KINDS[paper["kind"]],
        Office(**paper["office"]).title,
        str(paper["number"]),
        int(paper["version"]),
        paper["replaces"],
        [part for part in parts if part["label"] in NUMBERS],
        [part for part in parts if part["shape"] in ("line", "group", "table") and part["label"] not in NUMBERS],
        [part for part in parts if part["shape"] == "says"],
        [part for part in parts if part["shape"] == "sign"],
        [part["label"] for part in parts if part["shape"] == "stamp"],
        [part["text"] for part in parts if part["shape"] == "date"],
        str(paper["issued_by"]),
        str(paper["issued_at"])[:16].replace("T", " "),
        content.unsealed(paper),
    )


def asking(code: str, front: str | None, number: str) -> Asking:
    """The 查询码 of a case, and the way to the front that takes it."""
    link = f"{front}/{number}" if front else None
    drawn = Markup(press.qr(link)) if link else None  # noqa: S704  # our own drawing, of our own address
    return Asking(code, front, link, drawn)


def sheet(opened: Opened, address: str, sealed: str, beside: Asking | None = None, *, printed: bool = False) -> Sheet:
    """An issued paper; `address` is where it can be checked, `sealed` what it says of a seal."""
    drawn = Markup(press.qr(address))  # noqa: S704  # our own drawing of our own address
    more = {
        "unsealed": sealed,
        "sha256": opened.sha256,
        "code": opened.code,
        "qr": drawn,
        "superseded_by": opened.superseded_by,
        "copy": (opened.prints or 0) + 1 if printed and opened.prints is not None else 0,
        "asking": beside,
    }
    return Sheet(**(vars(preview(opened.content)) | more))


def listed(case: Case, role: str | None) -> list[Json]:
    """Our own papers of a case, newest versions first in their order; `href` for those who may open them."""
    may = roles.may(role, "paper.print")
    prints = {(one["number"], one["version"]): one["prints"] for one in case.papers}
    return [
        one
        | {
            "href": f"/papers/{one['number']}?v={one['version']}" if may else None,
            "prints": prints[one["number"], one["version"]],
            "travelled": one["attachment"] is not None and KINDS[one["kind"]].travels,
        }
        for one in book.shown(case.papers)
    ]


def to_issue(case: Case, role: str | None, *, on_paper: bool = False) -> list[Kind]:
    """What a clerk may have printed for this case; `on_paper`: the other side has no system that signs."""
    if not case.is_origin or not roles.may(role, "paper.issue"):
        return []
    receipt = [] if any(one["kind"] == "receipt" for one in case.papers) else [KINDS["receipt"]]
    wanted = {
        "packet": on_paper,
        "progress_notice": type_in.unproved(case) is not None,
        "joint_result": joint_shown.ended(case),
    }
    return [*receipt, *BY_HAND, *(kind for kind in SOMETIMES if wanted.get(kind.name))]
