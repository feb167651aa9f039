"""`lists import` and `lists in-force`: a workbook becomes the version in force; which version holds at a moment."""

import asyncio
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway import database, settings
from gateway.audit import house
from gateway.commands import answers, list_files
from matters_map import agreements, comparing, loading, sample_lists
from matters_map.lines import Line
from matters_map.workbooks.checking import Checked
from matters_map.workbooks.known import Known
from messaging.unit_of_work import Connection, run_tx

ZONE = ZoneInfo("Asia/Shanghai")


def in_force(arguments: Namespace) -> int:
    """Agreement, version, from, to; `--json`: `[{"id","name","document_number","members","in_force","next"}]`."""
    found = asyncio.run(_in_force(settings.read(), arguments.at))
    if arguments.json:
        return answers.give_json(found)
    return answers.give_table([(one["id"], one["name"], *_window(one["in_force"])) for one in found])


def load(arguments: Namespace) -> int:
    """Look a file over; with --apply it is in force from now on, with every repair that was told. 1 while it has errors."""
    checked, told = asyncio.run(_load(settings.read(), arguments))
    answers.give_table(list_files.shown(checked))
    answers.tell(list_files.summed_up(checked))
    answers.give_lines(told)
    return answers.FOUND if checked.errors or not told else answers.DONE


async def _load(configured: settings.Settings, arguments: Namespace) -> tuple[Checked, list[str]]:
    """The findings, and what became of the list: nothing while it has errors."""
    async with database.opened(configured) as connection:
        known = await list_files.known_of(connection, arguments.agreement, configured.home)
        # A new version may well have more rows or fewer: the comparison tells which.
        checked = list_files.looked_over(arguments.file, replace(known or Known(configured.home), agreed_rows=None))
        if checked.errors:
            answers.tell("有错误，不能导入；请按上面的说明修改后再试 (nothing was changed)")
            return checked, []
        try:
            members = sample_lists.member_codes(Path(arguments.codes)) if arguments.codes else None
            found = loading.lines(checked.rows, configured.home, await agreements.load_forms(connection), members)
        except (loading.CannotLoad, OSError, KeyError, ValueError) as bad:
            answers.tell(str(bad))
            return checked, []
        told = _compared(known, found)
        return checked, [*told, await _applied(configured, arguments, found)]


def _compared(known: Known | None, found: Sequence[Line]) -> list[str]:
    if known is None:
        return []
    changes = comparing.compare(known.former, [line.to_json() for line in found])
    counts = f"新增 {len(changes.added)} 项、删除 {len(changes.removed)} 项、变更 {len(changes.changed)} 项"
    return [*("\t".join(row) for row in list_files.differences(changes)), f"与现行版本相比：{counts}"]


async def _applied(configured: settings.Settings, arguments: Namespace, found: Sequence[Line]) -> str:
    if not arguments.apply:
        answers.tell("以上仅为检查，未生效；加 --apply 后立即生效 (nothing was changed)")
        return f"{arguments.agreement}：{len(found)} 行，可以导入"
    at, name = datetime.now(UTC).replace(microsecond=0), arguments.name or arguments.agreement

    async def unit(tx: Connection) -> int:
        version = await loading.put_in_force(tx, arguments.agreement, name, found, configured.home, at)
        detail = {"agreement": arguments.agreement, "version": version, "lines": len(found)}
        await house.note(tx, "system:command line", "list.loaded", None, detail, now=at)
        return version

    return f"{arguments.agreement}：{len(found)} 行，第 {await run_tx(unit)} 版自现在起有效"


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
