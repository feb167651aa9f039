"""缩略图: a small picture of a picture, for lists of files; a drawn sign where none can be made."""

from aiohttp import web

from gateway import keys
from gateway.attachments import thumbnails
from gateway.auth.decisions import signed_in
from gateway.web import assets
from gateway.web.pages import files

# Long enough to leaf through a case, too short to lie on a shared PC; another session asks anew.
KEPT_FOR = {"Cache-Control": "private, max-age=300", "Vary": "Cookie"}
SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox"}
SIGN = assets.STATIC / "no-thumbnail.svg"


@signed_in(*files.HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """The small picture of a file that the person's county may open; what is no picture is not found here."""
    sha256, jurisdiction = request.match_info["sha256"], request[keys.ACTOR].jurisdiction
    drawn = await request.app[keys.THUMBNAILS].of(sha256, jurisdiction)
    if drawn is None:
        return web.FileResponse(SIGN, headers=SAFE)
    return web.Response(body=drawn, content_type=thumbnails.MEDIA_TYPE, headers={**SAFE, **KEPT_FOR})


def routes() -> list[web.RouteDef]:
    """One address for each file."""
    return [web.get("/files/{sha256}/thumbnail", show)]
