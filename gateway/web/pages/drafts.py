"""暂存: the form kept on the server while it is being filled in, by a script every few seconds or by its button."""

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web import drafts_kept
from gateway.web import posted as posting
from gateway.web.filing_form import Filing
from matters_map.lookup import Route


@signed_in("clerk", streams_body=True)
async def keep(request: web.Request) -> web.StreamResponse:
    """Keep what is on the screen: `{"draft": id}` for the script, the form again for the button."""
    posted = await posting.read(request)
    library, settings = request.app[keys.MATTERS], request.app[keys.SETTINGS]
    route = library.index.route(posted.get("matter"), posted.get("handler") or None)
    if not isinstance(route, Route):
        raise web.HTTPNotFound
    filing = Filing.of(library.forms, route.matter, route.handler, settings.home)
    filled = filing.read(posted.form, posted.digests)
    drafts, actor = request.app[keys.CASE_ROOM].drafts, request[keys.ACTOR]
    draft = await drafts_kept.keep(drafts, actor, posted.get("draft"), filing, filled, posted.form)
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"draft": draft})
    raise web.HTTPSeeOther(f"/applications/new?draft={draft}")


@signed_in("clerk")
async def delete(request: web.Request) -> web.StreamResponse:
    """Throw one away."""
    await drafts_kept.drop(request.app[keys.CASE_ROOM].drafts, request[keys.ACTOR], request.match_info["id"])
    raise web.HTTPSeeOther("/applications/new?told=deleted")


def routes() -> list[web.RouteDef]:
    """Keep and throw away; the list stands on the page of a new case."""
    return [web.post("/drafts", keep), web.post("/drafts/{id}/deletion", delete)]
