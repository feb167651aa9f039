"""常用语: kept on a page of their own, and picked beside a text."""

import contextlib
from collections.abc import Mapping

from aiohttp import web

from gateway import keys
from gateway.applications.errors import Invalid, NotFound
from gateway.applications.phrases import USES
from gateway.auth.decisions import signed_in
from gateway.web import daily_shown
from gateway.web.forms import Fault
from gateway.web.rendering import page

HANDS = ("clerk", "officer")


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """One's own and the window's."""
    return await _page(request, {}, {"use": request.query.get("use", "")})


async def _page(request: web.Request, wrong: Mapping[str, str], values: Mapping[str, str]) -> web.Response:
    actor = request[keys.ACTOR]
    context = {
        "here": "daily",
        "tabs": daily_shown.tabs("phrases", actor.role),
        "kept": await request.app[keys.PHRASES].all(actor),
        "uses": USES,
        "place": actor.window or actor.department,
        "values": values,
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
    }
    return page(request, "daily/phrases.html", context, status=422 if wrong else 200)


@signed_in(*HANDS)
async def keep(request: web.Request) -> web.StreamResponse:
    """Keep one more."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    shared = form.get("shared") == "true"
    try:
        await request.app[keys.PHRASES].keep(
            request[keys.ACTOR], form.get("use", ""), form.get("text", ""), shared=shared
        )
    except Invalid as error:
        return await _page(request, {one.pointer.strip("/"): one.detail for one in error.findings}, form)
    raise web.HTTPSeeOther(f"/phrases?use={form['use']}")


@signed_in(*HANDS)
async def drop(request: web.Request) -> web.StreamResponse:
    """Throw one away; gone already is as good."""
    with contextlib.suppress(NotFound):
        await request.app[keys.PHRASES].drop(request[keys.ACTOR], request.match_info["phrase"])
    raise web.HTTPSeeOther("/phrases")


@signed_in(*HANDS)
async def pick(request: web.Request) -> web.StreamResponse:
    """What stands beside a text: a choice that puts a sentence in where the cursor is."""
    use = request.query.get("use", "")
    context = {
        "kept": await request.app[keys.PHRASES].all(request[keys.ACTOR], use if use in USES else None),
        "use": use if use in USES else "",
        "target": request.query.get("for", "")[:64],
    }
    return page(request, "daily/picked.html", context)


def routes() -> list[web.RouteDef]:
    """The page and what is picked from it."""
    return [
        web.get("/phrases", show),
        web.post("/phrases", keep),
        web.get("/phrases/pick", pick),
        web.post("/phrases/{phrase}/deletion", drop),
    ]
