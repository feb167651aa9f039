"""Filing: is this body a case that can be sent, and what would it become? Nothing is stored here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.applications import promises, speak
from gateway.applications.case import applicant_of, place
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Plan
from matters_map import joint, validation
from matters_map.findings import pointer_of
from matters_map.forms import Form, Forms
from matters_map.joint import Joint, Placed
from matters_map.lookup import MatterIndex, NoRoute
from matters_map.matters import MEGABYTE, Matter, Member, split_list
from messaging.envelope import rfc3339

MEMBERS = {"matter", "handler", "answers", "attachments", "promised", "reference"}
AGENT = {  # member on the wire -> member of the form
    "name": "name",
    "id_number": "idNumber",
    "phone": "mobile",
    "relation": "relation",
    "authorization": "authorization",
}
MAILING = {"recipient": "recipient", "phone": "mobile", "address": "address", "postcode": "postcode"}
SCANNED = "扫描上传"
OWN_NAMES = {"id_type": "idType", "id_number": "idNumber", "phone": "mobile", "kind": "source", "certificate": "certId"}


@dataclass(frozen=True)
class Sorted:
    """A body that was found right: where it goes and under which line and form."""

    matter: Matter
    handler: Member
    form: Form
    answers: dict[str, Any]  # normalised, with the server's fields filled in
    parts: tuple[Placed, ...] = ()  # of a joint case

    @property
    def joint(self) -> Joint | None:
        """How the parts belong together."""
        return joint.of(self.matter) if self.parts else None


@dataclass(frozen=True)
class Looked:
    """What a body was found to be: `sorted` is None when nobody can be sent it; `answers` as far as they can be read."""

    sorted: Sorted | None
    answers: dict[str, Any]
    findings: list[Finding]


def sort(index: MatterIndex, forms: Forms, home: str, body: Mapping[str, Any], now: datetime) -> Looked:
    """Hold a body against list and form; every finding at once."""
    findings = _shape(body)
    matter_id, place_code = body.get("matter"), body.get("handler")
    if not isinstance(matter_id, str):
        return Looked(None, {}, findings or [Finding("/matter", "required", "请选择事项")])
    handler, wrong = _route(index, matter_id, place_code if isinstance(place_code, str) else None)
    findings += wrong
    matter = index.get(matter_id)
    if matter is None:
        return Looked(None, {}, findings)
    form = forms.for_basic_code(matter.line.local_basic_code)
    answers, wrong = _fill(body.get("answers"), matter, handler, home)
    findings += wrong
    if answers is None:
        return Looked(None, {}, findings)
    answers = validation.normalise(form, answers)
    known = {finding.pointer for finding in findings}
    findings += [
        Finding(found.pointer, found.code, found.detail)
        for found in validation.check(form, answers, on=local_day(now))
        if found.pointer not in known and not (handler is None and found.pointer == "/answers/targetRegion")
    ]
    parts, wrong = _placed(matter, handler, home, answers)
    known = {finding.pointer for finding in findings}
    findings += [finding for finding in wrong if finding.pointer not in known]
    return Looked(Sorted(matter, handler, form, answers, parts) if handler is not None else None, answers, findings)


def _route(index: MatterIndex, matter_id: str, place_code: str | None) -> tuple[Member | None, list[Finding]]:
    """Who decides, or why nobody can be sent this yet."""
    route = index.route(matter_id, place_code)
    if isinstance(route, NoRoute):
        return None, [Finding(route.pointer, route.code, route.detail)]
    return route.handler, []


def _placed(
    matter: Matter, handler: Member | None, home: str, answers: Mapping[str, Any]
) -> tuple[tuple[Placed, ...], list[Finding]]:
    """The parts of a line that several places share; none where one place handles the whole."""
    try:
        shared = joint.of(matter)
    except ValueError as error:
        says = f"本事项的联办约定有误（{error}），请联系：{matter.line.contact_window}"
        return (), [Finding("/matter", "no_route", says)]
    if shared is None or handler is None:
        return (), []
    found = joint.placed(matter, shared, handler, home, answers)
    if isinstance(found, joint.NoPlace):
        pointer = "/matter" if found.pointer is None else f"/answers{found.pointer}"
        return (), [Finding(pointer, "no_route", found.detail)]
    alone = all(one.handler.code == handler.code for one in found)
    return (() if alone else found), []


def _shape(body: Mapping[str, Any]) -> list[Finding]:
    found = [Finding(pointer_of([name]), "unknown", "不认识的字段") for name in body if name not in MEMBERS]
    kinds = {"matter": str, "handler": str, "reference": str, "answers": dict, "attachments": list, "promised": list}
    for name, kind in kinds.items():
        value = body.get(name)
        if value is not None and not isinstance(value, kind):
            found.append(Finding(f"/{name}", "type", "类型不对"))
    if isinstance(body.get("reference"), str) and len(body["reference"]) > 64:
        found.append(Finding("/reference", "maxLength", "不能超过 64 个字符"))
    return found


def _fill(
    answers: Any, matter: Matter, handler: Member | None, home: str
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """The three members that the server fills when absent; given, they must agree with the route."""
    if not isinstance(answers, dict):
        return None, [Finding("/answers", "required", "请填写申请表")]
    right = {"acceptRegion": (home, f"收件地应为{place(home)}")}
    if handler is not None:
        right["targetRegion"] = (handler.code, f"业务属地应为{handler.name}")
    wrong = [
        Finding(f"/answers/{name}", "no_route", says)
        for name, (code, says) in right.items()
        if name in answers and answers[name] != code
    ]
    served = {"matterCode": matter.line.local_basic_code} | {name: code for name, (code, _) in right.items()}
    return served | answers, wrong


def attachments(
    body: Mapping[str, Any], answers: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The files that a body names, and what is missing: every 扫描上传 needs one that was put before.

    `known` maps sha256 to the attachment, for those that the county has put.
    """
    found: list[dict[str, Any]] = []
    findings: list[Finding] = []
    named: set[str] = set()
    for place_, entry in enumerate(body.get("attachments") or []):
        pointer = f"/attachments/{place_}"
        if not isinstance(entry, Mapping):
            findings.append(Finding(pointer, "type", "类型不对"))
            continue
        findings += [
            Finding(f"{pointer}{pointer_of([n])}", "unknown", "不认识的字段")
            for n in entry
            if n not in {"material", "sha256"}
        ]
        material, sha256 = entry.get("material"), entry.get("sha256")
        if not isinstance(material, str):
            findings.append(Finding(f"{pointer}/material", "required", "请说明是哪一份材料"))
        elif not isinstance(sha256, str) or sha256 not in known:
            findings.append(Finding(f"{pointer}/sha256", "file_missing", "没有找到这个文件，请先上传"))
        else:
            named.add(material)
            found.append({"material": material, **known[sha256]})
    for place_, material_ in enumerate(answers.get("materials") or []):
        if isinstance(material_, Mapping) and material_.get("source") == SCANNED and material_.get("code") not in named:
            name = material_.get("name", "")
            findings.append(Finding(f"/answers/materials/{place_}", "file_missing", f"“{name}”为扫描上传，请附上文件"))
    return found, findings


def limits(matter: Matter | None, files: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Files that are larger or more than the line lets a material have; `files` in the order of the request."""
    listed, counted, findings = dict(promises.codes(matter)), Counter[str](), []
    for place_, file in enumerate(files):
        line = listed.get(file["material"])
        counted[file["material"]] += 1
        if line is None:
            continue
        pointer = f"/attachments/{place_}/sha256"
        if line.most_bytes is not None and file["size"] > line.most_bytes:
            most = line.most_bytes // MEGABYTE
            findings.append(Finding(pointer, "too_large", f"“{line.name}”每份不超过 {most} MB，请压缩后再传"))
        if line.most_files is not None and counted[file["material"]] > line.most_files:
            findings.append(Finding(pointer, "too_many", f"“{line.name}”不超过 {line.most_files} 份"))
    return findings


def warnings(matter: Matter, answers: Mapping[str, Any], promised: Sequence[Mapping[str, Any]] = ()) -> list[Finding]:
    """What the handler would ask about though the form allows it: hints for the clerk, no errors.

    Materials of the list that the body neither holds nor promises, an authorization that none of them is, e-certificates
    that the list does not take, a way to the result that the list does not name.
    """
    rows = [row for row in answers.get("materials") or [] if isinstance(row, Mapping)]
    given, paper = {row.get("name") for row in rows}, (answers.get("agent") or {}).get("authorization")
    given |= {one["name"] for one in promised}
    found = []
    if paper is not None and paper not in {row.get("code") for row in rows}:
        says = f"授权委托书 {paper} 不在材料里，请核对材料编号"
        found.append(Finding("/answers/agent/authorization", "material_missing", says))
    found += [
        Finding("/answers/materials", "material_missing", f"清单要求的材料“{material.name}”未列入")
        for material in matter.materials
        if material.name not in given
    ]
    on_paper = {material.name for material in matter.materials if not material.e_certificate}
    found += [
        Finding(
            f"/answers/materials/{place_}/source",
            "certificate_not_listed",
            f"清单没有写明“{row['name']}”可用电子证照，对方可能要求原件或扫描件",
        )
        for place_, row in enumerate(rows)
        if row.get("source") == "电子证照" and row.get("name") in on_paper
    ]
    ways, way = split_list(matter.line.result_delivery), (answers.get("delivery") or {}).get("method")
    if isinstance(way, str) and ways and way not in ways:
        says = f"清单上的结果送达方式是{'、'.join(ways)}，没有“{way}”"
        found.append(Finding("/answers/delivery/method", "delivery_not_listed", says))
    return found


def require(findings: list[Finding]) -> None:
    """Raises Invalid with all of them, when there are any."""
    if findings:
        raise Invalid(findings)


def refuse_unless_sayable(plan: Plan) -> None:
    """What cannot be said on the wire is the request's fault, named where it stands there. Raises Invalid."""
    for word in plan.words:
        try:
            speak.refuse_unless_sayable(word.type, word.data)
        except Invalid as error:
            raise Invalid([replace(one, pointer=_in_request(one.pointer)) for one in error.findings]) from None


def _in_request(pointer: str) -> str:
    """Where a part of the message stands in the request that it was made from."""
    top, *rest = pointer.split("/")[1:] or [""]
    if top in {"applicant", "materials"}:
        return "/".join(["/answers", top, *(OWN_NAMES.get(part, part) for part in rest)])
    return pointer if top in {"answers", ""} else "/answers"


@dataclass(frozen=True)
class Filed:
    """The line that a case was filed under, as its message names it."""

    agreement: str
    version: int
    origin_code: str
    mode: str
    service_object: str


def submitted_data(
    sorted_: Sorted,
    files: list[dict[str, Any]],
    received_at: datetime,
    window: Mapping[str, str],
    promised: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """`data` of application.submitted."""
    matter = sorted_.matter
    line = Filed(
        matter.agreement, matter.version, matter.line.local_basic_code, matter.mode, matter.line.service_object
    )
    named = {"name": matter.name, "handler_code": sorted_.handler.basic_code}
    return message(line, named, sorted_.answers, files, received_at, window, promises.on_the_wire(promised))


def message(
    line: Filed,
    named: Mapping[str, str],
    answers: dict[str, Any],
    files: Sequence[Mapping[str, Any]],
    received_at: datetime,
    window: Mapping[str, str],
    more: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """`data` of application.submitted from its parts; `named` is the matter's name and its code at the handler's.

    `more`: materials in the words of the wire, behind those of the form: what came since, what is promised for later.
    """
    delivery = answers.get("delivery") or {}
    by_code: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        attached = {name: file[name] for name in ("sha256", "size", "name", "media_type")}
        by_code.setdefault(file["material"], []).append(attached)
    data: dict[str, Any] = {
        "agreement": line.agreement,
        "version": line.version,
        "matter": {
            "name": named["name"],
            "origin_code": line.origin_code,
            "handler_code": named["handler_code"],
        },
        "mode": line.mode,
        "received_at": rfc3339(received_at),
        "applicant": applicant_of(answers, line.service_object),
        "answers": answers,
        "materials": [
            *(_material(one, by_code) for one in answers.get("materials") or []),
            *more,
        ],
        "originals": [
            {"name": one["name"], "copies": int(one.get("pages", 1) > 0)}
            for one in answers.get("materials") or []
            if one.get("source") == "纸质原件"
        ],
        "result_delivery": delivery.get("method", ""),
        "window": dict(window),
        "notice_version": (answers.get("consent") or {}).get("noticeVersion", ""),
    }
    if answers.get("agent"):
        data["agent"] = {name: answers["agent"][member] for name, member in AGENT.items() if member in answers["agent"]}
    if delivery.get("method") == "邮寄":
        data["mailing"] = {name: delivery[member] for name, member in MAILING.items() if member in delivery}
    return data


def files_of(material: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files of a material of the wire, in their order."""
    return [material["attachment"], *(material.get("more") or [])] if material.get("attachment") else []


def _material(one: Mapping[str, Any], files: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    material: dict[str, Any] = {"name": one["name"], "kind": one["source"]}
    if one["code"] in files:
        material["attachment"], *more = files[one["code"]]
        if more:
            material["more"] = more
    if one.get("certId"):
        material["certificate"] = one["certId"]
    return material
