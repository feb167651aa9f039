"""`post …`: what is stuck in the post room and its exits, each by a named person. The service may be running beside it."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway import resources, settings
from gateway.applications.views import local
from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.auth.passwords import Passwords
from gateway.auth.users import Person, Users
from gateway.commands import answers
from gateway.coordination.errors import Refused
from gateway.coordination.post_room import PostRoom, Result
from gateway.coordination.post_rows import KINDS, Stuck
from gateway.settings import Settings
from messaging import strict_json

__all__ = ["KINDS", "list_stuck", "replace", "replay", "send_again", "set_aside", "settle"]

PAGE = 200
NAMES = {"parked": "搁置", "held": "暂存", "quarantined": "隔离", "conflict": "冲突", "outgoing": "未送达"}


def list_stuck(arguments: Namespace) -> int:
    """Id, kind, partner, case, type, cause, since; `--json`: a list of objects with these and what would mend it."""
    found = asyncio.run(_list(settings.read(), arguments))
    if arguments.json:
        return answers.give_json([_json(one) for one in found])
    return answers.give_table([_cells(one) for one in found])


async def _list(configured: Settings, arguments: Namespace) -> list[Stuck]:
    looking = Actor("person", configured.home, "command line", role="administrator")
    found: list[Stuck] = []
    async with resources.built(configured) as parts:
        for kind in [arguments.kind] if arguments.kind else KINDS:
            found += await _whole(parts.post_room, looking, kind, arguments.partner)
    return found


async def _whole(room: PostRoom, actor: Actor, kind: str, partner: str | None) -> list[Stuck]:
    found: list[Stuck] = []
    after: str | None = None
    while True:
        page, after = await room.listing(actor, kind, partner=partner, after=after, limit=PAGE)
        found += page
        if after is None:
            return found


def _json(one: Stuck) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "partner": one.partner,
        "number": one.number,
        "type": one.type,
        "sequence": one.sequence,
        "message_id": one.message_id,
        "sha256": one.sha256,
        "cause": one.cause.code,
        "reason": one.cause.text,
        "said": one.said,
        "mend": one.cause.mend,
        "since": local(one.since),
        "times": one.times,
    }


def _cells(one: Stuck) -> Sequence[object]:
    since = (local(one.since) or "")[:16].replace("T", " ")
    return one.id, NAMES[one.kind], one.partner_name, one.number, one.type_text, one.cause.text, since


def replay(arguments: Namespace) -> int:
    """Parked messages are tried again in their place."""
    return _settle(arguments, "replay")


def set_aside(arguments: Namespace) -> int:
    """Messages of theirs are never applied, ours wait for no receipt any more."""
    return _settle(arguments, "set_aside")


def send_again(arguments: Namespace) -> int:
    """The same bytes go to the partner again."""
    return _settle(arguments, "send_again")


def settle(arguments: Namespace) -> int:
    """What was quarantined or contradicts was looked at."""
    return _settle(arguments, "settle")


def replace(arguments: Namespace) -> int:
    """A message of ours that the partner parked goes again under its number, with the data of a file."""
    return _settle(arguments, "replace", _data(arguments.data))


def _data(path: str) -> dict[str, Any]:
    try:
        data = strict_json.loads(Path(path).read_bytes())
    except OSError as error:
        raise answers.WrongUse(f"--data：{path} 读不出来 ({error.strerror})") from None
    except strict_json.Malformed:
        raise answers.WrongUse(f"--data：{path} 不是完整的 JSON (not JSON)") from None
    if not isinstance(data, dict):
        raise answers.WrongUse(f"--data：{path} 应是一个 JSON 对象 (a JSON object)")
    return data


def _settle(arguments: Namespace, deed: str, data: dict[str, Any] | None = None) -> int:
    results = asyncio.run(_carry_out(settings.read(), arguments, deed, data))
    if arguments.json:
        answers.give_json([asdict(one) for one in results])
    else:
        answers.give_table([(one.id, one.number, one.type_text, one.text) for one in results])
    return answers.DONE if all(one.ok for one in results) else answers.FOUND


async def _carry_out(
    configured: Settings, arguments: Namespace, deed: str, data: dict[str, Any] | None
) -> list[Result]:
    async with resources.built(configured) as parts:
        needed = "post.settle" if data is None else "post.reveal"  # who writes content must be one who may see it
        actor = await _person(arguments.by, configured.home, needed)
        try:
            return await parts.post_room.settle(
                actor, deed, arguments.id, arguments.reason or "", dry_run=arguments.dry_run, data=data
            )
        except Refused as refusal:
            raise answers.WrongUse(str(refusal)) from None


async def _person(name: str, home: str, needed: str) -> Actor:
    """The person of that username or name, whose role lets them settle."""
    people = [one for one in await Users(Passwords(), resources.now).all() if _may(one, home, needed)]
    found = [one for one in people if name in (one.username, one.name)]
    if len(found) != 1:
        names = "、".join(f"{one.username}（{one.name}）" for one in people) or "无"
        raise answers.WrongUse(
            f"--by：“{name}”不是可以处理投递异常的人，可用 {names} (a user who may settle; see 'users add')"
        )
    person = found[0]
    return Actor("person", home, person.name, username=person.username, role=person.role)


def _may(person: Person, home: str, needed: str) -> bool:
    return person.jurisdiction == home and not person.disabled and roles.may(person.role, needed)
