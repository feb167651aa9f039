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
    correction,
    desk,
    drafts,
    evidence,
    files,
    inbox,
    new_application,
    originals,
    owner,
    papers,
    post,
    queue,
    reveal,
    sign_in,
    stream,
    supplement,
)

FAMILIES = (
    advice,  # before papers: its address would be taken for a paper's
    agreements,
    calendar,
    case,
    case_deeds,
    correction,
    desk,
    drafts,
    evidence,
    files,
    inbox,
    new_application,
    originals,
    owner,
    papers,
    post,
    queue,
    reveal,
    sign_in,
    stream,
    supplement,
)


def add(app: web.Application) -> None:
    """Add every page, and the folder of static files."""
    app.router.add_static(assets.URL, packed.laid_out(assets.STATIC, app[keys.SETTINGS].data))
    for family in FAMILIES:
        app.router.add_routes(family.routes())
