"""Papers: what stands on each, how it is numbered, that it never changes, and who may issue, print and check it."""

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import rfc8785
from tortoise.exceptions import IntegrityError, OperationalError

from gateway.applications.errors import Finding, Forbidden, Invalid, NotFound, WrongState
from gateway.applications.papers import book, handler
from gateway.applications.papers.kinds import KINDS, case_of
from gateway.applications.tables import Paper
from gateway.attachments.tables import Attachment
from gateway.audit import queries as audit
from gateway.auth.actor import Actor
from tests.county import (
    AUDITOR,
    CLERK,
    HOME,
    OFFICER,
    OPERATORS,
    PROGRAM,
    TONGBAI,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    filing,
    note,
    plain_answers,
)

AGREED = json.loads((Path(__file__).parent.parent / "data" / "documents.json").read_text(encoding="utf-8"))
ID_NUMBER = answers()["applicant"]["idNumber"]
DECLINE = {
    "reason": "not_competent",
    "text": "不归本机关管",
    "legal_basis": "行政许可法第三十二条",
    "right_authority": "曾都区",
}
SUSPEND = {"kind": "hearing", "from": "2026-11-25", "until": "2026-11-27", "basis": "行政许可法第四十六条"}
EXTEND = {"working_days": 5, "reason": "案情复杂", "approved_by": "王局长"}
REFUSE = {"outcome": "refused", "text": "不符合条件", "legal_basis": "行政许可法第三十八条"}
# Kind of the handler -> the deeds that lead to it, the last one issues it
WAYS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "acceptance": [("accept", {})],
    "supplement": [("request_supplement", asking())],
    "declination": [("decline", DECLINE)],
    "procedure": [("accept", {}), ("suspend", SUSPEND)],
    "extension": [("accept", {}), ("extend_limit", EXTEND)],
    "decision": [("accept", {}), ("decide", REFUSE)],
}


async def do(county: County, number: str, *deeds: tuple[str, dict[str, Any]], by: Actor = OFFICER) -> Any:
    shown = None
    for name, body in deeds:
        shown = await getattr(county.parts.case_room, name)(by, number, body)
    return shown


async def papers(county: County, number: str) -> list[dict[str, Any]]:
    """Those of a case as the API tells them."""
    return list((await county.parts.case_room.view(OFFICER, number))["papers"])


async def content(county: County, kind: str, number: str) -> dict[str, Any]:
    """What stands on the newest paper of a kind."""
    one = [one for one in await papers(county, number) if one["kind"] == kind][-1]
    return (await county.parts.papers.open(OFFICER, one["number"])).content


def told(paper: dict[str, Any]) -> dict[str, str]:
    """Label -> text of its lines."""
    return {part["label"]: part["text"] for part in paper["parts"] if "text" in part}


def plain(member: str) -> str:
    """A member of the agreed documents without the remark behind it."""
    return re.sub(r"\((?!法定\)).*\)|：.*", "", member)


async def lines(county: County, number: str, what: str) -> list[Any]:
    return [SimpleNamespace(**line) for line in await audit.lines_of(number) if line["what"] == what]


# what stands on them


@pytest.mark.parametrize("kind", WAYS)
async def test_a_paper_of_the_handler_has_the_agreed_members_in_their_order(county: County, kind: str) -> None:
    number = await county.inbound()
    await do(county, number, *WAYS[kind])
    paper = await content(county, kind, number)
    assert [part["label"] for part in paper["parts"]] == [plain(one) for one in AGREED[KINDS[kind].title]]
    assert paper["office"] == {"code": HOME, "name": "随县", "department": "随县人力资源和社会保障局"}
    assert ID_NUMBER not in json.dumps(paper)


async def test_a_receipt_has_the_agreed_members_in_their_order_and_is_issued_with_the_case(county: County) -> None:
    agent = {"name": "李四测试", "idNumber": "421321200001019998", "mobile": "13000000002", "relation": "配偶"}
    acting = plain_answers(ZAOYANG, byAgent=True, agent=agent | {"authorization": "M01"})
    plain_matter = next(
        one.id
        for one in county.parts.library.index.matters(handler=ZAOYANG)
        if one.form == "plain" and one.direction == "both" and one.mode == "online" and not one.guide_only
    )
    paper: dict[str, Any] = {}
    for body, without in ((filing(matter=plain_matter, answers=acting), []), (filing(), ["代办人"])):
        answer = await county.parts.case_room.submit(CLERK, body, source=1)
        assert [one["kind"] for one in answer.body["papers"]] == ["receipt"]
        paper = await content(county, "receipt", answer.body["number"])
        wanted = [plain(one) for one in AGREED["收件凭证"] if plain(one) not in without]
        assert sorted(part["label"] for part in paper["parts"]) == sorted(wanted)
        assert [part["label"] for part in paper["parts"]] == wanted
    assert told(paper)["申请人"] == "李四测试（居民身份证 420***********9986）"
    assert told(paper)["声明"].startswith("收件不等于受理")
    assert told(paper)["5个工作日内告知是否受理的截止日"] == "2026年12月1日"


async def test_a_supplement_notice_names_places_as_the_form_does(county: County) -> None:
    number = await county.inbound()
    items = [
        {"pointer": "/answers/applicant/mobile", "problem": "打不通", "wanted": "更正", "basis": "办事指南"},
        {"material": "居民身份证", "problem": "模糊", "wanted": "重新提交"},
    ]
    await do(county, number, ("request_supplement", asking() | {"items": items}))
    table = next(part for part in (await content(county, "supplement", number))["parts"] if part["shape"] == "table")
    assert table["rows"] == [["申请人·手机号码", "打不通", "更正", "办事指南"], ["居民身份证", "模糊", "重新提交", ""]]


async def test_the_time_that_a_decision_took_leaves_out_special_procedures(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}), ("suspend", SUSPEND))
    county.clock.day("2026-11-27")
    await do(county, number, ("resume", {}))
    county.clock.day("2026-12-02")
    await do(county, number, ("decide", REFUSE))
    paper = await content(county, "decision", number)
    assert told(paper)["实际用时与承诺用时"].startswith("实际用时 3 个工作日（不含特别程序）")
    assert "六个月" in told(paper)["不予的理由与依据及救济途径"]


async def test_an_extension_tells_the_days_that_were_promised_before(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {"promised_by": "2026-12-08"}), ("extend_limit", EXTEND))
    lines_ = told(await content(county, "extension", number))
    assert lines_["原承诺(法定)日期"].startswith("承诺 2026年12月8日")
    assert lines_["延长天数"] == "5 个工作日，延至2026年12月15日"


async def test_a_window_paper_says_what_the_case_says(county: County) -> None:
    number = await county.file(answers=answers(delivery={"method": "窗口自取", "pickupRegion": HOME}))
    room = county.parts.papers
    for kind in (one.name for one in KINDS.values() if one.by_hand):
        await room.issue(CLERK, number, kind, {"carrier": "邮政", "waybill": "EMS-1"})
    form = await content(county, "application_form", number)
    groups = {part["label"]: dict(part["lines"]) for part in form["parts"] if part["shape"] == "group"}
    assert groups["申请人"]["证件号码"] == ID_NUMBER
    assert told(await content(county, "mailing", number))["快递单号"] == "EMS-1"
    assert "代为办理" in told(await content(county, "authorization", number))["委托事项"]
    handed = next(part for part in (await content(county, "materials", number))["parts"] if part["shape"] == "table")
    assert handed["rows"][0][0] == "居民身份证"


# issuing


async def test_a_deed_and_its_paper_are_one_and_the_pdf_travels_with_the_message(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    (one,) = await papers(county, number)
    assert one["number"] == f"SL{number}-01"
    row = await Paper.get(number=one["number"])
    opened = await county.parts.papers.open(OFFICER, one["number"])
    assert hashlib.sha256(rfc8785.dumps(opened.content)).hexdigest() == row.sha256 == one["sha256"]
    said = await county.said((await county.outgoing(number))[-1])
    assert row.file is not None
    assert said.data["document"] == row.file == {name: one["attachment"][name] for name in row.file}
    (line,) = await lines(county, number, "application.accepted")
    assert line.detail["papers"] == [{"number": one["number"], "version": 1, "sha256": row.sha256}]
    kept, pieces = await county.parts.attachments.open(one["attachment"]["sha256"], ZAOYANG)
    assert (kept.media_type, (await anext(pieces))[:5]) == ("application/pdf", b"%PDF-")


async def test_a_decision_carries_the_notice_beside_what_was_uploaded(county: County) -> None:
    number, digest = await county.inbound(), await county.put(name="决定书.pdf")
    shown = await do(county, number, ("decide", {"outcome": "granted", "documents": [digest]}))
    names = [one["name"] for one in shown["result"]["documents"]]
    assert names == ["决定书.pdf", f"办结通知书-BJ{number}-01.pdf"]


async def test_a_stamped_scan_takes_the_place_of_our_own_paper(county: County) -> None:
    number, digest = await county.inbound(), await county.put(name="受理通知书.pdf")
    await do(county, number, ("accept", {"document": {"sha256": digest}}))
    assert await papers(county, number) == []
    assert (await county.said((await county.outgoing(number))[-1])).data["document"]["sha256"] == digest


async def test_an_officer_may_choose_that_no_paper_is_issued(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {"issue": False}))
    assert await papers(county, number) == []
    with pytest.raises(Invalid) as error:
        await do(county, number, ("decide", {"outcome": "granted", "issue": "no"}))
    assert [finding.pointer for finding in error.value.findings] == ["/issue"]


async def test_a_return_to_the_window_is_no_notice(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("request_supplement", asking(to="window")))
    assert await papers(county, number) == []


async def test_what_is_refused_issues_nothing_and_leaves_no_gap_in_the_numbers(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    with pytest.raises(WrongState):
        await do(county, number, ("accept", {}))
    with pytest.raises(Invalid):
        await do(county, number, ("extend_limit", EXTEND | {"working_days": 11}))
    await do(county, number, ("extend_limit", EXTEND))
    with pytest.raises(WrongState):
        await do(county, number, ("extend_limit", EXTEND))
    await do(county, number, ("suspend", SUSPEND), ("resume", {}), ("suspend", SUSPEND))
    assert [one["number"] for one in await papers(county, number)] == [
        f"SL{number}-01",
        f"YQ{number}-01",
        f"TB{number}-01",
        f"TB{number}-02",
    ]
    assert await Paper.filter(case_number=number).count() == 4


async def test_the_same_form_sent_twice_issues_one_paper(county: County) -> None:
    number = await county.inbound()
    for _ in range(2):
        await county.parts.case_room.accept(OFFICER, number, {}, "key-1")
    assert len(await papers(county, number)) == 1
    assert await Attachment.filter(name__contains="受理通知书").count() == 1


async def test_a_case_that_changed_while_its_paper_was_printed_is_printed_anew(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    press, printed = county.parts.papers.press, []
    own = press.pdf

    async def slow(paper: Any, sha256: str, code: str) -> bytes | None:
        printed.append(paper["number"])
        if len(printed) == 1:
            await do(county, number, ("suspend", SUSPEND | {"basis": "先一步"}), ("resume", {}))
        return await own(paper, sha256, code)

    monkeypatch.setattr(press, "pdf", slow)
    await do(county, number, ("suspend", SUSPEND))
    assert printed == [f"TB{number}-01", f"TB{number}-01", f"TB{number}-02"]
    assert "行政许可法第四十六条" in told(await content(county, "procedure", number)).values()
    assert [one["number"] for one in await papers(county, number)][1:] == [f"TB{number}-01", f"TB{number}-02"]


async def test_who_extends_second_is_refused_and_no_paper_is_issued_for_it(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    press, printed = county.parts.papers.press, []
    own = press.pdf

    async def slow(paper: Any, sha256: str, code: str) -> bytes | None:
        printed.append(paper["number"])
        if len(printed) == 1:
            await do(county, number, ("extend_limit", EXTEND | {"reason": "先一步"}))
        return await own(paper, sha256, code)

    monkeypatch.setattr(press, "pdf", slow)
    with pytest.raises(WrongState):
        await do(county, number, ("extend_limit", EXTEND))
    assert told(await content(county, "extension", number))["理由"] == "先一步"
    assert [one["number"] for one in await papers(county, number)][1:] == [f"YQ{number}-01"]


async def test_without_a_chinese_font_the_paper_is_issued_and_no_pdf_travels(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(county.parts.papers.press, "_serif", [])
    monkeypatch.setattr(county.parts.papers.press, "_sans", [])
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    assert [(one["kind"], one["attachment"]) for one in await papers(county, number)] == [("acceptance", None)]
    assert "document" not in (await county.said((await county.outgoing(number))[-1])).data


async def test_a_preview_issues_nothing(county: County) -> None:
    number = await county.inbound()
    (paper,) = await county.parts.case_room.preview(OFFICER, number, "decline", DECLINE)
    assert told(paper)["属于其他机关的应指明机关"] == "曾都区"
    assert await county.parts.case_room.preview(OFFICER, number, "request_supplement", asking(to="window")) == []
    with pytest.raises(Invalid):
        await county.parts.case_room.preview(OFFICER, number, "decline", DECLINE | {"text": ""})
    assert (await Paper.all().count(), await Attachment.all().count()) == (0, 0)


async def test_every_word_of_the_handler_that_has_a_paper_has_its_contents() -> None:
    assert (
        set(handler.BY_WORD.values()) == set(handler.PARTS) == {k for k, one in KINDS.items() if one.side == "handler"}
    )


async def test_an_operator_at_the_desk_issues_no_paper_of_ours(county: County) -> None:
    matter = next(
        one.id
        for one in county.parts.library.index.matters(handler=TONGBAI)
        if one.form == "plain" and one.direction != "inbound" and one.mode == "online" and not one.guide_only
    )
    number = await county.file(matter=matter, answers=plain_answers(TONGBAI))
    operator = OPERATORS[TONGBAI]
    await county.parts.desk_room.open(operator, number)
    await county.parts.desk_room.say(operator, number, "accept", {"contact": {"name": "钱七", "phone": "1"}})
    await county.apply()
    assert [one["kind"] for one in await papers(county, number)] == ["receipt"]
    with pytest.raises(Forbidden):
        await county.parts.papers.open(operator, f"SJ{number}-01")


# versions


async def test_a_paper_is_issued_anew_only_with_a_reason_and_names_the_one_it_replaces(county: County) -> None:
    number, room = await county.file(), county.parts.papers
    with pytest.raises(Invalid) as error:
        await room.issue(CLERK, number, "receipt", {})
    assert [finding.pointer for finding in error.value.findings] == ["/why"]
    paper = await room.issue(CLERK, number, "receipt", {"why": "窗口电话更正"})
    first, second = await papers(county, number)
    assert (first["version"], first["superseded"], second["version"], second["superseded"]) == (1, True, 2, False)
    newest, oldest = await room.open(CLERK, paper), await room.open(CLERK, paper, 1)
    assert newest.content["replaces"] == {"version": 1, "sha256": first["sha256"], "why": "窗口电话更正"}
    assert (oldest.superseded_by, newest.superseded_by) == (2, None)
    (line,) = await lines(county, number, "paper.issued")
    assert line.why == "窗口电话更正"


async def test_a_paper_that_was_issued_cannot_be_changed_or_removed(county: County) -> None:
    await county.file()
    for change in (Paper.all().update(sha256="0" * 64), Paper.all().delete()):
        with pytest.raises((OperationalError, IntegrityError), match="append only"):
            await change


# printing


async def test_each_print_is_counted_and_written_down_with_who_and_how(county: County) -> None:
    number, room = await county.file(), county.parts.papers
    for actor, how in ((CLERK, "page"), (OFFICER, "pdf")):
        await room.printed(actor, f"SJ{number}-01", None, how)
    written = await lines(county, number, "paper.printed")
    assert [(line.who.split(":")[-1], line.detail["how"], line.detail["copy"]) for line in written] == [
        ("张三", "page", 1),
        ("李四", "pdf", 2),
    ]
    assert (await room.open(CLERK, f"SJ{number}-01")).prints == 2
    assert await audit.verify_all() == []


async def test_only_those_who_work_here_open_print_or_issue(county: County) -> None:
    number, room = await county.file(), county.parts.papers
    for actor in (AUDITOR, OPERATORS[ZAOYANG], PROGRAM):
        with pytest.raises(Forbidden):
            await room.open(actor, f"SJ{number}-01")
        with pytest.raises(Forbidden):
            await room.printed(actor, f"SJ{number}-01", None, "page")
        with pytest.raises(Forbidden):
            await room.issue(actor, number, "materials", {})
    with pytest.raises(Forbidden):
        await room.issue(OFFICER, number, "materials", {})
    for kind in ("acceptance", "advice", "nothing"):
        with pytest.raises(Forbidden):
            await room.issue(CLERK, number, kind, {})
    inbound = await county.inbound()
    with pytest.raises(Forbidden):
        await room.issue(CLERK, inbound, "receipt", {})
    with pytest.raises(NotFound):
        await room.open(CLERK, f"SL{number}-01")


async def test_the_papers_of_a_day_are_the_newest_versions_and_both_sides_can_be_told_apart(county: County) -> None:
    number, room = await county.file(), county.parts.papers
    await room.issue(CLERK, number, "receipt", {"why": "更正"})
    inbound = await county.inbound()
    await do(county, inbound, ("accept", {}))
    today = county.clock().date()
    assert [(one["number"], one["case"]) for one in await room.of_day(CLERK, today)] == [
        (f"SJ{number}-01", number),
        (f"SL{inbound}-01", inbound),
    ]
    assert [one["number"] for one in await room.of_day(CLERK, today, "handler")] == [f"SL{inbound}-01"]
    county.clock.move(days=1)
    assert await room.of_day(CLERK, county.clock().date()) == []


# checking


async def test_who_holds_a_paper_can_ask_if_it_is_genuine_and_learns_nothing_of_a_person(county: County) -> None:
    number, room = await county.inbound(), county.parts.papers
    await do(county, number, ("accept", {}))
    row = await Paper.get(number=f"SL{number}-01")
    found = await room.check(row.number.lower(), row.code.replace("-", "").lower())
    assert found is not None
    assert (found.title, found.office, str(found.issued_on), found.sha256, found.superseded_by) == (
        "受理通知书",
        "随县人力资源和社会保障局",
        "2026-11-24",
        row.sha256,
        None,
    )
    assert "张三" not in str(found)
    assert await room.check(row.number, "2222-2222-2222") is None
    assert await room.check(f"SL{number}-02", row.code) is None
    assert await room.check("", "") is None


async def test_a_code_belongs_to_one_version_and_tells_when_a_later_one_replaced_it(county: County) -> None:
    number, room = await county.file(), county.parts.papers
    await room.issue(CLERK, number, "receipt", {"why": "更正"})
    first, second = await Paper.filter(case_number=number).order_by("version")
    assert first.code != second.code
    answers_ = [await room.check(first.number, one.code) for one in (first, second)]
    assert [(one.version, one.superseded_by) for one in answers_ if one is not None] == [(1, 2), (2, None)]


# advice


async def test_who_only_asks_gets_a_paper_without_a_case_or_a_person(county: County) -> None:
    room, index = county.parts.papers, county.parts.library.index
    matter = index.get("zaoyang.002014006001")
    assert matter is not None
    found = [Finding("/answers/applicant/mobile", "required", "申请人·手机号码：请填写")]
    first = await room.advise(CLERK, matter, matter.handlers[0], found, None)
    second = await room.advise(CLERK, matter, matter.handlers[0], [], "请到对方窗口办理")
    assert (first, second) == ("GZ421321202611240001", "GZ421321202611240002")
    paper = (await room.open(CLERK, first)).content
    tables = {part["label"]: part["rows"] for part in paper["parts"] if part["shape"] == "table"}
    assert tables["需要补齐或更正"] == [["申请人·手机号码：请填写"]]
    assert tables["需要的材料"][0] == ["居民身份证", "可用电子证照"]
    assert (await room.printed(CLERK, first, None, "page")).prints is None
    house = [line for line in await audit.lines_of("house") if line["what"].startswith("paper.")]
    assert [(line["what"], line["detail"]["paper"]) for line in house] == [
        ("paper.issued", first),
        ("paper.issued", second),
        ("paper.printed", first),
    ]
    assert await room.check(first, (await Paper.get(number=first)).code) is not None
    assert await county.file() == "421321202611241000001" + (await county.leg(await _only(county))).number[-1]


async def _only(county: County) -> str:
    return str((await county.parts.case_room.listing(CLERK))["items"][0]["number"])


# elsewhere


async def test_evidence_holds_the_contents_under_their_digests(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    package = zipfile.ZipFile(io.BytesIO(await county.parts.evidence(number)))
    (entry,) = json.loads(package.read("manifest.json"))["papers"]
    body = package.read(entry["body"])
    assert (entry["number"], hashlib.sha256(body).hexdigest()) == (f"SL{number}-01", entry["sha256"])
    assert orjson.loads(body)["title"] == "受理通知书"


async def test_the_lists_on_a_leg_are_what_the_rows_say(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}), ("extend_limit", EXTEND), ("decide", REFUSE))
    rows = await Paper.filter(case_number=number).order_by("id")
    listed = (await county.leg(number)).papers or []
    assert [(one["number"], one["version"], one["sha256"], one["attachment"]) for one in listed] == [
        (row.number, row.version, row.sha256, row.file) for row in rows
    ]
    assert [one["name"] for one in book.shown(listed)] == ["受理通知书", "延期告知书", "办结通知书"]


@pytest.mark.parametrize(
    ("paper", "case"),
    [
        ("SJ421321202611242000001G-01", "421321202611242000001G"),
        ("GZ421321202611240001", None),
        ("421321202611242000001G", None),
        ("SJ-01", None),
        ("SJ421321202611242000001G-x", None),
    ],
)
async def test_a_papers_number_tells_its_case(paper: str, case: str | None) -> None:
    assert case_of(paper) == case


async def test_what_the_other_side_sent_is_told_with_the_message_and_the_key_it_was_held_against(
    county: County,
) -> None:
    number, room = await county.file(), county.parts.case_room
    files = [
        await county.put(text, ZAOYANG, name)
        for text, name in ((b"%PDF-1.7\n1", "受理.pdf"), (b"%PDF-1.7\n2", "函.pdf"))
    ]
    known = await county.parts.attachments.known(county.parts.connection, files, ZAOYANG)
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock(), document=known[files[0]]))
    second = county.zaoyang.says("note.sent", number, note(attachments=[known[files[1]]]))
    await county.hears(first, second)
    await room.note(CLERK, number, {"text": "收到", "attachments": [await county.put(name="我方.pdf")]})
    case = await room.open(CLERK, number)
    found = await county.parts.papers.received(case, (await room.events(CLERK, number))["items"])
    assert [(one["attachment"]["name"], one["note"], one["message_id"], one["kid"]) for one in found] == [
        ("受理.pdf", False, first.id, f"{ZAOYANG}-1"),
        ("函.pdf", True, second.id, f"{ZAOYANG}-1"),
    ]


async def test_when_a_cases_key_is_gone_its_papers_can_be_checked_and_no_longer_read(county: County) -> None:
    number = await county.inbound()
    await do(county, number, ("accept", {}))
    row = await Paper.get(case_number=number)
    await county.tx(lambda tx: county.parts.keys.destroy(row.key_id, county.clock(), tx))
    with pytest.raises(NotFound):
        await county.parts.papers.open(OFFICER, row.number)
    found = await county.parts.papers.check(row.number, row.code)
    assert found is not None
    assert found.sha256 == row.sha256
    (entry,) = json.loads(zipfile.ZipFile(io.BytesIO(await county.parts.evidence(number))).read("manifest.json"))[
        "papers"
    ]
    assert (entry["sha256"], entry["body"]) == (row.sha256, "destroyed")
