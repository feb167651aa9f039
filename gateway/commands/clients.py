"""`clients add`: a program of home that may use the API, with a secret that is shown once."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime

from gateway import database, settings
from gateway.auth.clients import BadClient, Clients, Program
from gateway.commands import answers


def add(arguments: Namespace) -> int:
    """`{"client_id","client_secret","scopes","jurisdiction"}`; the same id again gets a new secret."""
    configured = settings.read()
    program = Program(arguments.client_id, configured.home, frozenset(arguments.scopes.split(",")))
    try:
        secret = asyncio.run(_add(configured, program))
    except BadClient as bad:
        raise answers.WrongUse(str(bad)) from None
    told = {
        "client_id": program.client_id,
        "client_secret": secret,
        "scopes": sorted(program.scopes),
        "jurisdiction": program.jurisdiction,
    }
    if arguments.json:
        return answers.give_json(told)
    answers.tell("密钥只显示这一次 (the secret is shown this once)")
    return answers.give_lines([f"客户端 {program.client_id}", f"密钥 {secret}"])


async def _add(configured: settings.Settings, program: Program) -> str:
    async with database.opened(configured):
        return await Clients(lambda: datetime.now(UTC)).add(program)
