"""The guard against forged requests: did a form really come from one of our own pages?"""

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from gateway import keys

FIELD, HEADER = "_csrf", "X-CSRF-Token"


class Forged(Exception):
    """A request that changes something did not come from one of our own pages."""


def check_origin(request: web.Request) -> None:
    """Raise Forged for a request that another site made the browser send.

    Fetch metadata decides where the browser sends it; otherwise the Origin must be ours. A program that sends neither
    has no cookie that it was tricked into sending.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Forged
        return
    origin = request.headers.get("Origin")
    public = request.app[keys.SETTINGS].public_url or ""
    if origin is not None and urlsplit(origin).netloc not in {request.host, urlsplit(public).netloc} - {""}:
        raise Forged


def check_form_token(request: web.Request, given: str | None) -> None:
    """Raise Forged unless `given` is the session's form token. For handlers that read a large body themselves."""
    expected = request.get(keys.CSRF)
    if expected is None or not hmac.compare_digest(expected.encode(), (given or "").encode()):
        raise Forged


async def token_in(request: web.Request) -> str | None:
    """The form token that a request brings: in the header of a script, or in the form's own field."""
    if HEADER in request.headers:
        return request.headers[HEADER]
    field = (await request.post()).get(FIELD)
    return field if isinstance(field, str) else None
