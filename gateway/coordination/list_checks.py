"""What has to hold before a draft is proposed: every refusal names the line and what would mend it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.coordination import list_drafts, list_lines
from gateway.coordination.errors import Refused
from gateway.coordination.list_book import Book
from matters_map import regions
from matters_map.lines import Line
from matters_map.tables import ListDraft, ListVersion
from matters_map.version_life import LIVE, State
from messaging import envelope
from messaging.unit_of_work import Connection

MOST_LINES = 2000
SHOWN = 5  # findings that one sentence names


async def refuse_unless_proposable(
    tx: Connection, book: Book, draft: ListDraft, lines: Sequence[Line], effective_from: datetime, soonest: datetime
) -> None:
    """Raises Refused with the first thing that is in the way."""
    refuse_time(book, effective_from, soonest)
    waiting = book.open_proposal()
    if waiting is not None:
        raise Refused(f"第 {waiting.version} 版还在等待确认，请先由提出方撤回或等对方答复")
    refuse_lines(lines, book.home)
    await _refuse_overlap(tx, book, lines)
    live = book.in_force()
    missing = [
        name
        for name in list_drafts.touched(draft, book.lines(live.version) if live else [])
        if not list_drafts.confirmed(draft, name)
    ]
    if missing:
        raise Refused(f"还没有会签：{'、'.join(missing)}。请各部门确认自己的事项，或登记会签依据")


def refuse_time(book: Book, effective_from: datetime, soonest: datetime) -> None:
    """A whole minute, far enough ahead to be read, and not the minute of another version."""
    if effective_from.second or effective_from.microsecond:
        raise Refused("生效时刻请写到分钟")
    if effective_from < soonest:
        raise Refused("生效时刻要在现在之后，给对方留出确认的时间")
    same = [row.version for row in book.versions.values() if row.state in LIVE and row.effective_from == effective_from]
    if same:
        raise Refused(f"第 {same[0]} 版也在这一时刻生效，请另定时刻")


def refuse_lines(lines: Sequence[Line], home: str) -> None:
    """Raises Refused, naming each line that cannot stand."""
    if not 0 < len(lines) <= MOST_LINES:
        raise Refused("清单里没有事项" if not lines else f"清单超过 {MOST_LINES} 行，请分成几份协议")
    found = [f"第 {line.seq} 行：{what}" for line in lines for _, what in list_lines.problems(line, home)]
    found += _doubles(lines)
    if found:
        more = f"，等 {len(found)} 处" if len(found) > SHOWN else ""
        raise Refused("；".join(found[:SHOWN]) + more)
    if envelope.misfit({"lines": [line.to_json() for line in lines]}) is not None:
        raise Refused("清单超过一件报文的大小，请分成几份协议")


def _doubles(lines: Sequence[Line]) -> list[str]:
    first: dict[str, int] = {}
    found = []
    for line in lines:
        earlier = first.setdefault(line.local_basic_code, line.seq)
        if earlier != line.seq:
            found.append(f"第 {line.seq} 行：本地基本编码 {line.local_basic_code} 与第 {earlier} 行重复")
    return found


async def _refuse_overlap(tx: Connection, book: Book, lines: Sequence[Line]) -> None:
    """The same matter with the same county stands in one list only: else nobody could say which one holds."""
    others = ListVersion.filter(state__in=[State.SIGNED.value, State.IN_FORCE.value]).exclude(agreement=book.id)
    for row in await others.using_db(tx):
        there = _covered(Line.from_json(one) for one in _lines(row))
        for line in lines:
            for member in line.members:
                taken = there.get((line.local_implement_code, member.code))
                if taken is not None:
                    name = regions.named(member.code)
                    raise Refused(
                        f"第 {line.seq} 行：与{name}的这个事项已在协议 {row.agreement} 第 {row.version} 版第 {taken} 行，"
                        "同一事项只能在一份协议里"
                    )


def _covered(lines: Any) -> dict[tuple[str, str], int]:
    return {(line.local_implement_code, member.code): line.seq for line in lines for member in line.members}


def _lines(row: ListVersion) -> list[Mapping[str, Any]]:
    return list(json.loads(row.text)["lines"])


def refuse_comments(comments: Sequence[Mapping[str, Any]], longest: int) -> None:
    """A return says at least one thing, in words. Raises Refused."""
    if not comments or any(not str(one.get("text") or "").strip() for one in comments):
        raise Refused("请逐行写明意见")
    if len(comments) > 1000 or any(len(str(one["text"])) > longest for one in comments):
        raise Refused("意见太多或太长")
