"""Where a request came from, for limits and audit lines."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

Networks = Sequence[IPv4Network | IPv6Network]
HERE: Networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PROXIES: web.AppKey[Networks] = web.AppKey("proxies")  # whose X-Forwarded-For is believed; absent: this machine's


def address_of(request: web.Request) -> str:
    """Where the request came from; behind a proxy that we trust, the last address that the proxy says."""
    peer = request.remote or "-"
    if _trusted(peer, request.app.get(PROXIES, HERE)):
        return request.headers.get("X-Forwarded-For", peer).rpartition(",")[2].strip()[:45] or peer
    return peer


def _trusted(peer: str, proxies: Networks) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in proxies)
