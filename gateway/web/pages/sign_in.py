"""Sign-in and sign-out, and the front door that sends people to what they work with."""

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import public, signed_in
from gateway.auth.rate_limit import TooMany
from gateway.auth.users import SignInRefused
from gateway.web import going_back, security
from gateway.web.forms import Fault
from gateway.web.rendering import page

# What each role works with first
WORK = {
    "clerk": "/applications",
    "officer": "/inbox",
    "coordinator": "/agreements",
    "signatory": "/agreements",
    "partner_operator": "/desk",
    "auditor": "/applications",
    "administrator": "/post",
}
# One sentence for a wrong name, a wrong password, a locked and a disabled account: nobody learns which it was.
REFUSED = "用户名或密码不对。请检查大小写和输入法；连续 5 次不对，该用户名锁定 15 分钟，其间正确的密码也不能登录。"
LOCKED = "登录失败次数过多，请 {} 分钟后再试。急用或忘记密码，请联系系统管理员重设。"


@signed_in()
async def front_door(request: web.Request) -> web.StreamResponse:
    """`/`: on to the work of the person's role."""
    raise web.HTTPSeeOther(WORK.get(request[keys.ACTOR].role or "", "/agreements"))


@public
async def show(request: web.Request) -> web.StreamResponse:
    """The sign-in page; who is signed in already goes on."""
    if keys.ACTOR in request:
        raise web.HTTPSeeOther(going_back.local(request.query.get("next")))
    return _page(request, back=request.query.get("next"))


@public
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Look at name and password; then back to where the person was."""
    form = await request.post()
    username, password, next_ = (str(form.get(name, "")) for name in ("username", "password", "next"))
    missing = [
        Fault(f"请填写{label}", f"#f-{name}")
        for name, label, value in (("username", "用户名", username.strip()), ("password", "密码", password))
        if not value
    ]
    if missing:
        return _page(request, missing, username, next_)
    try:
        return await _admit(request, username.strip(), password, next_)
    except TooMany as error:
        return _page(request, [Fault(LOCKED.format(-(-error.seconds // 60)), None)], username, next_, 429)
    except SignInRefused:
        return _page(request, [Fault(REFUSED, None)], username, next_)


async def _admit(request: web.Request, username: str, password: str, next_: str) -> web.StreamResponse:
    limits, address = request.app[keys.LIMITS], security.address_of(request)
    limits.sign_in_account.look(username)
    limits.sign_in_address.look(address)
    try:
        person = await request.app[keys.USERS].authenticate(username, password)
    except SignInRefused:
        limits.sign_in_account.take(username)
        limits.sign_in_address.take(address)
        raise
    token = await request.app[keys.SESSIONS].begin(person, ip=address, former=security.session_token(request))
    response = web.Response(status=303, headers={"Location": going_back.local(next_)})
    security.set_cookie(request, response, token)
    return response


@signed_in()
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session here and at the server."""
    token = security.session_token(request)
    if token:
        await request.app[keys.SESSIONS].end(token)
    response = web.Response(status=303, headers={"Location": "/sign-in?out=1"})
    security.drop_cookie(request, response)
    return response


def _page(
    request: web.Request,
    faults: list[Fault] | None = None,
    username: str = "",
    back: str | None = None,
    status: int = 422,
) -> web.Response:
    back = going_back.local(back, "")
    context = {
        "faults": faults or [],
        "refused": next((fault.text for fault in faults or [] if fault.href is None), None),
        "wrong": {fault.href: fault.text for fault in faults or []},
        "username": username[:64],
        "next": back,
        "expired": bool(back) and not faults,
        "signed_out": "out" in request.query,
    }
    return page(request, "sign_in/sign_in.html", context, status=status if faults else 200)


def routes() -> list[web.RouteDef]:
    """The door."""
    return [
        web.get("/", front_door),
        web.get("/sign-in", show),
        web.post("/sign-in", sign_in),
        web.post("/sign-out", sign_out),
    ]
