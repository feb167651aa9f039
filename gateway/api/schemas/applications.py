"""Applications: filing, how a case looks from outside, its time line, and the deeds on it."""

from typing import Any

from gateway.api.schemas.parts import (
    CODE,
    DATE,
    NUMBER,
    PLACE,
    SHA256,
    STATE,
    TEXT,
    TIME,
    Schema,
    answer,
    array,
    maybe,
    page,
    ref,
    request,
)
from gateway.applications.papers.kinds import KINDS

FILING = request(
    {
        "matter": {"type": "string", "title": "事项"},
        "handler": {**CODE, "title": "业务属地"},
        "answers": {"type": "object", "title": "申请表", "description": "the form's document"},
        "attachments": array(
            request(
                {"material": {"type": "string", "title": "材料"}, "sha256": SHA256}, required=("material", "sha256")
            ),
            title="附件",
        ),
        "promised": array(
            request(
                {"material": {"type": "string", "title": "材料"}, "due_on": {**DATE, "title": "补交期限"}},
                required=("material",),
            ),
            title="承诺后补的材料",
            description="only what the line lets come later; without due_on the last day that it allows",
        ),
        "reference": {"type": "string", "maxLength": 64, "title": "贵方编号", "description": "the client's own number"},
    },
    required=("matter", "answers"),
    examples=[
        {
            "matter": "zaoyang.002014006001",
            "answers": {"applicant": {"name": "张三", "idType": "身份证", "idNumber": "421321200001019998"}},
            "attachments": [],
            "reference": "A-2026-0001",
        }
    ],
)
_FINDING = answer({"pointer": TEXT, "code": TEXT, "detail": TEXT})
CHECKED = answer(
    {"ok": {"type": "boolean"}, "handler": maybe(PLACE), "errors": array(_FINDING), "warnings": array(_FINDING)},
    examples=[
        {
            "ok": False,
            "handler": {"code": "420683", "name": "枣阳市"},
            "errors": [
                {"pointer": "/answers/applicant/mobile", "code": "required", "detail": "申请人·手机号码：请填写"}
            ],
            "warnings": [],
        }
    ],
)
_DELIVERY_STATES = ["waiting", "sent", "receipted", "held", "parked", "quarantined", "conflict", "set_aside"]
CLOCK = answer(
    {
        "kind": {"type": "string", "enum": ["reply", "promised", "statutory", "supplement", "transit"]},
        "start": DATE,
        "due": DATE,
        "working_days": maybe({"type": "integer"}),
        "state": {"type": "string", "enum": ["running", "stopped", "met", "overdue"]},
        "provisional": {"type": "boolean", "description": "counted over a year whose calendar is not published"},
    }
)
RESULT = answer(
    {
        "outcome": {
            "type": "string",
            "enum": ["granted", "refused", "terminated", "partial"],
            "description": "partial: of a joint case, where one place granted and another did not",
        },
        "at": TIME,
        "documents": array(ref("Attachment")),
        "certificates": array(answer({"name": TEXT, "number": TEXT})),
    }
)
_SUPPLEMENT = answer({"items": array({"type": "object"}), "due_by": DATE})
_WITHDRAWAL = answer({"asked_at": TIME, "answer": {"enum": ["granted", "refused", None]}})
_LEG = answer(
    {
        "number": NUMBER,
        "handler": PLACE,
        "stage": {"type": "integer"},
        "state": STATE,
        "clocks": array(ref("Clock")),
        "result": maybe(ref("Result")),
    },
    description="an ordinary case has one, with the case's number; a joint one has a leg for each handler, which also"
    " tells part, lead, does, state_text, outcome, their_number, delivery, with, supplement and withdrawal",
)
_PAPER = answer(
    {
        "number": TEXT,
        "version": {"type": "integer"},
        "kind": {"type": "string", "enum": list(KINDS)},
        "name": TEXT,
        "issued_at": TIME,
        "sha256": SHA256,
        "superseded": {"type": "boolean", "description": "a later version of the same number was issued"},
        "attachment": maybe(ref("Attachment")),
    },
    description="a paper that our own county issued; `sha256` is of its content, `attachment` its PDF, which travels where the message of its deed has a place",
)
_GIVEN = answer(
    {"code": maybe(TEXT), "name": TEXT, "source": maybe(TEXT), "attachment": maybe(ref("Attachment")), "due_on": DATE},
    optional=("due_on",),
    description="a material as it was given, supplied or is still owed (`due_on`); one with several files stands several"
    " times",
)
_MEMBERS: dict[str, Schema] = {
    "number": NUMBER,
    "state": STATE,
    "state_text": TEXT,
    "version": {"type": "integer"},
    "matter": answer({"id": TEXT, "name": TEXT, "mode": TEXT}),
    "agreement": answer({"id": TEXT, "version": {"type": "integer"}}),
    "origin": PLACE,
    "handler": PLACE,
    "joint": answer({"lead": PLACE, "places": array(TEXT)}, description="only of a case that several places share"),
    "their_number": maybe(TEXT),
    "received_at": TIME,
    "delivery": answer(
        {"state": {"type": "string", "enum": _DELIVERY_STATES}, "at": maybe(TIME), "reason": maybe(TEXT)}
    ),
    "with": answer({"code": CODE, "name": TEXT, "text": TEXT}),
    "next_step": {**TEXT, "description": "what our own side does next, in one sentence"},
    "vertical": maybe(
        answer({"system": TEXT, "number": TEXT}, description="the case's number in the province's or a vertical system")
    ),
    "clocks": array(ref("Clock")),
    "result": maybe(ref("Result")),
    "supplement": maybe(_SUPPLEMENT),
    "withdrawal": maybe(_WITHDRAWAL),
    "deemed_accepted_on": maybe(DATE),
    "applicant": answer({"name": TEXT, "id_number": TEXT, "phone": TEXT}, description="identifiers are masked"),
}
_EXAMPLE: dict[str, Any] = {
    "number": "421321202611242000001G",
    "state": "SUBMITTED",
    "state_text": "已收件",
    "version": 1,
    "matter": {"id": "zaoyang.002014006001", "name": "社会保险参保缴费记录查询", "mode": "online"},
    "agreement": {"id": "zaoyang", "version": 1},
    "origin": {"code": "421321", "name": "随县"},
    "handler": {"code": "420683", "name": "枣阳市"},
    "their_number": None,
    "received_at": "2026-11-24T09:30:00+08:00",
    "delivery": {"state": "waiting", "at": None, "reason": None},
    "with": {"code": "420683", "name": "枣阳市", "text": "等待枣阳市接收"},
    "next_step": "系统正在转送，窗口不用操作；对方接收后这里会自动更新。",
    "vertical": None,
    "clocks": [
        {
            "kind": "reply",
            "start": "2026-11-24",
            "due": "2026-12-01",
            "working_days": 5,
            "state": "running",
            "provisional": False,
        }
    ],
    "result": None,
    "supplement": None,
    "withdrawal": None,
    "deemed_accepted_on": None,
    "applicant": {"name": "张三", "id_number": "421***********9998", "phone": "130****0001"},
}
_LINKS = {
    "self": "/api/v1/applications/421321202611242000001G",
    "events": "/api/v1/applications/421321202611242000001G/events",
    "evidence": "/api/v1/applications/421321202611242000001G/evidence",
    "slip": "/applications/421321202611242000001G/slip",
}
APPLICATION = answer(
    {
        **_MEMBERS,
        "legs": array(_LEG),
        "materials": array(_GIVEN),
        "papers": array(_PAPER),
        "links": answer({"self": TEXT, "events": TEXT, "evidence": TEXT, "slip": TEXT}),
    },
    optional=("joint",),
    examples=[{**_EXAMPLE, "legs": [], "materials": [], "papers": [], "links": _LINKS}],
)
SUMMARY = answer(
    {**_MEMBERS, "links": {"type": "object"}}, optional=("joint",), examples=[{**_EXAMPLE, "links": _LINKS}]
)
APPLICATION_LIST = page(ref("ApplicationSummary"))
EVENT = answer(
    {
        "id": TEXT,
        "at": TIME,
        "type": TEXT,
        "state": STATE,
        "actor": answer(
            {"jurisdiction": CODE, "kind": {"type": "string", "enum": ["person", "system", "partner"]}, "name": TEXT}
        ),
        "message_id": maybe(TEXT),
        "text": TEXT,
        "data": {"type": "object"},
    },
    examples=[
        {
            "id": "17",
            "at": "2026-11-24T09:30:05+08:00",
            "type": "application.accepted",
            "state": "ACCEPTED",
            "actor": {"jurisdiction": "420683", "kind": "partner", "name": "枣阳市"},
            "message_id": "01JDG7Z3N5Q8S4T6V9W2X1Y0AB",
            "text": "枣阳市已受理",
            "data": {},
        }
    ],
)
EVENT_LIST = page(ref("Event"))

_MATERIAL = request(
    {
        "material": {"type": "string", "title": "材料"},
        "name": {"type": "string", "title": "材料"},
        "sha256": SHA256,
        "certificate": {"type": "string", "title": "电子证照编号"},
    }
)
_TEXT_1000 = {"type": "string", "minLength": 1, "maxLength": 1000}
SUPPLEMENT = request(
    {
        "answers": {
            "type": "object",
            "title": "补正内容",
            "description": "JSON Pointer of the asked item -> its new value",
        },
        "materials": array(_MATERIAL, title="补正材料"),
        "note": {"type": ["string", "null"], "maxLength": 500, "title": "说明"},
    },
    examples=[{"answers": {"/answers/applicant/mobile": "13000000001"}, "materials": [], "note": "已更正"}],
)
LATER = request(
    {
        "materials": array(_MATERIAL, title="补交的材料", minItems=1),
        "note": {"type": ["string", "null"], "maxLength": 500, "title": "说明"},
    },
    required=("materials",),
    examples=[{"materials": [{"material": "居住证", "sha256": "9f" * 32}], "note": None}],
)
WITHDRAWAL = request(
    {"reason": {"type": "string", "minLength": 1, "maxLength": 500, "title": "撤回原因"}},
    required=("reason",),
    examples=[{"reason": "申请人不再需要"}],
)
ORIGINAL_MOVED = request(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 200, "title": "原件名称"},
        "step": {"type": "string", "enum": ["sent", "received", "returned", "lost"], "title": "去向"},
        "waybill": {"type": ["string", "null"], "maxLength": 64, "title": "快递单号，寄出的必填"},
        "at": {"type": ["string", "null"], "title": "时间", "description": "RFC 3339 with offset; now when absent"},
    },
    required=("name", "step"),
    examples=[{"name": "居民户口簿", "step": "sent", "waybill": "EA123456789CN"}],
)
CORRECTION = request(
    {
        "answers": {
            "type": "object",
            "title": "更正的内容",
            "description": "JSON Pointer of a filled place -> its right value; not identity, place or materials",
        },
        "reason": {"type": "string", "minLength": 1, "maxLength": 200, "title": "理由"},
    },
    required=("answers", "reason"),
    examples=[{"answers": {"/answers/applicant/mobile": "13000000009"}, "reason": "录入时号码打错一位"}],
)
CONTACT = request(
    {
        "way": {"type": "string", "enum": ["phone", "window", "sms", "letter"], "title": "联系方式"},
        "reached": {"type": "boolean", "title": "是否联系上"},
        "text": {"type": ["string", "null"], "maxLength": 500, "title": "说了什么"},
    },
    required=("way", "reached"),
    examples=[{"way": "phone", "reached": True, "text": "已告知需补户口簿"}],
)
URGE = request({"text": {**_TEXT_1000, "title": "催办内容"}}, required=("text",), examples=[{"text": "请尽快办理"}])
NOTE = request(
    {
        "text": {**_TEXT_1000, "title": "留言内容"},
        "attachments": array({"type": ["string", "object"], "description": "SHA-256, or an attachment"}, title="附件"),
    },
    required=("text",),
    examples=[{"text": "材料原件已寄出", "attachments": []}],
)
HAND_OVER = request(
    {
        "method": {"type": "string", "enum": ["window", "post", "electronic"], "title": "送达方式"},
        "to": {"type": "string", "minLength": 1, "maxLength": 60, "title": "领取人"},
        "at": {"type": ["string", "null"], "title": "送达时间", "description": "RFC 3339 with offset; now when absent"},
        "waybill": {"type": ["string", "null"], "maxLength": 40, "title": "快递单号"},
        "proof": {"type": ["string", "null"], "title": "送达凭证", "description": "SHA-256 of a file put before"},
    },
    required=("method", "to"),
    examples=[{"method": "window", "to": "张三", "at": "2026-11-25T10:00:00+08:00", "waybill": None, "proof": None}],
)
_GRADE = {"type": "integer", "minimum": 1, "maximum": 5}
RATING = request(
    {
        "window": {**_GRADE, "title": "对窗口的评价"},
        "handler": {**_GRADE, "title": "对业务属地的评价"},
        "text": {"type": ["string", "null"], "maxLength": 500, "title": "意见"},
    },
    required=("window", "handler"),
    examples=[{"window": 5, "handler": 4, "text": ""}],
)
