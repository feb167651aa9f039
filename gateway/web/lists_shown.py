"""A list's versions and draft as pages draw them: who confirmed what, what differs from before, what waits for whom."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.coordination import list_drafts
from gateway.coordination.list_shelf import Change, Draft, Signature, Version
from gateway.web.chips import Chip
from matters_map import comparing, perspective, regions, version_life
from matters_map.columns import COLUMNS
from matters_map.lines import Line

Json = dict[str, Any]
TONES: Mapping[str, str] = {"in_force": "good", "signed": "good", "proposed": "warn", "returned": "bad"}
TITLES = {column.name: column.zh for column in COLUMNS} | {
    "members": "业务属地和编码", "form": "申请表", "guide_only": "仅导办", "joint": "联办约定", "duties": "办理分工",
}  # fmt: skip
WHAT: Mapping[str, str] = {
    "begun": "起草", "edited": "修改", "removed": "删去", "loaded": "导入", "confirmed": "会签", "dropped": "放弃草稿",
    "proposed": "提出", "returned": "退回，重新起草",
}  # fmt: skip


@dataclass(frozen=True)
class PartyShown:
    """A party of a version. `at`: when it confirmed; None while it has not."""

    code: str
    name: str
    by: str | None
    at: datetime | None
    held: bool


@dataclass(frozen=True)
class VersionShown:
    """A version in the table of all. `waits`: names of those whose confirmation is missing."""

    version: int
    chip: Chip
    effective_from: datetime
    effective_to: datetime | None
    proposed_by: str | None
    parties: Sequence[PartyShown]
    lapsed: bool
    open: bool  # it waits for the parties
    late: bool
    why: str | None

    @property
    def waits(self) -> list[str]:
        """Who has not confirmed."""
        return [one.name for one in self.parties if one.at is None]


def version(row: Version, signatures: Sequence[Signature], now: datetime) -> VersionShown:
    """One row of the table."""
    signed = {one.jurisdiction: one for one in signatures if one.version == row.version}
    lines = [Line.from_json(line) for line in json.loads(row.text)["lines"]]
    codes = perspective.parties(lines) if row.proposed_by or signed else []
    text = "已失效：未在生效时刻前全部确认" if row.lapsed else version_life.TEXT.get(row.state, row.state)
    return VersionShown(
        row.version,
        Chip(text, TONES.get(row.state, "plain")),
        row.effective_from,
        row.effective_to,
        regions.name_of(row.proposed_by) if row.proposed_by else None,
        [_party(code, signed.get(code)) for code in codes],
        bool(row.lapsed),
        row.state == version_life.State.PROPOSED,
        row.state == version_life.State.PROPOSED and row.effective_from <= now,
        row.why,
    )


def _party(code: str, signed: Signature | None) -> PartyShown:
    name = regions.name_of(code) or code
    if signed is None:
        return PartyShown(code, name, None, None, held=False)
    return PartyShown(code, name, signed.signed_by, signed.at, bool(signed.held))


def differences(before: Sequence[Line], after: Sequence[Line]) -> list[Json]:
    """`{"kind": added|removed|changed, "seq", "name", "fields": [{"title","before","after"}]}`, in the order of the list."""
    found = comparing.compare([line.to_json() for line in before], [line.to_json() for line in after])
    changes = [
        _difference("changed", one.after)
        | {
            "fields": [
                {"title": TITLES[name], "before": said(old), "after": said(new)}
                for name, (old, new) in one.fields.items()
            ]
        }
        for one in found.changed
    ]
    here = sorted([*changes, *(_difference("added", line) for line in found.added)], key=lambda one: int(one["seq"]))
    return [*here, *(_difference("removed", line) for line in found.removed)]


def _difference(kind: str, line: Mapping[str, Any]) -> Json:
    code, name = line["local_basic_code"], line["matter_name"]
    return {"kind": kind, "seq": line["seq"], "code": code, "name": name, "fields": []}


def said(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "；".join(f"{regions.named(one['code'])} {one['basic_code']} {one['implement_code']}" for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def departments(draft: Draft, before: Sequence[Line]) -> list[Json]:
    """会签: `{"name","lines","confirmed","by","at","basis"}` of departments whose lines differ from what is in force."""
    lines = list_drafts.lines_of(draft)
    return [
        {
            "name": name,
            "lines": len(list_drafts.of_department(lines, name)),
            "confirmed": list_drafts.confirmed(draft, name),
            **{part: (draft.confirmed.get(name) or {}).get(part) for part in ("by", "at", "basis")},
        }
        for name in list_drafts.touched(draft, before)
    ]


def change(row: Change) -> Json:
    """A line of the history: `{"at","by","text"}`."""
    detail: Mapping[str, Any] = row.detail
    where = f"第 {detail['line']} 行" if detail.get("line") else ""
    fields = [
        f"{TITLES.get(name, name)} {said(pair[0])} → {said(pair[1])}"
        for name, pair in (detail.get("fields") or {}).items()
    ]
    more = {
        "removed": str(detail.get("name", "")), "loaded": f"{detail.get('before')} 行 → {detail.get('lines')} 行",
        "confirmed": "　".join(part for part in (detail.get("department"), detail.get("basis")) if part),
        "proposed": f"第 {detail.get('version')} 版",
    }.get(row.what, "；".join(fields))  # fmt: skip
    text = " ".join(part for part in (WHAT.get(row.what, row.what), where, more) if part)
    return {"at": row.at, "by": row.changed_by, "text": text}
