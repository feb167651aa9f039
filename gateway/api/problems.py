"""Problems: the one error body of the API (RFC 9457), and one table from what happened to what is answered."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from aiohttp import web

from gateway import logs, outages
from gateway.api.requests import BadQuery, MediaType, MissingKey
from gateway.applications import errors as case
from gateway.attachments import errors as files
from gateway.auth.assertions import TokenRefused
from gateway.auth.rate_limit import TooMany
from gateway.auth.tokens import BadToken
from gateway.coordination import errors as office
from gateway.streams import TooManyStreams
from messaging.inbox import Unverified
from messaging.strict_json import Malformed
from partners.couriers.on_behalf import NoKeyHeld
from partners.couriers.polling import NoSuchDelivery, WrongReceipt
from partners.registry import UnknownPartner

log = logging.getLogger(__name__)


class Finding(Protocol):
    """One thing that is wrong, whichever room found it."""

    @property
    def pointer(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def detail(self) -> str: ...


class MissingScope(Exception):
    """The token is good, but not for this."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem: status, the last part of its `type`, its title, and what to do when nothing better is known."""

    status: int
    type: str
    title: str
    detail: str


MALFORMED = Kind(
    400, "malformed", "请求无法读取", "请求体须为 UTF-8 编码的 JSON：不得有重复的键、NaN，嵌套不超过 64 层。"
)
TOKEN = Kind(401, "token", "需要有效的令牌", "请用 POST /api/v1/token 取得令牌，并放在 Authorization: Bearer 中。")
SCOPE = Kind(403, "scope", "权限不足", "该令牌的权限范围不包括此项操作。")
NOT_FOUND = Kind(404, "not-found", "没有找到", "没有这个资源，或者它不属于您。")
METHOD = Kind(405, "method", "不支持的方法", "该地址不支持这个 HTTP 方法，支持的方法见 Allow。")
SLOW = Kind(408, "timeout", "请求体传送过慢", "请求体没有在 30 秒内传完，请重试。")
STATE = Kind(409, "state", "当前状态不能这样做", "办件当前的状态不允许此项操作。")
IN_FLIGHT = Kind(409, "in-flight", "同一请求正在处理", "使用相同 Idempotency-Key 的请求还在处理，请稍后重试。")
TOO_LARGE = Kind(413, "too-large", "内容太大", "请求体不超过 1 MiB，附件不超过 50 MiB。")
MEDIA_TYPE = Kind(415, "media-type", "内容类型不受支持", "请按接口文档设置 Content-Type，且不要使用 Content-Encoding。")
VALIDATION = Kind(422, "validation", "申请内容有误", "请按 errors 逐项改正后重新提交。")
REUSED = Kind(422, "idempotency-key-reused", "Idempotency-Key 已用于其他内容", "请换一个新的 Idempotency-Key。")
UNVERIFIED = Kind(
    422, "unverified", "报文无法验证", "报文未被采信，已隔离保存。请核对签名、密钥、source 与 recipient。"
)
RATE = Kind(429, "rate-limit", "请求过于频繁", "请按 Retry-After 稍后重试。")
INTERNAL = Kind(500, "internal", "系统出错", "错误已记录，请稍后重试；仍不行时请提供 instance 中的编号。")
UNAVAILABLE = Kind(503, "unavailable", "暂时不能处理", "请求没有生效，请按 Retry-After 稍后重试。")

TABLE: tuple[tuple[type[Exception], Kind], ...] = (
    (Malformed, MALFORMED),
    (MissingKey, MALFORMED),
    (BadToken, TOKEN),
    (MissingScope, SCOPE),
    (case.Forbidden, SCOPE),
    (case.NotFound, NOT_FOUND),
    (office.Forbidden, SCOPE),
    (office.NotFound, NOT_FOUND),
    (office.Refused, STATE),
    (NoSuchDelivery, NOT_FOUND),
    (UnknownPartner, NOT_FOUND),
    (case.WrongState, STATE),
    (case.InFlight, IN_FLIGHT),
    (files.NotFound, NOT_FOUND),
    (files.TooLarge, TOO_LARGE),
    (files.WrongType, MEDIA_TYPE),
    (files.StoreFull, UNAVAILABLE),
    (files.NotScanned, UNAVAILABLE),
    (files.NoSuchUpload, NOT_FOUND),
    (files.WrongOffset, STATE),
    (files.OtherContent, VALIDATION),
    (files.TooManyUploads, RATE),
    (MediaType, MEDIA_TYPE),
    (case.Invalid, VALIDATION),
    (BadQuery, VALIDATION),
    (WrongReceipt, VALIDATION),
    (NoKeyHeld, UNVERIFIED),
    (case.IdempotencyReused, REUSED),
    (Unverified, UNVERIFIED),
    (TooMany, RATE),
    (TooManyStreams, RATE),
    (case.Busy, UNAVAILABLE),
)
BY_STATUS = {
    400: MALFORMED,
    404: NOT_FOUND,
    405: METHOD,
    408: SLOW,
    413: TOO_LARGE,
    415: MEDIA_TYPE,
}
OAUTH = {"invalid_client": TOKEN}  # RFC 6749's word -> kind; every other one is a request that cannot be read
RECEIPT_WORDS = {
    "not_a_receipt": ("/type", "这不是一份 receipt 报文"),
    "names_another_message": ("/data/receipts", "回执没有提到这份投递"),
    "unknown_outcome": ("/outcome", "outcome 须为 applied、held、parked 或 conflict"),
}


def answer(request: web.Request, error: Exception) -> web.Response:
    """The problem for an error. What is not in the table is our own fault: logged, and told without detail."""
    kind = kind_of(error)
    if kind is INTERNAL:
        log.error("request failed: %s", type(error).__name__, exc_info=error)
    return problem(
        kind,
        detail=_detail(error, kind),
        errors=_errors(error),
        extra={"error": error.error} if isinstance(error, TokenRefused) else {},
        headers=_headers(request, error, kind),
    )


def problem(
    kind: Kind,
    *,
    detail: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A problem body: `{"type","title","status","detail","instance","errors"}`; `instance` is the trace id."""
    body: dict[str, Any] = {
        "type": f"/problems/{kind.type}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.detail,
        "instance": logs.trace_id.get(),
        "errors": list(errors),
        **(extra or {}),
    }
    return web.Response(
        status=kind.status, body=orjson.dumps(body), content_type="application/problem+json", headers=headers
    )


def kind_of(error: Exception) -> Kind:
    """The kind of problem that an error is."""
    for what, kind in TABLE:
        if isinstance(error, what):
            return kind
    if isinstance(error, TokenRefused):
        return OAUTH.get(error.error, MALFORMED)
    if isinstance(error, web.HTTPException):
        return BY_STATUS.get(error.status, MALFORMED if error.status < 500 else INTERNAL)
    return UNAVAILABLE if outages.passing(error) else INTERNAL


def _detail(error: Exception, kind: Kind) -> str:
    if isinstance(error, files.WrongType | files.NotScanned | files.WrongOffset | files.TooManyUploads):
        return error.text
    said = isinstance(error, case.WrongState | office.Refused | TokenRefused | MissingKey)
    return (str(error) if said else "") or kind.detail


def _errors(error: Exception) -> list[Mapping[str, str]]:
    if isinstance(error, case.Invalid | BadQuery):
        return [_finding(finding) for finding in error.findings]
    if isinstance(error, WrongReceipt):
        pointer, detail = RECEIPT_WORDS.get(str(error), ("", VALIDATION.detail))
        return [{"pointer": pointer, "code": str(error), "detail": detail}]
    if isinstance(error, files.WrongType):
        return [{"pointer": "", "code": error.reason, "detail": error.text}]
    if isinstance(error, files.OtherContent):
        return [{"pointer": "/sha256", "code": "differs", "detail": "收到的内容与给出的 sha256 不同，没有保存"}]
    if isinstance(error, Unverified):
        return [{"pointer": "", "code": error.reason.partition(":")[0], "detail": UNVERIFIED.detail}]
    return []


def _finding(finding: Finding) -> Mapping[str, str]:
    return {"pointer": finding.pointer, "code": finding.code, "detail": finding.detail}


def _headers(request: web.Request, error: Exception, kind: Kind) -> dict[str, str]:
    headers: dict[str, str] = {}
    if kind.status in {429, 503} or kind is IN_FLIGHT:
        headers["Retry-After"] = str(getattr(error, "seconds", 2))
    if kind is TOKEN:
        invalid = ', error="invalid_token"' if "Authorization" in request.headers else ""
        basic = isinstance(error, TokenRefused)
        headers["WWW-Authenticate"] = 'Basic realm="tongban"' if basic else f'Bearer realm="tongban"{invalid}'
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return headers
