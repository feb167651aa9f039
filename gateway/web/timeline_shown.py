"""The time line of a case: the steps of both sides in one line, and beneath them in fine print how messages fared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.applications import joint, words
from gateway.applications.case import place

Json = Mapping[str, Any]
SECOND = "第二次补正（超出首次告知范围）"
AFTER_ACCEPTANCE = "受理后补正"
SYSTEMS = {"partner": "对方系统", "system": "本地业务系统接口"}
OWN = {
    "delivery": "通办报文",
    "clock": "通办计时",
    "desk": "通办登记",
}  # beginnings of types that the house itself writes


def steps(events: Iterable[Json], home: str, *, full: bool) -> list[dict[str, Any]]:
    """The events of the case room, oldest first. `full`: also what people wrote, which may hold personal values."""
    shown: list[dict[str, Any]] = []
    notices, before = 0, None
    for event in events:
        irregular = None
        if event["type"] == "supplement.requested" and event["data"].get("addressed_to") == "applicant":
            notices += 1
            irregular = SECOND if notices > 1 else AFTER_ACCEPTANCE if before == "ACCEPTED" else None
        shown.append(_step(event, home, before, irregular, full))
        before = event["state"]
    return shown


def _step(event: Json, home: str, before: str | None, irregular: str | None, full: bool) -> dict[str, Any]:
    actor, fine = event["actor"], str(event["type"]).startswith("delivery.")
    return {
        "id": event["id"],
        "at": event["at"],
        "type": event["type"],
        "title": event["text"],
        "details": _details(event["type"], event["data"]) if full and not fine else [],
        "place": place(actor["jurisdiction"]),
        "side": "home" if actor["jurisdiction"] == home else "away",
        "who": None if fine or actor["name"] == place(actor["jurisdiction"]) else actor["name"],
        "system": _system(event["type"], actor),
        "fine": fine,
        "state": event["state"] if event["state"] != before and not fine else None,
        "outcome": event["data"].get("outcome"),
        "irregular": irregular,
    }


def _system(type_: str, actor: Mapping[str, Any]) -> str | None:
    """From which system a step came; None: a person at our own pages."""
    if actor["kind"] == "system" and actor["name"] == joint.SIGNED:
        return "通办按清单约定自动办理"
    return OWN.get(type_.partition(".")[0]) or SYSTEMS.get(actor["kind"])


def _details(type_: str, data: Json) -> list[str]:
    """What was said in words, below the step's own sentence."""
    match type_:
        case "note.sent" | "application.urged" | "contact.logged":
            return _given(data, ("text", ""), ("reason", "理由："))
        case "application.withdrawn":
            return _given(data, ("reason", "理由："))
        case "application.supplemented":
            return _given(data, ("note", "说明："))
        case "application.declined":
            return _given(data, ("legal_basis", "依据："))
        case "application.decided":
            return _given(
                data, ("text", ""), ("legal_basis", "依据："), ("remedy", "救济途径："), ("waybill", "快递单号：")
            )
        case "procedure.suspended":
            return [f"期间：{str(data['from'])[:10]} 至 {str(data['until'])[:10]}", *_given(data, ("basis", "依据："))]
        case "limit.extended":
            return _given(data, ("reason", "理由："), ("approved_by", "批准人："))
        case "result.handed_over":
            return _given(data, ("waybill", "快递单号："))
        case "supplement.requested":
            return supplement_lines(data.get("items") or [])
    return []


def _given(data: Json, *members: tuple[str, str]) -> list[str]:
    return [before + str(data[name]) for name, before in members if data.get(name)]


def supplement_lines(items: Sequence[Json]) -> list[str]:
    """Each item in one line: what, what is wrong, what is wanted."""
    return [f"{item.get('material') or '申请表'}：{item['problem']}；{item['wanted']}" for item in items]


def decline_reason(code: str) -> str:
    """The words of a reason code."""
    return words.DECLINES.get(code, "其他")
