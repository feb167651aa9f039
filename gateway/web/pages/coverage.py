"""覆盖与互惠、同一事项各地对照: which matters with which partner in which direction; what each asks for the same matter."""

from typing import Any

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web.rendering import page
from matters_map import side_by_side
from matters_map.matters import split_list

READERS = ("clerk", "officer", "coordinator", "auditor")
KINDS = {"both": "双向", "outbound": "本地收", "inbound": "对方收", "guide": "仅导办", "resting": "暂停"}
LISTS = frozenset({"materials", "result_delivery"})
VIEWS = {"": "全部", "gaps": "有的地区没有约定", "one_way": "只有单向", "unused": "从来没有办过"}


@signed_in(*READERS)
async def matrix(request: web.Request) -> web.StreamResponse:
    """Every matter over every partner, narrowed to gaps, one-way ones, or those that were never used."""
    used = await request.app[keys.CASE_ROOM].used(request[keys.ACTOR])
    partners, every = side_by_side.coverage(request.app[keys.MATTERS].index.matters(), used)
    view = request.query.get("view", "")
    kept = {
        "gaps": [row for row in every if len(row.cells) < len(partners)],
        "one_way": [row for row in every if row.one_way],
        "unused": [row for row in every if row.unused],
    }
    rows = kept.get(view, every)
    tabs = [
        {"label": label, "href": f"/agreements/matrix?view={name}" if name else "/agreements/matrix",
         "count": len(kept.get(name, every)), "current": name == view}
        for name, label in VIEWS.items()
    ]  # fmt: skip
    context: dict[str, Any] = {
        "here": "agreements", "wide": True, "partners": partners, "rows": rows, "kinds": KINDS, "tabs": tabs,
    }  # fmt: skip
    return page(request, "coverage/matrix.html", context)


@signed_in(*READERS)
async def same(request: web.Request) -> web.StreamResponse:
    """One matter as each agreement has it."""
    code = request.query.get("code", "")
    matters, rows = side_by_side.same(request.app[keys.MATTERS].index.matters(), code)
    if not matters:
        raise web.HTTPNotFound
    shown = [
        {"title": row.title, "differs": row.differs, "values": [_said(row.field, value) for value in row.values]}
        for row in rows
    ]
    context = {"here": "agreements", "wide": True, "code": code, "matters": matters, "rows": shown}
    return page(request, "coverage/same.html", context)


def _said(field: str, value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return split_list(value) if field in LISTS else [str(value)]


def routes() -> list[web.RouteDef]:
    """Before the agreements' own: these two words are no agreement's id."""
    return [web.get("/agreements/matrix", matrix), web.get("/agreements/same", same)]
