"""A workbook for the draft: looked over first, in a process of its own, kept for a day, and taken only when somebody says so."""

import asyncio
import multiprocessing
import secrets
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination import list_drafts
from gateway.coordination.errors import Forbidden, NotFound, Refused
from gateway.coordination.list_drafts import ListDrafts
from gateway.coordination.list_shelf import Shelf
from matters_map import loading
from matters_map.bad_workbook import BadWorkbook
from matters_map.forms import Forms
from matters_map.lines import Line
from matters_map.tables import ListUpload
from matters_map.workbooks import files, marking
from matters_map.workbooks.checking import Checked
from matters_map.workbooks.known import Known
from messaging.unit_of_work import Connection, run_tx

T = TypeVar("T")
KEPT = timedelta(days=1)
WITHIN = 60.0  # seconds in which a workbook is looked over
BIGGEST = 1024 * 1024  # bytes of a file that comes by a page


@dataclass(frozen=True)
class LookedOver:
    """`id`: by which it is taken; `lines`: what the draft would hold, None while there are errors."""

    id: str
    name: str
    checked: Checked
    lines: list[Line] | None


class ListImports:
    """Nothing is repaired silently and nothing is taken that has an error."""

    def __init__(self, home: str, forms: Callable[[], Forms], drafts: ListDrafts, now: Callable[[], datetime]) -> None:
        self._home, self._forms, self._drafts, self._now = home, forms, drafts, now
        self._pool: ProcessPoolExecutor | None = None

    async def look_over(self, actor: Actor, shelf: Shelf, name: str, content: bytes) -> LookedOver:
        """Every finding; the file is kept for a day. Raises Refused for what is no file, Forbidden."""
        self._allow(actor)
        if not content or len(content) > BIGGEST:
            raise Refused("请选择清单文件" if not content else "文件超过 1 MB，请用命令行 lists check、lists import")
        found = await self._looked(shelf, secrets.token_hex(16), name, content)

        async def keep(tx: Connection) -> None:
            await ListUpload.filter(put_at__lt=self._now() - KEPT).using_db(tx).delete()
            row = ListUpload(
                id=found.id, agreement=shelf.agreement.id, put_by=actor.name[:100], name=name[:200], content=content,
                put_at=self._now(),
            )  # fmt: skip
            await row.save(using_db=tx, force_create=True)

        await run_tx(keep)
        return found

    async def again(self, actor: Actor, shelf: Shelf, id_: str) -> LookedOver:
        """The same file looked over once more: the list in force may have changed. Raises NotFound, Forbidden."""
        row = await self._kept(actor, shelf, id_)
        return await self._looked(shelf, row.id, row.name, bytes(row.content))

    async def marked(self, actor: Actor, shelf: Shelf, id_: str) -> bytes:
        """The file with its findings drawn in. Raises NotFound, Forbidden, Refused for what cannot be read."""
        row = await self._kept(actor, shelf, id_)
        found = await self._looked(shelf, row.id, row.name, bytes(row.content))
        try:
            return await self._apart(marking.marked, bytes(row.content), found.checked.findings)
        except BadWorkbook as bad:
            raise Refused(f"无法标注：{bad}") from None

    async def take(self, actor: Actor, shelf: Shelf, id_: str, revision: int | None) -> int:
        """The lines become the draft's; how many. Raises Refused with errors, or when the draft changed meanwhile."""
        found = await self.again(actor, shelf, id_)
        if found.lines is None:
            raise Refused("有错误，不能导入；请在表里改好以后重新检查")
        if shelf.draft is None:
            await self._drafts.begin(actor, shelf.agreement.id)
            revision = 1
        await self._drafts.load(actor, shelf.agreement.id, found.lines, revision or 0)
        return len(found.lines)

    async def close(self) -> None:
        """End the process, if one was begun."""
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def _looked(self, shelf: Shelf, id_: str, name: str, content: bytes) -> LookedOver:
        former = [line.to_json() for line in shelf.live]
        known = replace(Known.of(self._home, shelf.agreement.members, former), agreed_rows=None)
        checked = await self._apart(files.checked, content, known)
        if checked.errors:
            return LookedOver(id_, name, checked, None)
        try:
            return LookedOver(id_, name, checked, self._lines(checked, shelf))
        except loading.CannotLoad as bad:
            raise Refused(str(bad)) from None

    def _lines(self, checked: Checked, shelf: Shelf) -> list[Line]:
        """What the sheet cannot say of a line stays as it is in the draft, or in force: members, joint, duties, form."""
        here = list_drafts.lines_of(shelf.draft) if shelf.draft is not None else shelf.live
        kept = {line.local_basic_code: line for line in here}
        rows = [_with_kept(dict(row), kept.get(str(row["local_basic_code"]))) for row in checked.rows]
        return loading.lines(rows, self._home, self._forms())

    async def _apart(self, work: Callable[..., T], *given: object) -> T:
        """In a process of its own, so that pages go on while a large workbook is read. Raises Refused when it takes too long."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=50)
        try:
            async with asyncio.timeout(WITHIN):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)
        except TimeoutError:
            pool, self._pool = self._pool, None
            pool.shutdown(wait=False, cancel_futures=True)
            raise Refused("文件太复杂，一分钟内没有检查完，请只保留清单那一张表") from None

    async def _kept(self, actor: Actor, shelf: Shelf, id_: str) -> ListUpload:
        self._allow(actor)
        row = await ListUpload.filter(id=id_[:32], agreement=shelf.agreement.id).first()
        if row is None or row.put_at < self._now() - KEPT:
            raise NotFound(id_)
        return row

    def _allow(self, actor: Actor) -> None:
        if not roles.may(actor.role, "lists.edit"):
            raise Forbidden("lists.edit")


def _with_kept(row: dict[str, Any], line: Line | None) -> dict[str, Any]:
    """A row with what its sheet does not say; who decides it follows from a code that was changed."""
    if line is None:
        return row
    kept: dict[str, Any] = {"joint": line.joint, "duties": line.duties, "form": line.form}
    if len(line.members) > 1 or row.get("partner_implement_code") == line.partner_implement_code:
        kept["members"] = line.members
    return row | {name: value for name, value in kept.items() if row.get(name) is None}
