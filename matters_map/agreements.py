"""What the tables hold, read into memory: matters in force, forms, the calendar; and the lists as people see them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from matters_map.calendar import Calendar
from matters_map.forms import Form, Forms
from matters_map.lines import Line
from matters_map.lookup import WITH_FORCE, MatterIndex, Version
from matters_map.matters import Matter, Rest, matter_of
from matters_map.perspective import seen_from
from matters_map.tables import Agreement, CalendarDay, FormVersion, ListSignature, ListVersion, MatterRest

_ZONE = ZoneInfo("Asia/Shanghai")


async def load_index(connection: BaseDBAsyncClient, at: datetime, home: str) -> MatterIndex:
    """All matters in force at the aware instant `at`, as `home` works by them."""
    positions = dict(await Agreement.all().using_db(connection).values_list("id", "position"))
    rows = await ListVersion.all().using_db(connection)
    versions = [_version(row, positions.get(row.agreement, 0)) for row in rows]
    rests = await _rests(connection, versions, home)
    return MatterIndex((seen_by(version, home) for version in versions), at, rests)


def seen_by(version: Version, home: str) -> Version:
    """The version as `home` works by it."""
    return replace(version, lines=tuple(line for one in version.lines if (line := seen_from(one, home)) is not None))


async def _rests(connection: BaseDBAsyncClient, versions: Iterable[Version], home: str) -> dict[tuple[str, str], Rest]:
    """By our own code; a text may call the matter otherwise. Of several, the one that lasts longest."""
    rows = await MatterRest.filter(ended_at__isnull=True).using_db(connection).order_by("since")
    found: dict[tuple[str, str], Rest] = {}
    ours = {
        (version.agreement, line.local_basic_code): seen.local_basic_code
        for version in versions
        for line in version.lines
        if (seen := seen_from(line, home)) is not None
    }
    for row in rows:
        place = (row.agreement, ours.get((row.agreement, row.code), row.code))
        before, rest = found.get(place), Rest(row.jurisdiction, row.since, row.until, row.reason)
        if before is None or (before.until is not None and (rest.until is None or rest.until > before.until)):
            found[place] = rest
    return found


async def load_forms(connection: BaseDBAsyncClient) -> Forms:
    """All versions of all forms."""
    rows = await FormVersion.all().using_db(connection)
    return Forms(Form(row.id, row.version, json.loads(row.schema)) for row in rows)


async def load_calendar(connection: BaseDBAsyncClient) -> Calendar:
    """The working calendar of all published years."""
    rows = await CalendarDay.all().using_db(connection).values_list("date", "working")
    return Calendar(dict(rows))


async def listing(connection: BaseDBAsyncClient, at: datetime) -> list[dict[str, Any]]:
    """Agreements with the version in force: `{"id","name","document_number","members","in_force","next"}`.

    `in_force` and `next` are `{"version","from","to"}` or None.
    """
    rows = await ListVersion.all().order_by("effective_from", "version").using_db(connection)
    versions = [_version(row, 0, with_lines=False) for row in rows]
    agreements = await Agreement.all().order_by("position", "id").using_db(connection)
    return [_agreement(one, [version for version in versions if version.agreement == one.id], at) for one in agreements]


async def version_of(connection: BaseDBAsyncClient, agreement: str, version: int) -> dict[str, Any] | None:
    """One list version with its lines, as the API gives it; None when there is none."""
    row = await ListVersion.filter(agreement=agreement, version=version).using_db(connection).first()
    if row is None:
        return None
    return {
        "agreement": row.agreement,
        "version": row.version,
        "state": row.state,
        "effective_from": _told(row.effective_from),
        "effective_to": _told(row.effective_to),
        "hash": row.hash,
        "lines": json.loads(row.text)["lines"],
        "signatures": await signatures(connection, agreement, version),
    }


async def signatures(connection: BaseDBAsyncClient, agreement: str, version: int) -> list[dict[str, Any]]:
    """`[{"jurisdiction","kid","signed_by","at","jws"}]`, in the order in which they were given."""
    rows = ListSignature.filter(agreement=agreement, version=version).order_by("at", "id")
    return [
        {
            "jurisdiction": row.jurisdiction,
            "kid": row.kid,
            "signed_by": row.signed_by,
            "at": _told(row.at),
            "jws": row.jws,
        }
        for row in await rows.using_db(connection)
    ]


def _version(row: ListVersion, position: int, with_lines: bool = True) -> Version:
    lines = tuple(Line.from_json(line) for line in json.loads(row.text)["lines"]) if with_lines else ()
    return Version(
        row.agreement, row.version, row.state, row.effective_from, row.effective_to, lines, position=position
    )


def _agreement(row: Agreement, versions: list[Version], at: datetime) -> dict[str, Any]:
    live = [version for version in versions if version.in_force(at)]
    coming = [version for version in versions if version.state == "signed" and version.effective_from > at]
    return {
        "id": row.id,
        "name": row.name,
        "document_number": row.document_number,
        "members": row.members,
        "in_force": _window(live[-1]) if live else None,
        "next": _window(coming[0]) if coming else None,
    }


def _window(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "from": _told(version.effective_from),
        "to": _told(version.effective_to),
    }


def _told(at: datetime | None) -> str | None:
    return at.astimezone(_ZONE).isoformat(timespec="seconds") if at else None


async def every_matter(connection: BaseDBAsyncClient, home: str) -> list[Matter]:
    """The lines of every version that was ever signed, for cases that began under one that is no longer in force."""
    rows = await ListVersion.filter(state__in=sorted(WITH_FORCE)).using_db(connection)
    return [
        matter_of(version.agreement, version.version, line)
        for version in (seen_by(_version(row, 0), home) for row in rows)
        for line in version.lines
    ]


async def marks(connection: BaseDBAsyncClient) -> frozenset[tuple[str, int, str]]:
    """(agreement, version, state) of every version, and matters that rest: differs when a list was loaded, began or
    ended, and when a matter was suspended or goes on."""
    rows = await ListVersion.all().using_db(connection).values_list("agreement", "version", "state")
    rests = await MatterRest.filter(ended_at__isnull=True).using_db(connection).values_list("agreement", "id")
    found = [(str(agreement), int(str(version)), str(state)) for agreement, version, state in rows]
    return frozenset([*found, *((str(agreement), int(str(row)), "rests") for agreement, row in rests)])
