"""Agreements and their list versions."""

from gateway.api.schemas.parts import CODE, PLACE, TEXT, TIME, answer, array, maybe, page, request

_WINDOW = answer({"version": {"type": "integer"}, "from": TIME, "to": maybe(TIME)})
AGREEMENT = answer(
    {
        "id": TEXT,
        "name": TEXT,
        "document_number": TEXT,
        "members": array(PLACE),
        "in_force": maybe(_WINDOW),
        "next": maybe(_WINDOW),
    },
    examples=[
        {
            "id": "zaoyang",
            "name": "随县—枣阳市跨域通办协议",
            "document_number": "随政数〔2026〕1号",
            "members": [{"code": "421321", "name": "随县"}, {"code": "420683", "name": "枣阳市"}],
            "in_force": {"version": 1, "from": "2026-01-01T00:00:00+08:00", "to": None},
            "next": None,
        }
    ],
)
AGREEMENT_LIST = page({"$ref": "#/components/schemas/Agreement"})
LIST_VERSION = answer(
    {
        "agreement": TEXT,
        "version": {"type": "integer"},
        "state": {
            "type": "string",
            "enum": ["draft", "proposed", "returned", "signed", "in_force", "superseded", "suspended", "ended"],
        },
        "effective_from": TIME,
        "effective_to": maybe(TIME),
        "hash": {
            "type": "string",
            "description": "SHA-256 of the RFC 8785 text of agreement, version, effective_from, lines",
        },
        "lines": array(
            {"type": "object", "description": "members of the list's columns, with members, form, guide_only"}
        ),
        "signatures": array(answer({"jurisdiction": CODE, "kid": TEXT, "signed_by": TEXT, "at": TIME, "jws": TEXT})),
    },
    examples=[
        {
            "agreement": "zaoyang",
            "version": 1,
            "state": "in_force",
            "effective_from": "2026-01-01T00:00:00+08:00",
            "effective_to": None,
            "hash": "9f" * 32,
            "lines": [],
            "signatures": [],
        }
    ],
)
LIST_SIGNATURE = request(
    {
        "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "jws": {
            "type": "string",
            "maxLength": 8192,
            "description": "compact JWS, typ tongban-list+jws, over {agreement, version, hash} by a pinned key",
        },
    },
    required=["hash", "jws"],
    examples=[{"hash": "9f" * 32, "jws": "eyJ0eXAi….eyJhZ3Jl….8GG41fQD"}],
)
LIST_RETURN = request(
    {
        "comments": array(
            {
                "type": "object",
                "properties": {
                    "line": maybe({"type": "integer", "minimum": 1}),
                    "field": maybe({"type": "string", "maxLength": 64}),
                    "text": {"type": "string", "minLength": 1, "maxLength": 4000},
                },
                "required": ["text"],
                "additionalProperties": False,
            }
        )
    },
    required=["comments"],
    examples=[{"comments": [{"line": 3, "field": "promised_days", "text": "请改为 3 个工作日"}]}],
)
