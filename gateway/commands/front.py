"""`front`: where applicants ask for their case's progress; a program of its own, without database, settings and keys."""

from argparse import ArgumentTypeError, Namespace
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
        uvloop.run(serving.serve(arguments.gateway, client, sign, host=arguments.host, port=arguments.port))
    return answers.DONE


def address(text: str) -> str:
    """An argument: the gateway's address, nothing behind its path."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ArgumentTypeError(f"'{text}' 应如 https://tongban.example.gov.cn (an address of the gateway)")
    return text
