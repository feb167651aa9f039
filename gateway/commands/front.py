"""`front`: where applicants ask for their case's progress; a program of its own, without database, settings and keys."""

from argparse import ArgumentTypeError, Namespace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from gateway.commands import answers
from gateway.commands.run import port_free
from gateway.front import app, asking, serving


def front(arguments: Namespace) -> int:
    """Serves until SIGINT or SIGTERM, then 0."""
    try:
        client = asking.Client.read(Path(arguments.client))
    except asking.BadClientFile as bad:
        raise answers.WrongUse(f"--client {arguments.client}：{bad}") from None
    sign = app.Sign(arguments.name, arguments.phone)
    with port_free(arguments.port):
        at = {"host": arguments.host, "port": arguments.port}
        uvloop.run(serving.serve(arguments.gateway, client, sign, arguments.trusted_proxies, **at))
    return answers.DONE


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """An argument: networks with commas."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(f"'{text}' 应为逗号隔开的 CIDR (networks with commas)") from None


def address(text: str) -> str:
    """An argument: the gateway's address, nothing behind its path."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ArgumentTypeError(f"'{text}' 应如 https://tongban.example.gov.cn (an address of the gateway)")
    return text
