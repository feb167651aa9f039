"""Progress as an applicant is told it, and the question for it."""

from gateway.api.schemas.parts import DATE, NUMBER, STATE, TEXT, TIME, answer, array, maybe, request

QUESTION = request(
    {
        "number": {"type": "string", "minLength": 1, "maxLength": 22, "title": "办件编号"},
        "code": {"type": "string", "minLength": 1, "maxLength": 40, "title": "查询码"},
    },
    required=("number", "code"),
    examples=[{"number": "421321202611242000001G", "code": "7KXM4-9TWCA"}],
)
_CLOCK = answer(
    {
        "label": TEXT,
        "due": DATE,
        "working_days_left": maybe({"type": "integer", "minimum": 0}),
        "state": {"type": "string", "enum": ["running", "stopped", "overdue"]},
        "provisional": {"type": "boolean"},
    }
)
PROGRESS = answer(
    {
        "number": NUMBER,
        "received_on": DATE,
        "origin": TEXT,
        "handler": TEXT,
        "state": STATE,
        "state_text": TEXT,
        "steps": array(answer({"name": TEXT, "done": {"type": "boolean"}})),
        "waits_for": TEXT,
        "explained": TEXT,
        "clocks": array(_CLOCK),
        "supplement": maybe(answer({"due_by": DATE, "bring": array(TEXT)})),
        "phones": array(TEXT),
        "as_of": TIME,
    },
    examples=[
        {
            "number": "421321202611242000001G",
            "received_on": "2026-11-24",
            "origin": "随县",
            "handler": "枣阳市",
            "state": "SUBMITTED",
            "state_text": "对方已接收",
            "steps": [
                {"name": "已收件", "done": True},
                {"name": "已转送", "done": True},
                {"name": "对方已接收", "done": True},
                {"name": "受理", "done": False},
                {"name": "办结", "done": False},
                {"name": "送达申请人", "done": False},
            ],
            "waits_for": "等待枣阳市告知是否受理",
            "explained": "已收件、已转送、对方已接收、受理、办结是不同的几步：收件和接收都不等于受理，受理不等于办结。",
            "clocks": [
                {
                    "label": "告知是否受理的期限",
                    "due": "2026-12-01",
                    "working_days_left": 5,
                    "state": "running",
                    "provisional": False,
                }
            ],
            "supplement": None,
            "phones": ["随县政务服务中心 0722-0000001"],
            "as_of": "2026-11-24T10:00:00+08:00",
        }
    ],
)
