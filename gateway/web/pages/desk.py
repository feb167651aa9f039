"""对方经办台: where the operator of a partner without a system of its own reads cases and answers them."""

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json
from gateway.web.handling_side import Side
from gateway.web.pages import handling

ONLY_LOOKING = "本县由业务系统直接办理，此处仅供查看。"


async def _open(request: web.Request) -> Case:
    """The first opening by a named operator is the county's receipt."""
    return await request.app[keys.DESK_ROOM].open(request[keys.ACTOR], request.match_info["number"])


async def _act(request: web.Request, number: str, deed: str, body: Json, key: str | None) -> str:
    said = await request.app[keys.DESK_ROOM].say(request[keys.ACTOR], number, deed, body, key)
    return said.outcome


def _why_closed(request: web.Request) -> str | None:
    return None if request.app[keys.DESK_ROOM].here(request[keys.ACTOR]) else ONLY_LOOKING


SIDE = Side(
    key="desk",
    address="/desk",
    title="待办来件",
    about="对方窗口收件、由本县决定的申请",
    readers=("partner_operator",),
    hands=("partner_operator",),
    role="origin",  # on our side it is the origin's copy that the operator works on
    open=_open,
    act=_act,
    why_closed=_why_closed,
    preview=None,
)


def routes() -> list[web.RouteDef]:
    """The operator's pages."""
    return handling.routes(SIDE)
