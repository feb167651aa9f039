"""补正: what the handler asked for, and only that, goes to it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications import supplements
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import refuse_unless_possible, speak, with_more
from matters_map.findings import pointer_of
from messaging.envelope import rfc3339

TYPE = "application.supplemented"


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any]) -> Plan:
    """`{"answers":{pointer:value},"materials":[{"material","sha256"}…],"note"}`; `files` are those the county has put.

    Raises Invalid for a pointer or material that was not asked for, and for what was asked for and is not there.
    """
    values = bodies.read(body, {}, {"answers": dict, "materials": list, "note": str})
    bodies.short(values, note=500)
    refuse_unless_possible(case, TYPE)
    asked = case.said.get("supplement") or {"items": []}
    given = values.get("answers") or {}
    given_now = materials(values.get("materials") or [], files)
    _hold_against(asked, given, given_now, values.get("note"))
    filled = filled_with(case, given, now)
    answers = {supplements.full(pointer): supplements.at(filled, pointer) for pointer in given}
    data = {"answers": answers, "materials": given_now, "received_at": rfc3339(now)}
    if values.get("note"):
        data["note"] = values["note"]
    supplied = [*case.document.get("supplied", []), *given_now]
    document = {**case.document, "answers": filled, "supplied": supplied}
    if case.leg.part:  # the whole takes over what was mended here
        document["answered"] = {**case.document.get("answered", {}), **answers}
    shown = {"items": len(answers) + len(given_now)}
    told = speak(case, who, TYPE, data, now, mark=shown)
    home_too = [(one["attachment"]["sha256"], case.house.home) for one in given_now if one.get("attachment")]
    person = supplements.person(case, filled)
    return with_more(told, document=document, person=person, mentions=(*told.mentions, *home_too))


def filled_with(case: Case, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The form's document with the answers in their places. Raises Invalid for what the form says of it now."""
    try:
        document = supplements.filled(case, given)
    except supplements.NoPlace:
        raise Invalid([Finding("/answers", "unknown", "申请表中没有这一项")]) from None
    wrong = supplements.broken(case, document, now)
    if wrong:
        raise Invalid([replace(finding, pointer=_in_request(given, finding.pointer)) for finding in wrong])
    return document


def _in_request(given: Mapping[str, Any], pointer: str) -> str:
    """Where in the request the value stands that a finding about the form's document names."""
    for one in given:
        if (pointer + "/").startswith(supplements.full(one) + "/"):
            return _at(one) + pointer[len(supplements.full(one)) :]
    return "/answers"


def _at(given: str) -> str:
    return "/answers" + pointer_of([given])


def materials(entries: list[Any], files: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Entries in the words of the wire; a file must have been put before."""
    found, wrong = [], []
    for place, entry in enumerate(entries):
        at = f"/materials/{place}"
        name = entry.get("material") or entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name:
            wrong.append(Finding(f"{at}/material", "required", "请说明是哪一份材料"))
        elif entry.get("sha256") and entry["sha256"] not in files:
            wrong.append(Finding(f"{at}/sha256", "file_missing", "没有找到这个文件，请先上传"))
        elif entry.get("sha256"):
            found.append({"name": name, "kind": "扫描上传", "attachment": files[entry["sha256"]]})
        elif entry.get("certificate"):
            found.append({"name": name, "kind": "电子证照", "certificate": str(entry["certificate"])})
        else:
            found.append({"name": name, "kind": "纸质原件"})
    if wrong:
        raise Invalid(wrong)
    return found


def _hold_against(
    asked: Mapping[str, Any], given: Mapping[str, Any], supplied: list[dict[str, Any]], note: str | None
) -> None:
    items = asked["items"]
    answers = {supplements.full(pointer) for pointer in given}
    pointers = {supplements.full(item["pointer"]) for item in items if item.get("pointer")}
    names = {item["material"] for item in items if item.get("material")}
    wrong = [
        Finding(_at(pointer), "unknown", "这一项不在补正告知的范围内")
        for pointer in given
        if not any((supplements.full(pointer) + "/").startswith(one + "/") for one in pointers)
    ]
    wrong += [
        Finding(f"/materials/{place}/material", "unknown", "这份材料不在补正告知的范围内")
        for place, one in enumerate(supplied)
        if one["name"] not in names
    ]
    here = {one["name"] for one in supplied}
    wrong += [
        Finding("/answers", "required", f"尚缺：{item['wanted']}")
        for item in items
        if item.get("pointer") and not _answered(item, answers)
    ]
    wrong += [Finding("/materials", "required", f"尚缺材料：{name}") for name in sorted(names - here)]
    in_words = [item for item in items if not item.get("pointer") and not item.get("material")]
    if in_words and not note:
        wrong.append(Finding("/note", "required", "请说明补正情况"))
    if wrong:
        raise Invalid(wrong)


def _answered(item: Mapping[str, Any], answers: Iterable[str]) -> bool:
    return any((given + "/").startswith(supplements.full(item["pointer"]) + "/") for given in answers)
