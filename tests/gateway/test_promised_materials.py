"""承诺后补: promised at the window, alarmed in time, brought later, and the same from the side that decides."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from gateway.applications import arranging, views
from gateway.applications.errors import Invalid, WrongState
from gateway.applications.tables import Application
from matters_map import loading, sample_lists
from tests.county import CLERK, HOME, MATTER, OFFICER, SCAN, ZAOYANG, County, answers, submitted


async def let_come_later(county: County) -> None:
    """From now on the line lets 社会保障卡 come five working days later, as one file of at most 1 MB."""
    agreement = next(one for one in sample_lists.AGREEMENTS if one.id == "zaoyang")
    lines = [
        dataclasses.replace(
            line, materials=line.materials.replace("社会保障卡[电子证照]", "社会保障卡[容缺5日][不超过1MB]")
        )
        for line in sample_lists.lines(agreement, sample_lists.forms())
    ]
    at = county.clock()
    await county.tx(lambda tx: loading.put_in_force(tx, "zaoyang", "枣阳市", lines, HOME, at))
    await county.parts.reload_lists()


async def promised(county: County, **more: Any) -> str:
    await let_come_later(county)
    document = answers(materials=answers()["materials"][:1])
    return await county.file(answers=document, promised=[{"material": "M02", **more}])


async def texts(county: County, number: str) -> list[str]:
    found = await county.parts.case_room.events(CLERK, number)
    return [one["text"] for one in found["items"]]


async def test_a_promise_travels_waits_is_alarmed_and_is_met_by_what_the_handler_gets(county: County) -> None:
    number, room = await promised(county), county.parts.case_room
    (letter,) = await county.outgoing(number)
    assert (await county.said(letter)).data["materials"][-1] == {
        "name": "社会保障卡",
        "kind": "承诺后补",
        "due_on": "2026-12-01",
    }
    shown = (await room.view(CLERK, number))["materials"][-1]
    assert (shown["source"], shown["due_on"]) == ("承诺后补", "2026-12-01")
    assert (await county.leg(number)).material_due == date(2026, 12, 1)
    receipt = (await county.parts.papers.open(CLERK, (await room.open(CLERK, number)).papers[0]["number"])).content
    assert any(["社会保障卡", "未收", "承诺 2026-12-01 前补交"] in part.get("rows", []) for part in receipt["parts"])
    assert (await room.counts(CLERK))["owed"] == 0

    for day, told in (("2026-11-27", 1), ("2026-12-02", 2)):
        county.clock.day(day)
        for _ in range(2):  # told once
            await county.worker._alarms()
        assert (await county.leg(number)).material_told == told
    said = [text for text in await texts(county, number) if "承诺后补的材料" in text]
    assert said == [
        "承诺后补的材料“社会保障卡”应于 2026-12-01 前补交，期限临近",
        "承诺后补的材料“社会保障卡”到期未补（2026-12-01）",
    ]
    assert (await room.counts(CLERK))["owed"] == 1

    sha256 = await county.put()
    with pytest.raises(Invalid):
        await room.bring_later(CLERK, number, {"materials": [{"material": "居民身份证", "sha256": sha256}]})
    await room.bring_later(CLERK, number, {"materials": [{"material": "社会保障卡", "sha256": sha256}]}, "k")
    said_later = await county.said((await county.outgoing(number))[-1])
    assert (said_later.type, said_later.data["materials"][0]["name"]) == ("note.sent", "社会保障卡")
    assert said_later.data["attachments"][0]["sha256"] == sha256
    await county.parts.attachments.open(sha256, ZAOYANG)  # the handler may fetch what the message names
    leg = await county.leg(number)
    assert (leg.material_due, leg.material_told, (await room.counts(CLERK))["owed"]) == (None, 0, 0)
    assert (await room.view(CLERK, number))["materials"][-1]["attachment"]["sha256"] == sha256
    with pytest.raises(WrongState):
        await room.bring_later(CLERK, number, {"materials": [{"material": "社会保障卡", "sha256": sha256}]})


async def test_what_the_line_does_not_let_come_later_or_be_so_large_is_refused(county: County) -> None:
    with pytest.raises(Invalid) as early:  # the line in force has no such mark
        await county.file(promised=[{"material": "M02"}], answers=answers(materials=answers()["materials"][:1]))
    assert [one.code for one in early.value.findings] == ["not_later"]
    await let_come_later(county)
    large = await county.put(SCAN + b"0" * 1024 * 1024)
    row = {"code": "M02", "name": "社会保障卡", "source": "扫描上传", "sm3": "a" * 64, "pages": 1}
    document = answers(materials=[answers()["materials"][0], row])
    with pytest.raises(Invalid) as refused:
        await county.file(answers=document, attachments=[{"material": "M02", "sha256": large}])
    assert [(one.pointer, one.code) for one in refused.value.findings] == [("/attachments/0/sha256", "too_large")]
    body = {
        "matter": MATTER,
        "answers": answers(materials=answers()["materials"][:1]),
        "promised": [{"material": "M02"}],
    }
    checked = await county.parts.case_room.check(CLERK, body)
    assert (checked["ok"], checked["warnings"]) == (True, [])


async def test_several_files_of_a_material_travel_in_their_order_and_are_arranged_for_looking_at(
    county: County,
) -> None:
    first, second = await county.put(SCAN + b"1"), await county.put(SCAN + b"2")
    row = {"code": "M02", "name": "社会保障卡", "source": "扫描上传", "sm3": "a" * 64, "pages": 2}
    document = answers(materials=[answers()["materials"][0], row])
    files = [{"material": "M02", "sha256": first}, {"material": "M02", "sha256": second}]
    number = await county.file(answers=document, attachments=files)
    named = (await county.said((await county.outgoing(number))[0])).data["materials"][1]
    assert (named["attachment"]["sha256"], [one["sha256"] for one in named["more"]]) == (first, [second])

    await county.parts.case_room.arrange(OFFICER, number, second, "up")
    await county.parts.case_room.arrange(CLERK, number, second, "right")
    case = await county.parts.case_room.open(CLERK, number)
    shown = arranging.ordered(views.files(case), case.application.arranged)
    assert [(one["attachment"]["sha256"], one["turn"]) for one in shown] == [(second, 90), (first, 0)]
    assert (await county.said((await county.outgoing(number))[0])).data["materials"][1] == named


async def test_the_side_that_decides_sees_what_is_promised_and_what_came(county: County) -> None:
    owed = {"name": "居住证明", "kind": "承诺后补", "due_on": "2026-12-01"}
    materials = [*submitted(county.clock())["materials"], owed]
    number, room = await county.inbound(materials=materials), county.parts.case_room
    assert (await county.leg(number)).material_due == date(2026, 12, 1)
    sha256 = await county.put(by=ZAOYANG)
    file = {"sha256": sha256, "size": len(SCAN), "name": "身份证.pdf", "media_type": "application/pdf"}
    brought = {"name": "居住证明", "kind": "扫描上传", "attachment": file}
    data = {
        "text": "补交承诺后补的材料：居住证明",
        "attachments": [file],
        "author": {"name": "王五", "phone": "1"},
        "materials": [brought],
    }
    await county.hears(county.zaoyang.says("note.sent", number, data, seen=0))
    shown = (await room.view(OFFICER, number))["materials"]
    assert [(one["name"], one["source"]) for one in shown][-1] == ("居住证明", "扫描上传")
    assert (await county.leg(number)).material_due is None
    assert (await Application.get(number=number)).role == "handler"
