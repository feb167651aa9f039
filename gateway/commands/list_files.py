"""`lists check`, `lists export` and `lists diff`: a list's file is looked over, written and compared; nothing changes."""

import asyncio
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import database, settings
from gateway.commands import answers
from matters_map import agreements, comparing, sample_lists
from matters_map.lines import Line
from matters_map.spreadsheet import BadWorkbook, file_content
from matters_map.workbooks import exporting, files, marking
from matters_map.workbooks.checking import NOTHING_KNOWN, Checked, unreadable
from matters_map.workbooks.codes import SEVERITIES
from matters_map.workbooks.known import Known
from messaging.unit_of_work import Connection

_WRITERS: Mapping[str, Callable[..., bytes]] = {
    "xlsx": lambda lines, **about: exporting.to_xlsx(lines),
    "csv": lambda lines, **about: exporting.to_csv(lines),
    "json": exporting.to_json,
}
FORMATS = tuple(_WRITERS)


def check(arguments: Namespace) -> int:
    """Every finding, 1 when one is an error; `--json`: `{"rows","findings":[...]}`, `--marked`: the file with them in it."""
    known = asyncio.run(_known(arguments.agreement)) if arguments.agreement else NOTHING_KNOWN
    checked = looked_over(arguments.file, known)
    if arguments.marked:
        _mark(arguments.file, arguments.marked, checked)
    if arguments.json:
        answers.give_json({"rows": checked.count, "findings": [one.to_json() for one in checked.findings]})
    else:
        answers.give_table(shown(checked))
    answers.tell(summed_up(checked))
    return answers.FOUND if checked.errors else answers.DONE


def looked_over(file: str, known: Known) -> Checked:
    """The findings of a file; WrongUse when there is none of that name."""
    if not Path(file).is_file():
        raise answers.WrongUse(f"读不到 {file} (cannot be read)")
    try:
        return files.checked(file_content(Path(file)), known, _progress)
    except BadWorkbook as bad:
        return unreadable(bad.sheet, bad.cell, bad.message)


def shown(checked: Checked) -> list[list[str]]:
    """Rows of severity, sheet, cell, code, found, expected, why; a line break in a cell is shown as ⏎."""
    return [[cell.replace("\n", "⏎").replace("\t", " ") for cell in marking.row_of(one)] for one in checked.findings]


def summed_up(checked: Checked) -> str:
    """共 28 行：错误 0、警告 2、提示 12"""
    counted = "、".join(
        f"{marking.SEVERITY_NAMES[severity]} {sum(one.severity == severity for one in checked.findings)}"
        for severity in SEVERITIES
    )
    return f"共 {checked.count} 行：{counted}"


def _progress(done: int, total: int) -> None:
    if total >= 1000 and (done % 1000 == 0 or done == total):
        answers.tell(f"已检查 {done}/{total} 行")


def _mark(file: str, target: str, checked: Checked) -> None:
    try:
        _write(target, marking.marked(file_content(Path(file)), checked.findings))
    except BadWorkbook as bad:
        answers.tell(f"无法标注 (cannot be marked)：{bad}")


def _write(target: str, content: bytes) -> None:
    try:
        Path(target).write_bytes(content)
    except OSError as bad:
        raise answers.WrongUse(f"写不了 {target}：{bad.strerror} (cannot be written)") from None


async def _known(agreement: str) -> Known:
    """What is agreed: from this installation, or else from the sample lists that come with the product."""
    if settings.installed():
        configured = settings.read()
        async with database.opened(configured) as connection:
            if known := await known_of(connection, agreement, configured.home):
                return known
    sample = next((one for one in sample_lists.AGREEMENTS if one.id == agreement), None)
    if sample is None:
        raise answers.WrongUse(f"没有“{agreement}”这份协议 (no such agreement)")
    answers.tell(f"本地没有协议“{agreement}”，按产品自带的示例清单检查 (the sample list is used)")
    lines = sample_lists.lines(sample, sample_lists.forms())
    return Known.of(sample_lists.HOME, sample.members, [line.to_json() for line in lines])


async def known_of(connection: Connection, agreement: str, home: str) -> Known | None:
    """The members and the present list of an agreement; None when there is none."""
    version = await _version(connection, agreement, None)
    about = await _about(connection, agreement)
    return Known.of(home, about["members"], version["lines"]) if version and about else None


async def _about(connection: Connection, agreement: str) -> dict[str, Any] | None:
    listed = await agreements.listing(connection, datetime.now(UTC))
    return next((one for one in listed if one["id"] == agreement), None)


async def _version(connection: Connection, agreement: str, number: int | None) -> dict[str, Any] | None:
    """The version with this number, or the one in force."""
    about = await _about(connection, agreement)
    if about is None:
        return None
    if number is None and about["in_force"]:
        number = about["in_force"]["version"]
    return await agreements.version_of(connection, agreement, number) if number else None


def export(arguments: Namespace) -> int:
    """Write a version of a list; its format is said, or is that of the file's name."""
    written_as = arguments.format or Path(arguments.out).suffix.removeprefix(".").lower()
    if written_as not in _WRITERS:
        raise answers.WrongUse(
            f"--out 应以 .xlsx、.csv 或 .json 结尾，或另写 --format：{arguments.out} (unknown format)"
        )
    version = asyncio.run(_stored(arguments.id, arguments.version))
    about = {name: version[name] for name in ("agreement", "version", "effective_from", "hash")}
    lines = [Line.from_json(line) for line in version["lines"]]
    _write(arguments.out, _WRITERS[written_as](lines, **about))
    return answers.give_lines([f"{arguments.id}：第 {version['version']} 版 {len(lines)} 行，已写入 {arguments.out}"])


async def _stored(agreement: str, number: int | None) -> dict[str, Any]:
    async with database.opened(settings.read()) as connection:
        version = await _version(connection, agreement, number)
    if version is None:
        which = f"第 {number} 版" if number else "现行版本"
        raise answers.WrongUse(f"没有“{agreement}”的{which} (no such version)")
    return version


def diff(arguments: Namespace) -> int:
    """Two versions of an agreement, or two files; 1 when a file has errors, whose rows are then left out."""
    checked: list[Checked] = []
    if arguments.b is None:
        checked = [looked_over(file, NOTHING_KNOWN) for file in (arguments.first, arguments.a)]
    sides: list[Sequence[Mapping[str, Any]]] = [one.rows for one in checked]
    before, after = sides or (_lines(arguments.first, number) for number in (arguments.a, arguments.b))
    found = comparing.compare(before, after)
    answers.give_json(found.to_json()) if arguments.json else answers.give_table(differences(found))
    for file, one in zip((arguments.first, arguments.a), checked, strict=False):
        if one.errors:
            answers.tell(f"{file}：有 {one.errors} 处错误，出错的行没有比较")
    return answers.FOUND if any(one.errors for one in checked) else answers.DONE


def _lines(agreement: str, number: str) -> Sequence[Mapping[str, Any]]:
    if not (number.isascii() and number.isdigit()):
        raise answers.WrongUse(f"“{number}”不是版本号 (not a version number)")
    lines: Sequence[Mapping[str, Any]] = asyncio.run(_stored(agreement, int(number)))["lines"]
    return lines


def differences(found: comparing.Comparison) -> Sequence[tuple[str, ...]]:
    """Rows of 新增/删除/变更, code, name, and for a change the column with before and after."""
    whole = [("新增", line) for line in found.added] + [("删除", line) for line in found.removed]
    rows = [(what, str(line["local_basic_code"]), str(line["matter_name"]), "", "", "") for what, line in whole]
    for one in found.changed:
        code, name = str(one.after["local_basic_code"]), str(one.after["matter_name"])
        rows += [
            ("变更", code, name, comparing.title_of(field), str(before), str(after))
            for field, (before, after) in one.fields.items()
        ]
    return rows
