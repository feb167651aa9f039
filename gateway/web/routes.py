"""Every page's route, collected from the page families."""

from aiohttp import web

from gateway.web import assets
from gateway.web.pages import (
    case,
    case_deeds,
    drafts,
    files,
    new_application,
    queue,
    reveal,
    sign_in,
    slip,
    stream,
    supplement,
)

FAMILIES = (case, case_deeds, drafts, files, new_application, queue, reveal, sign_in, slip, stream, supplement)


def add(app: web.Application) -> None:
    """Add every page, and the folder of static files."""
    app.router.add_static(assets.URL, assets.STATIC)
    for family in FAMILIES:
        app.router.add_routes(family.routes())
