"""Loading a list from a workbook as the version in force; agreeing on one is another matter and comes before this."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from matters_map import regions
from matters_map.canonical import list_hash, list_text
from matters_map.forms import Forms
from matters_map.lines import Line, LineMember
from matters_map.tables import Agreement, ListVersion

Row = Mapping[str, Any]  # as spreadsheet.read_list gives it
Members = Mapping[int, Sequence[LineMember]]  # seq of a line -> the members that it covers


class CannotLoad(Exception):
    """The rows are no list that could be in force; the text says which line and what is missing."""


def lines(rows: Sequence[Row], home: str, forms: Forms, members: Members | None = None) -> list[Line]:
    """The lines of a list. Without `members` a line covers those of its row, or else the place its partner code names.

    A row may name its `form` and bear `joint` and `duties`, as a workbook that was exported does. Raises CannotLoad for
    a code without a known jurisdiction, a form that there is not, and a line of a cluster without its members.
    """
    found = []
    for row in rows:
        covered = members.get(row["seq"]) if members is not None else row.get("members") or [_partner(row)]
        if not covered:
            raise CannotLoad(f"第 {row['seq']} 行：成员编码表里没有这一行")
        if home in {member.code for member in covered}:
            raise CannotLoad(f"第 {row['seq']} 行：对方实施编码是本地的")
        found.append(Line.from_row(row, covered, _form(row, forms), row.get("joint"), row.get("duties")))
    if not found:
        raise CannotLoad("清单里没有事项")
    return found


def _form(row: Row, forms: Forms) -> str:
    named = row.get("form")
    if named and named not in {form.id for form in forms}:
        raise CannotLoad(f"第 {row['seq']} 行：没有“{named}”这张表单")
    return named or forms.for_basic_code(row["local_basic_code"]).id


def _partner(row: Row) -> LineMember:
    """Characters 3 to 8 of an implement code are the region of the body that decides."""
    code = str(row["partner_implement_code"])[2:8]
    if regions.name_of(code) is None:
        raise CannotLoad(f"第 {row['seq']} 行：对方实施编码中的区划 {code} 不在区划表中")
    return LineMember(code, row["partner_basic_code"], row["partner_implement_code"])


async def put_in_force(
    connection: BaseDBAsyncClient, agreement: str, name: str, found: Sequence[Line], home: str, at: datetime
) -> int:
    """Write the lines as the next version, in force from `at`; the one before ends at the same instant. Its number."""
    codes = list(dict.fromkeys(member.code for line in found for member in line.members))
    members = [{"code": code, "name": regions.name_of(code) or code} for code in (*codes, home)]
    position = await Agreement.all().using_db(connection).count()
    row, new = await Agreement.get_or_create(
        {"name": name, "document_number": "", "members": members, "position": position},
        using_db=connection,
        id=agreement,
    )
    if not new:
        row.members = members
        await row.save(using_db=connection)
    last = await ListVersion.filter(agreement=agreement).using_db(connection).order_by("-version").first()
    version = last.version + 1 if last else 1
    current = ListVersion.filter(agreement=agreement, state="in_force").using_db(connection)
    await current.update(state="superseded", effective_to=at)
    signed = (agreement, version, at.isoformat(), [line.to_json() for line in found])
    await ListVersion.create(
        using_db=connection,
        agreement=agreement,
        version=version,
        state="in_force",
        effective_from=at,
        hash=list_hash(*signed),
        text=list_text(*signed).decode(),
    )
    return version
