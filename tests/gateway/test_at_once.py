"""即办: what the list decides on the spot is accepted and decided in one step, with the paper of each word."""

import pytest

from gateway.applications.errors import Forbidden, Invalid, WrongState
from gateway.audit import queries as audit
from gateway.web import handling_deeds
from messaging import contract
from tests.county import CLERK, OFFICER, OPERATORS, ZAOYANG, County

GRANT = {"outcome": "granted", "contact": {"name": "李四", "phone": "0722-1"}}


async def slow(county: County) -> str:
    """A case of a line that is not 即办."""
    lines = county.parts.library.index.matters()
    line = next(one for one in lines if one.agreement == "zaoyang" and not one.instant and one.mode == "online")
    code = line.line.local_basic_code
    return await county.inbound(matter={"name": line.name, "origin_code": code, "handler_code": code})


async def test_it_says_both_words_and_issues_both_papers_in_one_step(county: County) -> None:
    number = await county.inbound()
    room = county.parts.case_room
    case = await room.open(OFFICER, number)
    assert handling_deeds.possible(case, "officer")[0].name == "decide_at_once"
    digest = await county.put(name="参保证明.pdf")
    previewed = await room.preview(OFFICER, number, "decide_at_once", GRANT)
    assert [one["kind"] for one in previewed] == ["acceptance", "decision"]
    shown = await room.decide_at_once(OFFICER, number, GRANT | {"documents": [digest]}, "key")
    assert await room.decide_at_once(OFFICER, number, GRANT | {"documents": [digest]}, "key") == shown
    assert (shown["state_text"], shown["their_number"]) == ("已办结·准予", number)
    leg = await county.leg(number)
    assert leg.accepted_at == leg.decided_at is not None
    assert {clock["kind"]: clock["state"] for clock in leg.clocks} == {
        "reply": "met", "promised": "met", "statutory": "met", "transit": "running",
    }  # fmt: skip
    said = [await county.said(row) for row in await county.outgoing(number)]
    assert [one.type for one in said] == ["application.accepted", "application.decided"]
    assert [contract.check_outgoing(one.type, one.data) for one in said] == [[], []]
    assert [one["kind"] for one in shown["papers"]] == ["acceptance", "decision"]
    acceptance, decision = (one["attachment"] for one in shown["papers"])
    assert said[0].data["document"]["sha256"] == acceptance["sha256"]
    assert [one["sha256"] for one in said[1].data["documents"]] == [digest, decision["sha256"]]
    steps = (await room.events(OFFICER, number))["items"][-2:]
    assert [(one["type"], one["state"], one["message_id"]) for one in steps] == [
        ("application.accepted", "ACCEPTED", said[0].id),
        ("application.decided", "DECIDED", said[1].id),
    ]
    assert await audit.verify_all({number: (leg.audit_sequence, leg.audit_hash)}) == []


async def test_only_what_the_list_decides_on_the_spot_and_only_by_an_officer(county: County) -> None:
    room, number = county.parts.case_room, await slow(county)
    assert "decide_at_once" not in [
        one.name for one in handling_deeds.possible(await room.open(OFFICER, number), "officer")
    ]
    with pytest.raises(WrongState, match="清单没有把本事项列为即办"):
        await room.decide_at_once(OFFICER, number, GRANT)
    instant = await county.inbound()
    for actor in (CLERK, OPERATORS[ZAOYANG]):
        with pytest.raises(Forbidden):
            await room.decide_at_once(actor, instant, GRANT)
    with pytest.raises(Invalid):
        await room.decide_at_once(OFFICER, instant, {"outcome": "refused"})
    assert await county.outgoing(instant) == []
    await room.accept(OFFICER, instant, {})
    with pytest.raises(WrongState):
        await room.decide_at_once(OFFICER, instant, GRANT)
