"""Where a request came from, for limits and audit lines."""

from aiohttp import web


def address_of(request: web.Request) -> str:
    """Where the request came from; behind a proxy on this machine, what the proxy says."""
    peer = request.remote or "-"
    if peer in {"127.0.0.1", "::1"}:
        return request.headers.get("X-Forwarded-For", peer).rpartition(",")[2].strip()[:45] or peer
    return peer
