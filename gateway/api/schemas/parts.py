"""Pieces that several shapes share: codes, times, places, attachments, lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.attachments.store import LIMIT

Schema = dict[str, Any]

CODE: Schema = {"type": "string", "pattern": "^[0-9]{6}$", "description": "GB/T 2260 code of a jurisdiction"}
TIME: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339 with offset, to the second"}
DATE: Schema = {"type": "string", "format": "date"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "title": "SHA-256"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {
    "type": "string",
    "pattern": "^[0-9]{21}[0-9A-Z]$",
    "description": "home + yyyymmdd + source + six digits + ISO 7064 MOD 37,36 check character",
}
STATES = (
    "DRAFT SUBMITTED ACCEPTED SUPPLEMENT SUSPENDED DECIDED HANDED_OVER DECLINED WITHDRAWN EXPIRED".split()  # noqa: SIM905
)
STATE: Schema = {"type": "string", "enum": STATES}


def ref(name: str) -> Schema:
    """A reference to another shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """The shape or null, which means: not given."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema, **more: Any) -> Schema:
    """A list of a shape."""
    return {"type": "array", "items": items, **more}


def answer(properties: Mapping[str, Schema], *, optional: Sequence[str] = (), **more: Any) -> Schema:
    """An object of ours: every member is there but the optional ones; more members may come with time."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, **more}


def request(properties: Mapping[str, Schema], *, required: Sequence[str] = (), **more: Any) -> Schema:
    """An object of the client's: a member that is not named here is refused."""
    shape: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}
    return shape | {"required": list(required)} if required else shape


def page(items: Schema, **more: Any) -> Schema:
    """A page of a list; `next` goes into `after`, null on the last page."""
    return answer({"items": array(items), "next": maybe(TEXT)}, **more)


PLACE = answer({"code": CODE, "name": TEXT})
ATTACHMENT = answer(
    {
        "sha256": SHA256,
        "size": {"type": "integer", "minimum": 0},
        "name": TEXT,
        "media_type": TEXT,
        "scanned": {
            "type": "boolean",
            "description": "only in GET applications/{number}: true when it was looked at for viruses here and found"
            " clean; false when clamd was away as it came in, or the installation has none",
        },
    },
    optional=("scanned",),
    examples=[{"sha256": "9f" * 32, "size": 48213, "name": "身份证.jpg", "media_type": "image/jpeg"}],
)
UPLOAD_WANTED = request(
    {
        "name": {**TEXT, "description": "文件名"},
        "media_type": {**TEXT, "description": "声明的类型，按内容判断为准"},
        "size": {"type": "integer", "minimum": 1, "maximum": LIMIT, "description": "字节数"},
    },
    required=("size",),
)
UPLOAD = answer(
    {
        "id": TEXT,
        "offset": {"type": "integer", "minimum": 0, "description": "已经存妥的字节数，下一段从这里开始"},
        "size": {"type": "integer", "minimum": 1},
        "part_size": {"type": "integer", "description": "每段最多的字节数"},
        "expires_at": TIME,
    }
)
UPLOAD_WHOLE = request({"sha256": SHA256}, required=("sha256",))
PROBLEM = answer(
    {
        "type": {"type": "string", "pattern": "^/problems/"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "instance": {"type": "string", "description": "the trace id, to be quoted when asking for help"},
        "errors": array(answer({"pointer": TEXT, "code": TEXT, "detail": TEXT})),
        "error": {"type": "string", "description": "only from the token resource: RFC 6749's word"},
    },
    optional=("error",),
    examples=[
        {
            "type": "/problems/validation",
            "title": "申请内容有误",
            "status": 422,
            "detail": "请按 errors 逐项改正后重新提交。",
            "instance": "4bf92f3577b34da6a3ce929d0e0e4736",
            "errors": [{"pointer": "/answers/tradeName", "code": "required", "detail": "使用字号的，请填写字号名称"}],
        }
    ],
)
TOKEN = answer(
    {
        "access_token": TEXT,
        "token_type": {"type": "string", "const": "Bearer"},
        "expires_in": {"type": "integer", "description": "seconds"},
        "scope": {"type": "string", "description": "the granted scopes, separated by spaces"},
    },
    examples=[{"access_token": "eyJ…", "token_type": "Bearer", "expires_in": 600, "scope": "applications"}],
)
TOKEN_REQUEST: Schema = {
    "type": "object",
    "properties": {
        "grant_type": {"type": "string", "const": "client_credentials"},
        "client_id": TEXT,
        "client_secret": TEXT,
        "client_assertion": {"type": "string", "description": "a JWT, RFC 7523"},
        "client_assertion_type": {"type": "string", "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        "scope": {"type": "string", "description": "some of the client's scopes; all of them when absent"},
    },
    "required": ["grant_type"],
    "examples": [{"grant_type": "client_credentials", "client_id": "demo-421321", "client_secret": "…"}],
}
HEALTH = answer(
    {"status": TEXT, "checks": {"type": "object", "additionalProperties": TEXT}},
    optional=("checks",),
    examples=[{"status": "ok", "checks": {"database": "ok", "migrations": "ok", "loops": "ok"}}],
)
JWKS = answer({"keys": array({"type": "object"})})
