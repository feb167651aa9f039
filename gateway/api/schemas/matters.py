"""Matters and their forms."""

from gateway.api.schemas.parts import CODE, TEXT, Schema, answer, array, maybe, page

MODES = ("online", "collect_and_forward", "joint")
DIRECTIONS = ("both", "outbound", "inbound")

MATTER: Schema = answer(
    {
        "id": {"type": "string", "description": "<agreement>.<local_basic_code>, stable over versions"},
        "agreement": TEXT,
        "version": {"type": "integer"},
        "line": {"type": "integer"},
        "name": TEXT,
        "sub_item": maybe(TEXT),
        "matter_type": TEXT,
        "service_object": TEXT,
        "department": TEXT,
        "codes": answer({"local_basic": TEXT, "local_implement": TEXT}),
        "mode": {"type": "string", "enum": list(MODES)},
        "direction": {"type": "string", "enum": list(DIRECTIONS)},
        "handlers": array(answer({"code": CODE, "name": TEXT, "basic_code": TEXT, "implement_code": TEXT})),
        "limits": answer(
            {
                "statutory_days": {"type": "integer"},
                "promised_days": {"type": "integer"},
                "instant": {"type": "boolean"},
            }
        ),
        "materials": array(
            answer(
                {
                    "name": TEXT,
                    "e_certificate": {"type": "boolean"},
                    "later_days": {"type": "integer", "description": "可容缺：几个工作日内补交；没有这一项不可容缺"},
                    "most_bytes": {"type": "integer", "description": "每份文件最多的字节数"},
                    "most_files": {"type": "integer", "description": "最多几份文件"},
                },
                optional=("later_days", "most_bytes", "most_files"),
            )
        ),
        "result": answer(
            {"name": TEXT, "delivery": array({"type": "string", "enum": ["electronic", "window", "post"]})}
        ),
        "fee": maybe(TEXT),
        "contact": maybe(TEXT),
        "remarks": maybe(TEXT),
        "guide_only": {"type": "boolean"},
        "suspended": {"description": "null: not suspended"},
        "form": TEXT,
        "duties": {"type": "object", "description": "办理分工 that the line says otherwise than its mode: duty -> who"},
        "joint": {
            "type": "object",
            "description": "several places share the case out: parts, lead, join, on_refusal, on_withdrawal",
        },
    },
    optional=("duties", "joint"),
    examples=[
        {
            "id": "zaoyang.002014006001",
            "agreement": "zaoyang",
            "version": 1,
            "line": 1,
            "name": "社会保险参保缴费记录查询",
            "sub_item": "",
            "matter_type": "公共服务",
            "service_object": "自然人",
            "department": "人力资源和社会保障局",
            "codes": {"local_basic": "002014006001", "local_implement": "11421321MB9T00018X4002014006001"},
            "mode": "online",
            "direction": "both",
            "handlers": [
                {
                    "code": "420683",
                    "name": "枣阳市",
                    "basic_code": "002014006001",
                    "implement_code": "11420683MB9T0001824002014006001",
                }
            ],
            "limits": {"statutory_days": 1, "promised_days": 0, "instant": True},
            "materials": [{"name": "居民身份证", "e_certificate": True}],
            "result": {"name": "参保缴费记录", "delivery": ["electronic", "window"]},
            "fee": "不收费",
            "contact": "随县政务服务中心跨域通办窗口",
            "remarks": "",
            "guide_only": False,
            "suspended": None,
            "form": "shebao_canbao_jilu_chaxun",
        }
    ],
)
MATTER_LIST = page({"$ref": "#/components/schemas/Matter"})
FORM = answer(
    {
        "id": TEXT,
        "version": {"type": "integer"},
        "schema": {"type": "object", "description": "JSON Schema 2020-12 with x-rules"},
    },
    examples=[{"id": "plain", "version": 1, "schema": {"type": "object"}}],
)
