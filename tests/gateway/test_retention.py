"""A case that closed long ago: what it held of people cannot be read any more, what proves what was done still stands."""

from typing import Any

import pytest

from gateway.applications.retention import DESTROYED, Retention
from gateway.applications.tables import Application, Leg, SearchTerm
from gateway.attachments.errors import NotFound
from gateway.audit.queries import verify_all
from gateway.audit.tables import AuditLine
from messaging.tables import DataKey, Incoming, Outgoing
from tests.county import CLERK, HOME, County, accepted, decided, note

DAYS = 30


def walk(county: County) -> Retention:
    return Retention(county.parts.keys, county.parts.attachments, DAYS, HOME, county.clock)


async def closed_case(county: County) -> str:
    await county.put()
    number = await county.file()
    await county.hears(
        county.zaoyang.says("application.accepted", number, accepted(county.clock())),
        county.zaoyang.says("application.decided", number, decided(county.clock())),
    )
    return number


async def lived(county: County, number: str) -> bool:
    application = await Application.get(number=number)
    return (await DataKey.get(id=application.key_id)).wrapped is not None


async def test_a_case_is_kept_until_its_time_is_over(county: County) -> None:
    number = await closed_case(county)
    county.clock.move(days=DAYS - 1)
    assert await walk(county).once(county.parts.connection) == 0
    assert await lived(county, number)
    county.clock.move(days=2)
    assert await walk(county).once(county.parts.connection) == 1
    assert not await lived(county, number)
    assert await walk(county).once(county.parts.connection) == 0, "once"


async def test_an_open_case_is_kept_whatever_its_age(county: County) -> None:
    number = await county.file()
    county.clock.move(days=10 * DAYS)
    assert await walk(county).once(county.parts.connection) == 0
    assert await lived(county, number)


async def test_pages_show_that_it_was_destroyed_and_proofs_stay(county: County) -> None:
    number = await closed_case(county)
    other = await county.file()
    before = await Outgoing.filter(subject=number).values("message_id", "sha256", "signature", "outcome")
    lines = await AuditLine.filter(chain=number).count()
    county.clock.move(days=DAYS + 1)
    await walk(county).once(county.parts.connection)
    cases = county.parts.case_room.cases
    case = await cases.one(CLERK, number)
    assert (case.state, case.person["name"], case.document["answers"]) == ("DECIDED", "（已按期销毁）", {})
    assert len((await cases.page(CLERK))[0]) == 2
    events, _ = await cases.steps(case, 100, None, ours=True)
    assert {event["text"] for event in events} == {""}
    assert await Outgoing.filter(subject=number).values("message_id", "sha256", "signature", "outcome") == before
    [line] = await AuditLine.filter(chain=number, what=DESTROYED)
    assert line.sequence == lines + 1
    assert await verify_all({number: await head(number), other: await head(other)}) == []
    assert (await county.parts.evidence(number))[:2] == b"PK"


async def head(number: str) -> tuple[int, str]:
    leg = await Leg.get(number=number)
    return leg.audit_sequence, leg.audit_hash


async def test_nobody_is_found_by_what_was_destroyed(county: County) -> None:
    number = await closed_case(county)
    assert await SearchTerm.all().count() > 0
    county.clock.move(days=DAYS + 1)
    await walk(county).once(county.parts.connection)
    assert await SearchTerm.all().count() == 0
    assert (await Application.get(number=number)).id_index is None


async def test_files_go_with_the_last_case_that_names_them(county: County) -> None:
    sha256 = await county.put()
    number = await county.file()
    scan: dict[str, Any] = {"sha256": sha256, "size": 1, "name": "a.pdf", "media_type": "application/pdf"}
    await county.parts.case_room.note(CLERK, number, {"text": "附上", "attachments": [scan["sha256"]]})
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    await county.parts.attachments.open(sha256, HOME)
    county.clock.move(days=DAYS + 1)
    await walk(county).once(county.parts.connection)
    with pytest.raises(NotFound):
        await county.parts.attachments.open(sha256, HOME)


async def test_what_still_comes_on_such_a_case_is_kept_in_sight(county: County) -> None:
    number = await closed_case(county)
    county.clock.move(days=DAYS + 1)
    await walk(county).once(county.parts.connection)
    late = county.zaoyang.says("note.sent", number, note())
    await county.arrives(late)
    assert await Incoming.filter(message_id=late.id).exists()


async def test_the_loop_does_it(county: County) -> None:
    number = await closed_case(county)
    county.clock.move(days=1096)
    await county.worker._tidy()
    assert not await lived(county, number)
