"""Every page's route, collected from the page families."""

from aiohttp import web

from gateway import keys
from gateway.web import assets, packed
from gateway.web.pages import (
    advice,
    agreements,
    calendar,
    case,
    case_deeds,
    desk,
    drafts,
    evidence,
    files,
    inbox,
    later,
    materials,
    new_application,
    on_behalf,
    originals,
    owner,
    papers,
    post,
    queue,
    reveal,
    sign_in,
    stream,
    supplement,
    uploads,
)

FAMILIES = (
    advice,  # before papers: its address would be taken for a paper's
    agreements,
    calendar,
    case,
    case_deeds,
    desk,
    drafts,
    evidence,
    files,
    inbox,
    later,
    materials,
    new_application,
    on_behalf,
    originals,
    owner,
    papers,
    post,
    queue,
    reveal,
    sign_in,
    stream,
    supplement,
    uploads,
)


def add(app: web.Application) -> None:
    """Add every page, and the folder of static files."""
    app.router.add_static(assets.URL, packed.laid_out(assets.STATIC, app[keys.SETTINGS].data))
    for family in FAMILIES:
        app.router.add_routes(family.routes())
