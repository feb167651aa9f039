"""The life of a list: drafted, confirmed by departments, proposed, signed by both sides, in force from the agreed minute."""

import dataclasses
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.auth.actor import Actor
from gateway.coordination.errors import Forbidden, Refused
from gateway.coordination.list_desk import ListDesk
from gateway.coordination.list_room import of_list
from gateway.proof import verify
from gateway.proof.findings import Report
from matters_map import agreements, perspective, sample_lists
from matters_map.canonical import list_hash
from matters_map.lines import Line
from matters_map.lookup import NoRoute
from matters_map.tables import Agreement, ListComment, ListDraft, ListSignature, ListVersion
from messaging import contract
from messaging.tables import Incoming
from partners import list_signing
from tests.county import (
    CLERK,
    COORDINATOR,
    HOME,
    JINGSHAN,
    OFFICER,
    OPERATORS,
    TONGBAI,
    ZAOYANG,
    County,
    Letter,
    Neighbour,
    plain_answers,
)
from tests.gateway.joint_line import CODE as JOINT_CODE
from tests.gateway.joint_line import agree
from tests.gateway.joint_line import filing as joint_filing
from tests.gateway.proof.conftest import members

SIGNATORY = Actor("person", HOME, "吴九", "wujiu", role="signatory")
LIST, CODE = "zaoyang", "002014008003"
BUREAU = "随县人力资源和社会保障局"
OFFICER_THERE = dataclasses.replace(OFFICER, department=BUREAU)


def minute(county: County, **ahead: float) -> datetime:
    return (county.clock() + timedelta(**(ahead or {"hours": 1}))).replace(second=0, microsecond=0)


async def drafted(county: County, **changes: Any) -> None:
    """A draft in which one line of the bureau's is changed and confirmed."""
    drafts = county.parts.list_drafts
    await drafts.begin(COORDINATOR, LIST)
    before = await line(county)
    fields = changes or {"promised_days": 1}
    await drafts.edit(COORDINATOR, LIST, CODE, {name: (getattr(before, name), value) for name, value in fields.items()})
    await drafts.confirm(OFFICER_THERE, LIST, BUREAU, "")


async def line(county: County, version: int = 1) -> Line:
    row = await ListVersion.get(agreement=LIST, version=version)
    return next(Line.from_json(one) for one in json.loads(row.text)["lines"] if one["local_basic_code"] == CODE)


async def proposed(county: County, at: datetime | None = None) -> int:
    await drafted(county)
    return await county.parts.list_room.propose(COORDINATOR, LIST, at or minute(county))


def confirms(county: County, row: ListVersion, at: datetime | None = None, **changes: Any) -> Letter:
    """枣阳's signatory confirms."""
    jws = list_signing.sign(county.zaoyang.key, LIST, row.version, row.hash)
    data = {"agreement": LIST, "version": row.version, "hash": row.hash, "signed_by": "孙确认", "jws": jws}
    return county.zaoyang.says("agreement.signed", LIST, data | changes, at=at, seen=None)


async def version(number: int) -> ListVersion:
    return await ListVersion.get(agreement=LIST, version=number)


async def states() -> list[str]:
    return [row.state for row in await ListVersion.filter(agreement=LIST).order_by("version")]


async def refused(work: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        await work


async def test_from_the_draft_to_the_minute_at_which_it_takes_effect(county: County) -> None:
    room, at = county.parts.list_room, minute(county)
    number = await proposed(county, at)
    assert (number, await states()) == (2, ["in_force", "proposed"])
    (letter,) = await county.outgoing(LIST)
    said = await county.said(letter)
    assert (said.type, contract.check_outgoing(said.type, said.data)) == ("agreement.proposed", [])
    data = said.data
    assert data["hash"] == list_hash(LIST, 2, data["effective_from"], data["lines"]) == (await version(2)).hash
    assert (await line(county, 2)).promised_days == 1

    await room.sign(SIGNATORY, LIST, 2)
    said = await county.said((await county.outgoing(LIST))[-1])
    assert contract.check_outgoing(said.type, said.data) == []
    found = list_signing.read(said.data["jws"], {county.parts.key.kid: county.parts.key.public_jwk()}.get)
    assert found is not None
    assert (found.agreement, found.version, found.hash) == (LIST, 2, data["hash"])
    await county.hears(confirms(county, await version(2)))
    assert await states() == ["in_force", "signed"]
    shown = await agreements.version_of(county.parts.connection, LIST, 2)
    assert shown is not None
    assert [one["jurisdiction"] for one in shown["signatures"]] == [HOME, ZAOYANG]

    county.clock.at = at - timedelta(seconds=1)
    await county.worker._lists()
    assert county.parts.lists.index.get(f"{LIST}.{CODE}").version == 1  # type: ignore[union-attr]
    county.clock.at = at
    await county.worker._lists()
    assert county.parts.lists.index.get(f"{LIST}.{CODE}").version == 2  # type: ignore[union-attr]
    await county.worker._settle_lists()
    assert await states() == ["superseded", "in_force"]
    assert (await version(1)).effective_to == (await version(2)).effective_from == at
    assert county.parts.lists.version_known(LIST, 1), "cases that began under it go on"


async def test_nothing_is_proposed_that_a_department_did_not_confirm_or_that_cannot_stand(county: County) -> None:
    drafts, room, at = county.parts.list_drafts, county.parts.list_room, minute(county)
    await drafts.begin(COORDINATOR, LIST)
    await refused(drafts.edit(COORDINATOR, LIST, CODE, {"promised_days": (12, 90)}), "承诺时限 90 长于法定时限 45")
    await refused(drafts.edit(COORDINATOR, LIST, CODE, {"instant": ("否", "是")}), "标为即办但承诺 12 个工作日")
    await drafts.edit(COORDINATOR, LIST, CODE, {"promised_days": (12, 1)})
    await refused(room.propose(COORDINATOR, LIST, at), f"还没有会签：{BUREAU}")
    await refused(drafts.confirm(COORDINATOR, LIST, BUREAU, " "), "写明依据")
    await drafts.confirm(COORDINATOR, LIST, BUREAU, "随人社函〔2026〕9号")
    await drafts.edit(COORDINATOR, LIST, CODE, {"fee": ("不收费", "免费")})
    await refused(room.propose(COORDINATOR, LIST, at), "还没有会签")  # what was confirmed has changed since
    await drafts.confirm(OFFICER_THERE, LIST, BUREAU, "")
    await refused(room.propose(COORDINATOR, LIST, county.clock()), "现在之后")
    await refused(room.propose(COORDINATOR, LIST, at + timedelta(seconds=1)), "到分钟")
    for actor in (CLERK, OFFICER, SIGNATORY):
        with pytest.raises(Forbidden):
            await room.propose(actor, LIST, at)
    assert await room.propose(COORDINATOR, LIST, at) == 2
    assert await drafts.one(COORDINATOR, LIST) is None
    await drafts.begin(COORDINATOR, LIST)  # the next draft is edited while this one waits
    await refused(room.propose(COORDINATOR, LIST, minute(county, hours=2)), "第 2 版还在等待确认")


async def test_two_coordinators_at_once_lose_nothing(county: County) -> None:
    drafts = county.parts.list_drafts
    await drafts.begin(COORDINATOR, LIST)
    other = dataclasses.replace(COORDINATOR, name="李二", username="lier")
    await drafts.edit(COORDINATOR, LIST, CODE, {"fee": ("不收费", "免费")})
    await drafts.edit(other, LIST, CODE, {"promised_days": (12, 1)})  # another field: no conflict
    await refused(drafts.edit(other, LIST, CODE, {"fee": ("不收费", "5 元")}), "孙八|李二刚改过这一行：“fee”现为“免费”")
    draft = await drafts.one(COORDINATOR, LIST)
    assert draft is not None
    assert draft.revision == 3
    await refused(drafts.load(COORDINATOR, LIST, [], 2), "已被李二修改")
    told = [(one.changed_by, one.what, one.detail.get("fields")) for one in await drafts.history(COORDINATOR, LIST)]
    assert told == [
        ("李二", "edited", {"promised_days": [12, 1]}),
        ("孙八", "edited", {"fee": ["不收费", "免费"]}),
        ("孙八", "begun", None),
    ]


async def test_who_proposed_does_not_sign_and_a_county_signs_once(county: County) -> None:
    number = await proposed(county)
    same = dataclasses.replace(COORDINATOR, role="signatory")
    await refused(county.parts.list_room.sign(same, LIST, number), "不能是提出这一版的人")
    with pytest.raises(Forbidden):
        await county.parts.list_room.sign(COORDINATOR, LIST, number)
    await county.parts.list_room.sign(SIGNATORY, LIST, number)
    await refused(county.parts.list_room.sign(SIGNATORY, LIST, number), "已经确认过")
    letter = confirms(county, await version(number))
    await county.hears(letter)
    await county.hears(confirms(county, await version(number)))
    assert await ListSignature.filter(agreement=LIST).count() == 2


async def test_the_last_signature_after_the_minute_lets_it_lapse(county: County) -> None:
    at = minute(county)
    number = await proposed(county, at)
    await county.parts.list_room.sign(SIGNATORY, LIST, number)
    county.clock.at = at + timedelta(minutes=5)
    await county.hears(confirms(county, await version(number)))
    row = await version(number)
    assert (await states(), row.lapsed, row.effective_to) == (["in_force", "ended"], True, at)
    await county.worker._settle_lists()
    await county.worker._lists()
    assert county.parts.lists.index.get(f"{LIST}.{CODE}").version == 1  # type: ignore[union-attr]


async def test_a_signature_in_time_that_comes_late_counts(county: County) -> None:
    at = minute(county)
    number = await proposed(county, at)
    await county.parts.list_room.sign(SIGNATORY, LIST, number)
    signed_at = county.clock()
    letter = confirms(county, await version(number), at=signed_at)
    county.clock.at = at + timedelta(hours=3)
    await county.worker._settle_lists()
    assert await states() == ["in_force", "proposed"]
    await county.hears(letter)
    assert await states() == ["superseded", "in_force"]


async def test_a_confirmation_that_does_not_hold_is_parked(county: County) -> None:
    number = await proposed(county)
    row = await version(number)
    stranger = list_signing.sign(county.jingshan.key, LIST, number, row.hash)
    for letter in (
        confirms(county, row, jws=stranger),
        confirms(county, row, hash="0" * 64),
    ):
        await county.hears(letter)
        assert (await county.incoming(letter)).state in ("parked", "held")
    assert (await county.incoming(letter)).state == "held"  # behind the first one
    assert await ListSignature.filter(agreement=LIST).count() == 0
    other = county.jingshan.says(
        "agreement.returned", LIST, {"agreement": LIST, "version": number, "comments": COMMENTS}
    )
    await county.hears(other, partner=JINGSHAN)
    assert ((await county.incoming(other)).state, (await county.incoming(other)).reason) == ("parked", "not_a_party")


COMMENTS = [{"line": 1, "field": "promised_days", "text": "请改为 0"}]


async def test_what_is_returned_is_a_draft_again_with_its_comments(county: County) -> None:
    number = await proposed(county)
    data = {"agreement": LIST, "version": number, "comments": COMMENTS}
    await county.hears(county.zaoyang.says("agreement.returned", LIST, data, seen=None))
    assert await states() == ["in_force", "returned"]
    assert [(one.line, one.text) for one in await ListComment.filter(agreement=LIST)] == [(1, "请改为 0")]
    draft = await county.parts.list_drafts.one(COORDINATOR, LIST)
    assert draft is not None
    assert json.loads(draft.lines) == json.loads((await version(2)).text)["lines"]
    await refused(county.parts.list_room.sign(SIGNATORY, LIST, number), "不在等待确认")
    await county.parts.list_drafts.edit(COORDINATOR, LIST, CODE, {"promised_days": (1, 10)})
    await county.parts.list_drafts.confirm(OFFICER_THERE, LIST, BUREAU, "")
    assert await county.parts.list_room.propose(COORDINATOR, LIST, minute(county)) == 3


async def test_a_partys_proposal_is_signed_or_returned_here(county: County) -> None:
    row, at = await version(1), minute(county)
    lines = json.loads(row.text)["lines"]
    lines[0]["fee"] = "免费"
    told = {"agreement": LIST, "version": 2, "effective_from": at.isoformat(), "lines": lines}
    told["hash"] = list_hash(LIST, 2, at.isoformat(), lines)
    await county.hears(county.zaoyang.says("agreement.proposed", LIST, told, seen=None))
    assert (await version(2)).proposed_by == ZAOYANG
    await refused(county.parts.list_room.give_back(SIGNATORY, LIST, 2, []), "请逐行写明意见")
    await county.parts.list_room.sign(SIGNATORY, LIST, 2)
    await county.hears(confirms(county, await version(2)))
    assert await states() == ["in_force", "signed"]
    assert [row.type for row in await county.outgoing(LIST)] == ["agreement.signed"]
    wrong = {**told, "version": 3, "hash": "1" * 64}
    letter = county.zaoyang.says("agreement.proposed", LIST, wrong, seen=None)
    await county.hears(letter)
    assert (await county.incoming(letter)).reason == "wrong_hash"


async def test_of_two_proposals_with_one_number_one_stands_and_the_other_is_a_draft(county: County) -> None:
    await proposed(county)
    mine, at = await version(2), minute(county, hours=2)
    lines = json.loads((await version(1)).text)["lines"]
    told = {"agreement": LIST, "version": 2, "effective_from": at.isoformat(), "lines": lines}
    told["hash"] = list_hash(LIST, 2, at.isoformat(), lines)
    await county.hears(county.zaoyang.says("agreement.proposed", LIST, told, seen=None))
    row = await version(2)  # 420683 < 421321: theirs stands
    assert (row.proposed_by, row.state, row.hash) == (ZAOYANG, "proposed", told["hash"])
    draft = await county.parts.list_drafts.one(COORDINATOR, LIST)
    assert draft is not None
    assert json.loads(draft.lines) == json.loads(mine.text)["lines"]


async def test_a_matter_is_suspended_at_once_by_either_side_and_open_cases_go_on(county: County) -> None:
    number = await county.file()
    room, matter = county.parts.list_room, f"{LIST}.{CODE}"
    await refused(room.suspend(COORDINATOR, LIST, CODE, " ", None), "理由")
    await refused(room.suspend(COORDINATOR, LIST, "999", "停电", None), "没有这个事项")
    await room.suspend(COORDINATOR, LIST, CODE, "系统升级", county.clock() + timedelta(days=2))
    await county.worker._lists()
    route = county.parts.lists.index.route(matter)
    assert isinstance(route, NoRoute)
    assert "随县（421321）已暂停办理该事项，预计 2026-11-26 09:30 恢复。原因：系统升级" in route.detail
    shown = county.parts.lists.index.get(matter)
    assert shown is not None
    assert shown.to_json()["suspended"]["by"] == {"code": HOME, "name": "随县"}
    assert (await county.leg(number)).state == "SUBMITTED"
    said = await county.said((await county.outgoing(LIST))[-1])
    assert (said.type, said.data["matter"], contract.check_outgoing(said.type, said.data)) == (
        "matter.suspended", matter, [],
    )  # fmt: skip
    data = {"agreement": LIST, "matter": matter, "reason": "窗口搬迁"}
    await county.hears(county.zaoyang.says("matter.suspended", LIST, data, seen=None))
    await room.resume(COORDINATOR, LIST, CODE)
    await county.worker._lists()
    assert "枣阳市（420683）已暂停" in county.parts.lists.index.route(matter).detail  # type: ignore[union-attr]
    await refused(room.resume(COORDINATOR, LIST, CODE), "对方暂停的，由对方恢复")
    await county.hears(county.zaoyang.says("matter.resumed", LIST, {"agreement": LIST, "matter": matter}, seen=None))
    await county.worker._lists()
    assert not isinstance(county.parts.lists.index.route(matter), NoRoute)


async def test_a_suspension_ends_by_itself_at_its_moment(county: County) -> None:
    until = county.clock() + timedelta(hours=2)
    await county.parts.list_room.suspend(COORDINATOR, LIST, CODE, "系统升级", until)
    await county.worker._lists()
    assert county.parts.lists.index.changes_at == until
    county.clock.at = until
    await county.worker._lists()
    assert not isinstance(county.parts.lists.index.route(f"{LIST}.{CODE}"), NoRoute)


async def test_an_agreement_ends_for_all(county: County) -> None:
    at = minute(county)
    await refused(county.parts.list_room.end(COORDINATOR, LIST, county.clock() - timedelta(1), "到期"), "不能早于现在")
    await county.parts.list_room.end(COORDINATOR, LIST, at, "协议到期")
    assert (await county.said((await county.outgoing(LIST))[-1])).type == "agreement.ended"
    assert await states() == ["in_force"]
    county.clock.at = at
    await county.worker._settle_lists()
    await county.worker._lists()
    assert await states() == ["ended"]
    assert county.parts.lists.index.get(f"{LIST}.{CODE}") is None


async def test_an_agreement_that_we_never_heard_of_begins_with_a_proposal(county: County) -> None:
    lines = json.loads((await version(1)).text)["lines"][:2]
    at = minute(county).isoformat()
    told = {"agreement": "new_pact", "version": 1, "effective_from": at, "lines": lines}
    told["hash"] = list_hash("new_pact", 1, at, lines)
    await county.hears(county.zaoyang.says("agreement.proposed", "new_pact", told, seen=None))
    row = await Agreement.get(id="new_pact")
    assert [one["code"] for one in row.members] == [ZAOYANG, HOME]
    assert of_list("new_pact")
    assert not of_list("420683202611241000001X")


def test_a_text_is_seen_from_each_of_its_counties() -> None:
    lines = sample_lists.lines(sample_lists.AGREEMENTS[0], sample_lists.forms())
    for one in lines:
        theirs = perspective.seen_from(one, ZAOYANG)
        assert theirs is not None
        assert theirs.local_implement_code[2:8] == ZAOYANG
        assert [member.code for member in theirs.members] == [HOME]
        back = perspective.seen_from(theirs, HOME)
        assert back is not None
        assert back.to_json() == one.to_json()
        assert perspective.seen_from(one, HOME) == one
        assert perspective.seen_from(one, JINGSHAN) is None


async def test_an_operator_at_the_desk_confirms_for_a_county_without_a_system(county: County) -> None:
    """桐柏县: by the key that is held for it, as its own message, once."""
    drafts, room, operator = county.parts.list_drafts, county.parts.list_room, OPERATORS[TONGBAI]
    desk = ListDesk(county.parts.desk, county.parts.registry)
    await drafts.begin(COORDINATOR, "tongbai")
    first = json.loads((await ListDraft.get(agreement="tongbai")).lines)[0]
    code, fee = first["local_basic_code"], first["fee"]
    await drafts.edit(COORDINATOR, "tongbai", code, {"fee": (fee, "每份 5 元")})
    await drafts.confirm(COORDINATOR, "tongbai", first["department"], "会签〔2026〕3号")
    number = await room.propose(COORDINATOR, "tongbai", minute(county))
    await county.relay()
    for _ in range(2):
        await desk.sign(operator, "tongbai", number)
        await county.apply()
    row = await ListSignature.get(agreement="tongbai", version=number)
    assert (row.jurisdiction, row.signed_by) == (TONGBAI, operator.name)
    assert (await Incoming.get(partner=TONGBAI, type="agreement.signed")).custodial
    with pytest.raises(Refused, match="业务系统确认"):
        await desk.sign(OPERATORS[ZAOYANG], "tongbai", number)
    with pytest.raises(Forbidden):
        await desk.sign(CLERK, "tongbai", number)
    with pytest.raises(Forbidden):
        await room.sign(operator, "tongbai", number)
    await room.sign(SIGNATORY, "tongbai", number)
    assert (await ListVersion.get(agreement="tongbai", version=number)).state == "signed"
    with pytest.raises(Refused, match="不在等待确认"):
        await desk.give_back(operator, "tongbai", number, [{"text": "再议"}])


async def test_of_a_cluster_every_member_signs_and_the_proposer_passes_each_word_on(county: County) -> None:
    await agree(county, {}, local_implement_code=f"11421321MB9T0000141{JOINT_CODE}")
    drafts, room = county.parts.list_drafts, county.parts.list_room

    async def propose(fee: str) -> ListVersion:
        if await drafts.one(COORDINATOR, "three") is None:
            await drafts.begin(COORDINATOR, "three")
        first = json.loads((await ListDraft.get(agreement="three")).lines)[0]
        await drafts.edit(COORDINATOR, "three", first["local_basic_code"], {"fee": (first["fee"], fee)})
        await drafts.confirm(COORDINATOR, "three", first["department"], "会签〔2026〕4号")
        number = await room.propose(COORDINATOR, "three", minute(county))
        return await ListVersion.get(agreement="three", version=number)

    async def told(place: str) -> list[tuple[str, Any]]:
        letters = [await county.said(row) for row in await county.outgoing("three", place)]
        assert all(contract.check_outgoing(said.type, said.data) == [] for said in letters)
        return [(said.type, said.data.get("jurisdiction")) for said in letters]

    def signs(by: Neighbour, row: ListVersion) -> Letter:
        jws = list_signing.sign(by.key, "three", row.version, row.hash)
        data = {"agreement": "three", "version": row.version, "hash": row.hash, "signed_by": "确认人", "jws": jws}
        return by.says("agreement.signed", "three", data, seen=None)

    row = await propose("每份 5 元")
    await county.hears(signs(county.zaoyang, row))
    assert await told(JINGSHAN) == [("agreement.proposed", None), ("agreement.signed", ZAOYANG)]
    assert await told(ZAOYANG) == [("agreement.proposed", None)]
    comments = {
        "agreement": "three",
        "version": row.version,
        "hash": row.hash,
        "comments": [{"text": "再议"} | NO_LINE],
    }
    await county.hears(county.jingshan.says("agreement.returned", "three", comments, seen=None), partner=JINGSHAN)
    assert (await told(ZAOYANG))[-1] == ("agreement.returned", JINGSHAN)
    assert (await ListVersion.get(agreement="three", version=row.version)).state == "returned"
    row = await propose("每份 3 元")
    assert row.version == 3
    for by in (county.zaoyang, county.jingshan):
        await county.hears(signs(by, row), partner=by.code)
    await room.sign(SIGNATORY, "three", 3)
    assert (await ListVersion.get(agreement="three", version=3)).state == "proposed", "桐柏 has not signed"
    await county.relay()
    await ListDesk(county.parts.desk, county.parts.registry).sign(OPERATORS[TONGBAI], "three", 3)
    await county.apply()
    assert (await ListVersion.get(agreement="three", version=3)).state == "signed"
    passed_on = [place for type_, place in await told(JINGSHAN) if type_ == "agreement.signed"]
    assert passed_on == [ZAOYANG, ZAOYANG, None, TONGBAI]
    county.clock.move(hours=1)
    await county.worker._lists()
    await county.worker._settle_lists()
    answer = await county.parts.case_room.submit(CLERK, joint_filing(), source=1)
    await county.parts.roots.once()
    report = verify.members(members(await county.parts.evidence(answer.body["number"])), Report())
    assert [one for one in report.against() if one.check.startswith("agreement")] == []
    confirmed = [one.zh for one in report.proven if one.check == "agreement.signed"]
    assert [place in " ".join(confirmed) for place in (HOME, ZAOYANG, JINGSHAN, TONGBAI)] == [True] * 4


NO_LINE = {"line": None, "field": None}


async def test_what_a_change_would_meet_is_counted(county: County) -> None:
    index, room = county.parts.lists.index, county.parts.case_room
    quick = next(one for one in index.matters(handler=ZAOYANG, mode="online", direction="both") if one.form == "plain")
    for _ in range(2):
        await county.file(matter=quick.id, answers=plain_answers(ZAOYANG))
    await room.drafts.save(CLERK, None, quick.id, ZAOYANG, {"pairs": []})
    assert await room.under_way(LIST) == {quick.id: (2, 1)}
    assert await room.under_way("tongbai") == {}
    assert (await room.used(CLERK))[quick.id, ZAOYANG] == 2
