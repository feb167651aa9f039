"""The OpenAPI 3.1 document, built from the table of routes and the catalogue of shapes."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from gateway.api.operations import JSON, Body, Operation, Query
from gateway.api.schemas import catalogue
from gateway.api.schemas.parts import TEXT, ref
from gateway.auth import decisions

Json = dict[str, Any]
VERSION = "1.0.0"
PROBLEM = "application/problem+json"
OCTETS = "*/*"
ABOUT = """\
跨域通办办件协同接口：提交与查询办件，送取协作地区之间的签名报文，查看通办协议与清单。

身份：先用 `POST /api/v1/token` 取得令牌，再以 `Authorization: Bearer` 调用。错误一律是 `application/problem+json`，
`errors` 以 JSON Pointer 指明请求体中的位置，一次列出全部错误，不回显任何填写内容。列表为 `{items, next}`，`next` 放进下一次的
`after`。响应可能增加成员，请忽略不认识的；请求中不认识的成员会被拒绝（422，`unknown`）。时间为带时区的 RFC 3339。

协作地区之间的报文格式见 [AsyncAPI 文档](/api/asyncapi.json)，验签公钥见 `/.well-known/jwks.json`。
"""
SAYS = {
    200: "成功",
    201: "已建立",
    202: "已收存",
    204: "已完成",
    400: "请求无法读取（malformed）",
    401: "令牌缺失或无效（token）",
    403: "权限不足（scope）",
    404: "没有找到，或不属于贵方（not-found）",
    408: "请求体传送过慢（timeout）",
    409: "当前状态不能这样做（state），或同一请求正在处理（in-flight）",
    413: "内容太大（too-large）",
    415: "内容类型不受支持（media-type）",
    422: "内容有误（validation）等",
    429: "请求过于频繁（rate-limit）",
    503: "暂时不能处理（unavailable）",
}
RETRY = {409, 429, 503}


def document(operations: Iterable[Operation], public_url: str | None) -> Json:
    """The whole document as plain JSON; every reference in it is local."""
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    tags = list(dict.fromkeys(operation["tags"][0] for path in paths.values() for operation in path.values()))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tongban 通办接口", "version": VERSION, "description": ABOUT},
        "servers": [{"url": public_url or "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": dict(catalogue.SCHEMAS),
            "securitySchemes": {
                "token": {
                    "type": "oauth2",
                    "description": "client credentials；有效 600 秒",
                    "flows": {"clientCredentials": {"tokenUrl": "/api/v1/token", "scopes": _scopes()}},
                }
            },
        },
    }


def _scopes() -> dict[str, str]:
    return {
        "applications": "提交、查询办件",
        "agreements": "查看协议与清单",
        "events": "订阅办件变化",
        "messages": "收发协作地区报文",
        "progress": "凭办件编号和查询码查询进度",
    }


def _operation(operation: Operation) -> Json:
    about: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.says,
        "security": _security(operation),
        "responses": _responses(operation),
    }
    if operation.more:
        about["description"] = operation.more
    if parameters := _parameters(operation):
        about["parameters"] = parameters
    if operation.takes:
        about["requestBody"] = {
            "required": True,
            "content": {body.media_type: _content(body) for body in operation.takes},
        }
    return about


def _security(operation: Operation) -> list[Json]:
    decision = decisions.of(operation.handler)
    if decision is None or decision.kind == "public":
        return []
    return [{"token": [scope]} for scope in sorted(decision.scopes)]


def _parameters(operation: Operation) -> list[Json]:
    in_path = [_parameter(Query(name, ""), "path") for name in re.findall(r"{(\w+)}", operation.path)]
    in_query = [_parameter(query, "query") for query in operation.query]
    in_header = [_parameter(header, "header") for header in operation.headers]
    if operation.repeatable != "no":
        key = Query("Idempotency-Key", "重复同一请求时用同一个值", {"type": "string", "minLength": 1, "maxLength": 255})
        in_header.append({**_parameter(key, "header"), "required": operation.repeatable == "required"})
    return in_path + in_query + in_header


def _parameter(query: Query, where: str) -> Json:
    about: Json = {"name": query.name, "in": where, "required": where == "path", "schema": query.schema}
    return about | {"description": query.says} if query.says else about


def _responses(operation: Operation) -> Json:
    answers = {str(status): _answer(operation, status, body) for status, body in operation.answers.items()}
    return answers | {str(status): _problem(status) for status in operation.problems}


def _answer(operation: Operation, status: int, body: Body | None) -> Json:
    about: Json = {"description": SAYS[status]}
    if body is not None:
        about["content"] = {body.media_type: _content(body)}
    if status == 201 and operation.repeatable == "required":
        about["headers"] = {
            "Location": {"description": "办件的地址", "schema": TEXT},
            "Idempotency-Replayed": {"description": "true：这是以前的回答", "schema": TEXT},
        }
    return about


def _problem(status: int) -> Json:
    about: Json = {"description": SAYS[status], "content": {PROBLEM: {"schema": ref("Problem")}}}
    if status in RETRY:
        about["headers"] = {"Retry-After": {"description": "几秒后再试", "schema": {"type": "integer"}}}
    return about


@lru_cache(maxsize=128)
def _content(body: Body) -> Mapping[str, Any]:
    if body.schema is None:
        return {} if body.media_type == OCTETS else {"schema": TEXT}
    content: Json = {"schema": ref(body.schema)}
    examples = catalogue.SCHEMAS[body.schema].get("examples")
    if examples and body.media_type == JSON:
        content["example"] = examples[0]
    return content
