"""`partners list`: the jurisdictions that we exchange messages with, and how each reads them."""

import asyncio
from argparse import Namespace
from typing import Any

from gateway import database, settings
from gateway.commands import answers
from partners.tables import PartnerRow


def list_all(arguments: Namespace) -> int:
    """Code, name and connection; `--json`: `[{"code","name","connection","custodial","simulated","suspended"}]`."""
    found = asyncio.run(_all(settings.read()))
    if arguments.json:
        return answers.give_json(found)
    return answers.give_table(
        [(one["code"], one["name"], one["connection"], "暂停" if one["suspended"] else "") for one in found]
    )


async def _all(configured: settings.Settings) -> list[dict[str, Any]]:
    async with database.opened(configured):
        rows = await PartnerRow.all().order_by("code")
    return [
        {
            "code": row.code,
            "name": row.name,
            "connection": row.connection,
            "custodial": row.custodial,
            "simulated": row.simulated,
            "suspended": row.suspended_at is not None,
        }
        for row in rows
    ]
