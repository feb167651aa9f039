"""`lists in-force`: which version of each agreed list holds at a moment."""

import asyncio
from argparse import ArgumentTypeError, Namespace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway import database, settings
from gateway.commands import answers
from matters_map import agreements

ZONE = ZoneInfo("Asia/Shanghai")


def in_force(arguments: Namespace) -> int:
    """Agreement, version, from, to; `--json`: `[{"id","name","document_number","members","in_force","next"}]`."""
    found = asyncio.run(_in_force(settings.read(), arguments.at))
    if arguments.json:
        return answers.give_json(found)
    return answers.give_table([(one["id"], one["name"], *_window(one["in_force"])) for one in found])


def moment(text: str) -> datetime:
    """An argument such as 2026-11-24T09:30:00+08:00; without an offset it is Shanghai time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"'{text}' 不是时间，应如 2026-11-24T09:30:00+08:00 (not a time)") from None
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


def _window(version: dict[str, Any] | None) -> tuple[str, str]:
    if version is None:
        return ("当时没有有效版本", "")
    return (f"第 {version['version']} 版", f"{version['from']} 至 {version['to'] or '今'}")


async def _in_force(configured: settings.Settings, at: datetime) -> list[dict[str, Any]]:
    async with database.opened(configured) as connection:
        return await agreements.listing(connection, at)
