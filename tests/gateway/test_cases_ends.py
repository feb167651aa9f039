"""How a case may not end: over a wish to withdraw that nobody answered, or as overdue when the window had the answer."""

from typing import Any

import pytest

from gateway.applications.errors import WrongState
from gateway.web import handling_deeds
from messaging.envelope import rfc3339
from tests.county import CLERK, OFFICER, County, asking, decided

DECLINE = {"reason": "incomplete", "text": "材料不全", "legal_basis": "行政许可法第三十二条"}


async def test_nobody_ends_a_case_over_a_wish_to_withdraw_that_he_has_not_answered(county: County) -> None:
    number, room = await county.inbound(), county.parts.case_room
    wish = {"reason": "不办了", "asked_at": rfc3339(county.clock())}
    await county.hears(county.zaoyang.says("application.withdrawn", number, wish, seen=0))
    deeds: list[tuple[Any, dict[str, Any]]] = [
        (room.decide, {"outcome": "granted"}),
        (room.decide_at_once, {"outcome": "granted"}),
        (room.decline, DECLINE),
    ]
    for deed, body in deeds:
        with pytest.raises(WrongState, match="请先答复是否同意撤回"):
            await deed(OFFICER, number, body)
    names = [one.name for one in handling_deeds.possible(await room.open(OFFICER, number), "officer")]
    assert names[0] == "grant_withdrawal"
    assert not {"decide", "decide_at_once", "decline"} & set(names)
    await room.refuse_withdrawal(OFFICER, number, {"reason": "正在制证"})
    shown = await room.decide(OFFICER, number, {"outcome": "granted"})
    assert (shown["state"], shown["withdrawal"]["answer"]) == ("DECIDED", "refused")


async def test_a_partner_that_decides_without_answering_has_answered(county: County) -> None:
    """Its own system may not know better: the wish ends with the case, and a later answer of it changes nothing."""
    number, room = await county.file(), county.parts.case_room
    await room.withdraw(CLERK, number, {"reason": "不办了"})
    at = {"at": rfc3339(county.clock())}
    await county.hears(
        county.zaoyang.says("application.decided", number, decided(county.clock())),
        county.zaoyang.says("withdrawal.granted", number, at),
    )
    leg = await county.leg(number)
    assert (leg.state, leg.withdrawal_answer) == ("DECIDED", "refused")
    granted = await county.file()
    await room.withdraw(CLERK, granted, {"reason": "不办了"})
    await county.hears(
        county.zaoyang.says("withdrawal.granted", granted, at),
        county.zaoyang.says("withdrawal.refused", granted, {**at, "reason": "已撤回"}),
    )
    leg = await county.leg(granted)
    assert (leg.state, leg.withdrawal_answer) == ("WITHDRAWN", "granted")


async def test_a_supplement_that_the_window_had_in_time_shows_that_the_case_was_closed_wrongly(county: County) -> None:
    """Judged by the window's day, on both sides: nothing is undone, and people are told."""
    inbound, ours, room = await county.inbound(), await county.file(), county.parts.case_room
    await room.request_supplement(OFFICER, inbound, asking())
    await county.hears(county.zaoyang.says("supplement.requested", ours, asking()))
    given = {"answers": {"/answers/purpose": "落户"}}
    supplied = {**given, "materials": [], "received_at": rfc3339(county.clock())}
    await room.supplement(CLERK, ours, given)
    county.clock.day("2026-12-16")
    await room.decide(OFFICER, inbound, {"outcome": "overdue"})
    lapsed = decided(county.clock(), "overdue", certificates=[])
    await county.hears(
        county.zaoyang.says("application.supplemented", inbound, supplied, seen=1),
        county.zaoyang.says("application.decided", ours, lapsed),
    )
    for number in (inbound, ours):
        leg = await county.leg(number)
        assert (leg.state, leg.irregular) == ("EXPIRED", "逾期终止有误")
    last = (await room.events(OFFICER, inbound))["items"][-1]
    assert "逾期终止有误" in last["text"]
