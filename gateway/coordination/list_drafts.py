"""The draft of a list's next version: begun from what is in force, changed line by line, confirmed by departments (会签)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination import list_lines
from gateway.coordination.errors import Forbidden, NotFound, Refused
from gateway.coordination.list_book import Book
from matters_map import comparing
from matters_map.canonical import canonical
from matters_map.lines import Line
from matters_map.tables import Agreement, ListChange, ListDraft, ListVersion
from matters_map.version_life import State
from messaging.envelope import sha256_hex
from messaging.unit_of_work import Connection, run_tx

Json = dict[str, Any]
SHOWN = 200  # changes in the history


async def locked(tx: Connection, agreement: str) -> ListDraft:
    """The draft under lock. Raises NotFound."""
    row = await ListDraft.filter(agreement=agreement).using_db(tx).select_for_update().first()
    if row is None:
        raise NotFound(agreement)
    return row


def lines_of(draft: ListDraft) -> list[Line]:
    """Its lines, in their order."""
    return [Line.from_json(line) for line in json.loads(draft.lines)]


def of_department(lines: Sequence[Line], department: str) -> list[Line]:
    """The lines that a department answers for."""
    return [line for line in lines if line.department == department]


def digest(lines: Sequence[Line]) -> str:
    """What a department confirmed: any change of its lines asks it anew."""
    return sha256_hex(canonical([line.to_json() for line in lines]))


def confirmed(draft: ListDraft, department: str) -> bool:
    """Did the department confirm its lines as they stand now?"""
    kept = draft.confirmed.get(department)
    return kept is not None and kept["hash"] == digest(of_department(lines_of(draft), department))


def touched(draft: ListDraft, before: Sequence[Line]) -> list[str]:
    """Departments of which a line is new, changed or gone, in the order of the draft."""
    found = comparing.compare([line.to_json() for line in before], json.loads(draft.lines))
    lines = [*found.added, *(one.after for one in found.changed), *found.removed]
    return list(dict.fromkeys(str(line["department"]) for line in sorted(lines, key=lambda line: int(line["seq"]))))


async def note(tx: Connection, draft: ListDraft, by: str, what: str, detail: Json, now: datetime) -> None:
    """A line of the draft's history."""
    row = ListChange(
        agreement=draft.agreement, revision=draft.revision, changed_by=by[:100], at=now, what=what, detail=detail
    )
    await row.save(using_db=tx, force_create=True)


async def drop(tx: Connection, draft: ListDraft) -> None:
    """It is a proposal now, or nobody wants it; its history stays."""
    await ListDraft.filter(agreement=draft.agreement).using_db(tx).delete()


async def was_proposed_by(tx: Connection, agreement: str, version: int, name: str) -> bool:
    """Did this person propose the version?"""
    rows = ListChange.filter(agreement=agreement, what="proposed", changed_by=name[:100]).using_db(tx)
    return any(row.detail.get("version") == version for row in await rows)


async def put_back(tx: Connection, book: Book, text: str, by: str, now: datetime) -> None:
    """What was returned is a draft again, unless somebody has begun another one. `text`: of the version."""
    if await ListDraft.filter(agreement=book.id).using_db(tx).exists():
        return
    lines = json.dumps(json.loads(text)["lines"], ensure_ascii=False)
    base = book.in_force()
    draft = ListDraft(
        agreement=book.id,
        lines=lines,
        based_on=base.version if base else None,
        confirmed={},
        updated_by=by,
        updated_at=now,
    )
    await draft.save(using_db=tx, force_create=True)
    await note(tx, draft, by, "returned", {}, now)


class ListDrafts:
    """One draft for each agreement; who changes it says what stood there before, so that nobody overwrites another."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def one(self, actor: Actor, agreement: str) -> ListDraft | None:
        """The draft as it stands."""
        self._allow(actor, "lists.view")
        return await ListDraft.filter(agreement=agreement).first()

    async def history(self, actor: Actor, agreement: str) -> list[ListChange]:
        """Who changed what, newest first."""
        self._allow(actor, "lists.view")
        return list(await ListChange.filter(agreement=agreement).order_by("-id").limit(SHOWN))

    async def begin(self, actor: Actor, agreement: str) -> None:
        """Copy what is in force. Raises NotFound, Refused when there is a draft already."""
        self._allow(actor, "lists.edit")

        async def unit(tx: Connection) -> None:
            if not await Agreement.filter(id=agreement).using_db(tx).exists():
                raise NotFound(agreement)
            if await ListDraft.filter(agreement=agreement).using_db(tx).exists():
                raise Refused("已经有一份草稿，请在其中修改")
            live = ListVersion.filter(agreement=agreement, state=State.IN_FORCE.value).using_db(tx)
            base = await live.order_by("-effective_from", "-version").first()
            lines = json.loads(base.text)["lines"] if base else []
            draft = ListDraft(
                agreement=agreement, lines=json.dumps(lines, ensure_ascii=False), confirmed={},
                based_on=base.version if base else None, updated_by=actor.name, updated_at=self._now(),
            )  # fmt: skip
            await draft.save(using_db=tx, force_create=True)
            await note(tx, draft, actor.name, "begun", {"based_on": draft.based_on}, self._now())

        await run_tx(unit)

    async def load(self, actor: Actor, agreement: str, lines: Sequence[Line], revision: int) -> None:
        """A workbook's lines take the place of the draft's. Raises Refused when somebody changed it meanwhile."""

        def put(draft: ListDraft, before: list[Line]) -> tuple[Sequence[Line], Json]:
            if draft.revision != revision:
                raise Refused(f"草稿已被{draft.updated_by}修改，请重新检查后再导入")
            return lines, {"lines": len(lines), "before": len(before)}

        await self._change(actor, agreement, "loaded", put)

    async def edit(self, actor: Actor, agreement: str, code: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        """Fields of one line, each with what the editor saw there before and what is to stand there.

        Fields that others changed meanwhile are refused by name with what stands there now; the rest is no conflict.
        Raises Refused, NotFound.
        """

        def put(draft: ListDraft, before: list[Line]) -> tuple[Sequence[Line], Json]:
            place = _place(before, code)
            now = before[place].to_json()
            lost = [
                f"“{name}”现为“{now[name]}”"
                for name, (seen, _) in changes.items()
                if now[name] not in (seen, changes[name][1])
            ]
            if lost:
                raise Refused(f"{draft.updated_by}刚改过这一行：{'；'.join(lost)}。请核对后再保存")
            after = Line.from_json({**now, **{name: value for name, (_, value) in changes.items()}})
            if after.local_basic_code != code and any(one.local_basic_code == after.local_basic_code for one in before):
                raise Refused(f"本地基本编码 {after.local_basic_code} 已在清单里")
            wrong = list_lines.problems(after, actor.jurisdiction)
            if wrong:
                raise Refused("；".join(text for _, text in wrong))
            fields = {name: [now[name], value] for name, (_, value) in changes.items() if now[name] != value}
            return [*before[:place], after, *before[place + 1 :]], {"line": after.seq, "code": code, "fields": fields}

        await self._change(actor, agreement, "edited", put)

    async def remove(self, actor: Actor, agreement: str, code: str) -> None:
        """One line goes; the others are numbered anew."""

        def put(draft: ListDraft, before: list[Line]) -> tuple[Sequence[Line], Json]:
            place = _place(before, code)
            gone = before[place]
            kept = [*before[:place], *before[place + 1 :]]
            return _numbered(kept), {"line": gone.seq, "code": code, "name": gone.matter_name}

        await self._change(actor, agreement, "removed", put)

    async def confirm(self, actor: Actor, agreement: str, department: str, basis: str) -> None:
        """会签: an officer confirms the own department's lines; a coordinator writes down what came on paper, with its
        document number. Raises Refused, Forbidden, NotFound.
        """
        own = actor.role == "officer" and actor.department == department
        if not own and not roles.may(actor.role, "lists.edit"):
            raise Forbidden("lists.confirm")
        if not own and not basis.strip():
            raise Refused("代为登记会签的，请写明依据（如会签文号、日期）")

        async def unit(tx: Connection) -> None:
            draft = await locked(tx, agreement)
            lines = of_department(lines_of(draft), department)
            kept = {
                "by": actor.name,
                "at": self._now().isoformat(),
                "hash": digest(lines),
                "basis": basis.strip()[:200],
            }
            draft.confirmed = {**draft.confirmed, department: kept}
            await draft.save(using_db=tx, update_fields=["confirmed"])
            detail = {"department": department, "lines": len(lines), "basis": kept["basis"]}
            await note(tx, draft, actor.name, "confirmed", detail, self._now())

        await run_tx(unit)

    async def drop(self, actor: Actor, agreement: str) -> None:
        """The draft is given up; its history stays."""
        self._allow(actor, "lists.edit")

        async def unit(tx: Connection) -> None:
            draft = await locked(tx, agreement)
            await note(tx, draft, actor.name, "dropped", {}, self._now())
            await drop(tx, draft)

        await run_tx(unit)

    async def _change(
        self,
        actor: Actor,
        agreement: str,
        what: str,
        put: Callable[[ListDraft, list[Line]], tuple[Sequence[Line], Json]],
    ) -> None:
        self._allow(actor, "lists.edit")

        async def unit(tx: Connection) -> None:
            draft = await locked(tx, agreement)
            lines, detail = put(draft, lines_of(draft))
            draft.lines = json.dumps([line.to_json() for line in lines], ensure_ascii=False)
            draft.revision += 1
            draft.updated_by, draft.updated_at = actor.name, self._now()
            await draft.save(using_db=tx, update_fields=["lines", "revision", "updated_by", "updated_at"])
            await note(tx, draft, actor.name, what, detail, self._now())

        await run_tx(unit)

    def _allow(self, actor: Actor, deed: str) -> None:
        if not roles.may(actor.role, deed):
            raise Forbidden(deed)


def _place(lines: Sequence[Line], code: str) -> int:
    found = next((place for place, line in enumerate(lines) if line.local_basic_code == code), None)
    if found is None:
        raise NotFound(code)
    return found


def _numbered(lines: Sequence[Line]) -> list[Line]:
    return [Line.from_json({**line.to_json(), "seq": seq}) for seq, line in enumerate(lines, 1)]
