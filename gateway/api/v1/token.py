"""The token resource: client credentials in, a bearer token out."""

from aiohttp import web

from gateway import keys
from gateway.api import requests
from gateway.api.operations import Body, Operation
from gateway.api.requests import MediaType
from gateway.auth.addresses import address_of
from gateway.auth.assertions import TokenRefused
from gateway.auth.decisions import public

FORM = "application/x-www-form-urlencoded"


@public
async def post(request: web.Request) -> web.Response:
    """A token for a client that proves itself by secret, Basic or a signed assertion."""
    form = await _form(request)
    app, address = request.app, address_of(request)
    app[keys.LIMITS].token_client.take(form.get("client_id") or address)
    try:
        token = await app[keys.TOKENS].issue(form, request.headers.get("Authorization"))
    except TokenRefused as refused:
        app[keys.METRICS].tokens.labels(refused.error).inc()
        app[keys.LIMITS].bad_token_address.take(address)
        raise
    app[keys.METRICS].tokens.labels("ok").inc()
    return web.json_response(token, headers={"Pragma": "no-cache"})


async def _form(request: web.Request) -> dict[str, str]:
    """The form, each field once. Raises TokenRefused, because a client of OAuth expects its word for it."""
    try:
        await requests.raw(request, FORM)
    except MediaType:
        raise TokenRefused("invalid_request", f"Content-Type 须为 {FORM}") from None
    form = await request.post()
    if len(form) != len(set(form)):
        raise TokenRefused("invalid_request", "表单字段重复")
    return {name: value for name, value in form.items() if isinstance(value, str)}


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/token",
        post,
        id="issueToken",
        tag="令牌",
        says="取得访问令牌（client credentials）",
        takes=(Body("TokenRequest", FORM),),
        answers={200: Body("Token")},
        problems=(400, 401, 429),
        more="身份用 client_secret、HTTP Basic 或 client_assertion（private_key_jwt）三者之一证明。"
        "client_assertion 的 iss 与 sub 为 client_id，aud 为本系统地址或其令牌地址，jti 只能用一次。",
    ),
)
