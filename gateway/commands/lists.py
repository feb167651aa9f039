"""`lists import` and `lists in-force`: a workbook becomes the version in force; which version holds at a moment."""

import asyncio
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway import database, settings
from gateway.audit import house
from gateway.commands import answers
from matters_map import agreements, loading, sample_lists, spreadsheet
from messaging.unit_of_work import Connection, run_tx

ZONE = ZoneInfo("Asia/Shanghai")


def in_force(arguments: Namespace) -> int:
    """Agreement, version, from, to; `--json`: `[{"id","name","document_number","members","in_force","next"}]`."""
    found = asyncio.run(_in_force(settings.read(), arguments.at))
    if arguments.json:
        return answers.give_json(found)
    return answers.give_table([(one["id"], one["name"], *_window(one["in_force"])) for one in found])


def load(arguments: Namespace) -> int:
    """Read a workbook; with --apply it is in force from now on. 1 when it cannot be read, with the place that is wrong."""
    try:
        rows = spreadsheet.read_list(Path(arguments.file))
        members = sample_lists.member_codes(Path(arguments.codes)) if arguments.codes else None
        version = asyncio.run(_load(settings.read(), arguments, rows, members))
    except spreadsheet.BadWorkbook as bad:
        place = " ".join(part for part in (bad.sheet, bad.cell) if part)
        answers.tell(f"{place}：{bad.message}" if place else bad.message)
        return answers.FOUND
    except (loading.CannotLoad, OSError, KeyError, ValueError) as bad:
        answers.tell(str(bad))
        return answers.FOUND
    if version is None:
        answers.tell("以上仅为检查，未生效；加 --apply 后立即生效 (nothing was changed)")
        return answers.give_lines([f"{arguments.agreement}：{len(rows)} 行，可以导入"])
    return answers.give_lines([f"{arguments.agreement}：{len(rows)} 行，第 {version} 版自现在起有效"])


async def _load(
    configured: settings.Settings,
    arguments: Namespace,
    rows: Sequence[Mapping[str, Any]],
    members: loading.Members | None,
) -> int | None:
    async with database.opened(configured) as connection:
        forms = await agreements.load_forms(connection)
        found = loading.lines(rows, configured.home, forms, members)
        if not arguments.apply:
            return None
        at, name = datetime.now(UTC).replace(microsecond=0), arguments.name or arguments.agreement

        async def unit(tx: Connection) -> int:
            version = await loading.put_in_force(tx, arguments.agreement, name, found, configured.home, at)
            detail = {"agreement": arguments.agreement, "version": version, "lines": len(found)}
            await house.note(tx, "system:command line", "list.loaded", None, detail, now=at)
            return version

        return await run_tx(unit)


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
