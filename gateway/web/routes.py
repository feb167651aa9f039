"""Every page's route, collected from the page families."""

from aiohttp import web

from gateway import keys
from gateway.web import assets, packed
from gateway.web.pages import (
    absence,
    advice,
    agreements,
    bulk,
    calendar,
    case,
    case_deeds,
    correction,
    coverage,
    desk,
    drafts,
    evidence,
    fees,
    files,
    inbox,
    later,
    ledger,
    list_files,
    lists,
    materials,
    new_application,
    on_behalf,
    originals,
    owner,
    papers,
    pending,
    phrases,
    post,
    queue,
    ratings,
    reveal,
    shifts,
    sign_in,
    stream,
    supplement,
    thumbnail,
    uploads,
    vertical,
)

FAMILIES = (
    advice,  # before papers: its address would be taken for a paper's
    bulk,  # before case: its address would be taken for a case's
    pending,
    absence,
    coverage,  # before lists: its addresses would be taken for agreements
    agreements,
    calendar,
    case,
    case_deeds,
    correction,
    desk,
    drafts,
    evidence,
    fees,
    files,
    inbox,
    ledger,
    list_files,
    lists,
    later,
    materials,
    new_application,
    on_behalf,
    originals,
    owner,
    papers,
    phrases,
    post,
    queue,
    ratings,
    reveal,
    shifts,
    sign_in,
    stream,
    supplement,
    thumbnail,
    vertical,
    uploads,
)


def add(app: web.Application) -> None:
    """Add every page, and the folder of static files."""
    app.router.add_static(assets.URL, packed.laid_out(assets.STATIC, app[keys.SETTINGS].data))
    for family in FAMILIES:
        app.router.add_routes(family.routes())
