"""The day's pages without a browser and without scripts: 台账, 交接班, 常用语, 不在岗, 好差评, 系统编号, 缴费, 一起送达, 撤销提交."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app, keys
from gateway.applications.tables import Application, Draft, Phrase
from gateway.auth.actor import Actor
from gateway.auth.passwords import Passwords
from gateway.auth.sessions import csrf_of
from gateway.auth.users import Person, Users
from gateway.settings import Settings
from tests.county import County, decided, note
from tests.gateway.conftest import CLERK, OFFICER, QUICK

SECOND = Person("qianqi", "钱七", "clerk", "421321", window="1号窗口")
COORDINATOR = Person("sunba", "孙八", "coordinator", "421321")
CAST = (CLERK, SECOND, OFFICER, COORDINATOR)
ID_NUMBER = "421321200001019998"


@dataclass
class Desk:
    """A person at a browser that runs no scripts."""

    client: TestClient[web.Request, web.Application]
    csrf: str = ""

    async def sign_in(self, person: Person) -> None:
        token = await self.client.app[keys.SESSIONS].begin(person, ip="127.0.0.1")
        self.client.session.cookie_jar.update_cookies({"session": token})
        self.csrf = csrf_of(token)

    async def get(self, path: str, accept: str = "text/html") -> tuple[int, str]:
        async with self.client.get(path, allow_redirects=False, headers={"Accept": accept}) as answer:
            return answer.status, await answer.text() if answer.status < 300 else answer.headers.get("Location", "")

    async def post(self, path: str, *fields: tuple[str, str], **more: Any) -> tuple[int, str]:
        data = [("_csrf", self.csrf), *fields, *more.items()]
        async with self.client.post(path, data=data, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "") or await answer.text()


@pytest.fixture
async def desk(county: County) -> AsyncIterator[Desk]:
    users = Users(Passwords(QUICK), county.clock)
    for person in CAST:
        await users.add(person, "correct-horse-battery")
    application = app.build(county.parts, None)
    clock: keys.Clock = county.clock
    application[keys.CLOCK] = clock
    application[keys.ABSENCES]._now = county.clock
    async with TestClient(TestServer(application)) as client:
        yield Desk(client)


async def test_the_ledger_is_shown_and_taken_away_as_a_file(county: County, desk: Desk) -> None:
    number = await county.file()
    await county.parts.case_room.note_vertical(actor(CLERK), number, {"system": "公安", "number": "=GA(1)"})
    await desk.sign_in(CLERK)
    status, text = await desk.get("/ledger?of=own")
    assert (status, number in text, "收件并转送" in text) == (200, True, True)
    status, file = await desk.get("/ledger.csv?day=2026-11-24")
    assert status == 200
    assert file.startswith("\ufeff时间,类别,办件编号")
    assert "合计,收件,1" in file
    assert "公安 =GA(1)" in file
    assert (await desk.get("/ledger.csv?day=2026-11-23"))[1].count("\n") == 5


async def test_a_shift_is_given_read_and_taken(county: County, desk: Desk) -> None:
    number = await county.file()
    await desk.sign_in(CLERK)
    assert number not in (await desk.get("/shifts"))[1], "nothing is due yet"
    status, address = await desk.post("/shifts", note="请跟进<b>")
    assert status == 303
    status, text = await desk.get(address)
    assert "请跟进&lt;b&gt;" in text
    assert "我来接班" not in text
    assert (await desk.post(f"{address}/taking"))[0] == 409
    await desk.sign_in(SECOND)
    assert "我来接班" in (await desk.get(address))[1]
    assert await desk.post(f"{address}/taking") == (303, address)
    assert "钱七 于" in (await desk.get(address))[1]
    assert (await desk.get("/shifts/1"))[0] == 404
    await desk.sign_in(OFFICER)
    assert (await desk.get("/shifts"))[0] == 403


async def test_phrases_are_kept_picked_and_thrown_away(county: County, desk: Desk) -> None:
    await desk.sign_in(CLERK)
    status, text = await desk.post("/phrases", use="note", text="电话 13000000001")
    assert (status, "不要写证件号" in text) == (422, True)
    assert (await desk.post("/phrases", use="note", text='请"查收"', shared="true"))[0] == 303
    status, fragment = await desk.get("/phrases/pick?use=note&for=f-text")
    assert 'data-insert-into="f-text"' in fragment
    assert "请&#34;查收&#34;" in fragment
    await desk.sign_in(SECOND)
    row = await Phrase.get()
    assert "本窗口" in (await desk.get("/phrases"))[1]
    assert (await desk.post(f"/phrases/{row.id}/deletion"))[0] == 303
    assert not await Phrase.exists()
    assert "还没有常用语" in (await desk.get("/phrases/pick?use=note&for=f-text"))[1]


async def test_the_coordinator_gives_away_what_an_absent_clerk_looks_after(county: County, desk: Desk) -> None:
    first, second = await county.file(), await county.file()
    await desk.sign_in(CLERK)
    assert (await desk.post("/absence", until="2026-11-01"))[0] == 422
    assert (await desk.post("/absence", until="2026-11-26"))[0] == 303
    assert "不在岗到 2026-11-26" in (await desk.get("/absence"))[1]
    assert (await desk.get("/absence/zhangsan/cases"))[0] == 403
    assert (await desk.post(f"/applications/{second}/owner/return", back=""))[0] == 422
    await desk.sign_in(SECOND)
    assert "现在不在岗，您可以接手" in (await desk.get(f"/applications/{first}/owner"))[1]
    await desk.sign_in(COORDINATOR)
    assert "2 件，转交" in (await desk.get("/absence"))[1]
    page = "/absence/zhangsan/cases"
    status, text = await desk.post(page, reason="休假")
    assert (status, "请选择要转交的办件" in text, "请选择接手的人" in text) == (422, True, True)
    status, text = await desk.post(page, ("case", first), ("case", second), to="qianqi", reason="休假")
    assert (status, text.count("已转交钱七")) == (200, 2)
    assert (await county.leg(first)).owner == "qianqi"
    assert (await desk.get("/absence/nobody/cases"))[0] == 404
    assert (await desk.get("/ratings"))[0] == 200
    await desk.sign_in(OFFICER)
    assert (await desk.get("/ratings"))[0] == 403


async def test_another_systems_number_leads_only_where_the_settings_allow(county: County, desk: Desk) -> None:
    set_(
        desk,
        vertical_urls={"公安": "https://police.example/case?no={number}"},
        rating_url="https://rate.example/{number}",
    )
    number = await county.file()
    await desk.sign_in(CLERK)
    page = f"/applications/{number}/vertical"
    assert (await desk.post(page, system="公安", number=""))[0] == 422
    assert await desk.post(page, system="公安", number="A&B/1") == (303, f"/applications/{number}")
    text = (await desk.get(f"/applications/{number}"))[1]
    assert 'href="https://police.example/case?no=A%26B%2F1"' in text
    assert 'data-copy="#facts"' in text
    await desk.post(page, system="人社", number="R1")
    assert "police.example" not in (await desk.get(f"/applications/{number}"))[1]
    assert (await desk.get(f"/applications/{number}/rating"))[1] == f"https://rate.example/{number}"
    assert (await desk.post(f"/applications/{number}/rating", window="5", handler="5"))[0] == 303
    assert (await Application.get(number=number)).rating is None


async def test_fees_are_told_and_the_voucher_goes_back(county: County, desk: Desk) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, note("缴费通知：工本费 10 元")))
    await desk.sign_in(CLERK)
    text = (await desk.get(f"/applications/{number}"))[1]
    assert "工本费 10 元" in text
    assert "不经手资金" in text
    page = f"/applications/{number}/fee"
    status, text = await desk.post(page, text="票据 1 号")
    assert (status, "请上传缴费凭证" in text) == (422, True)
    scan = await county.put()
    status, address = await desk.post(page, ("file:file", scan), ("filename:file", "票据.pdf"), text="票据 1 号")
    assert (status, address) == (303, f"/applications/{number}?done=notes")
    assert "缴费凭证 票据 1 号" in (await desk.get(f"/applications/{number}"))[1]
    inbound = await county.inbound()
    await desk.sign_in(OFFICER)
    assert "发送缴费通知" in (await desk.get(f"/inbox/{inbound}"))[1]
    assert await desk.post(f"/applications/{inbound}/fee", text="工本费 5 元") == (303, f"/inbox/{inbound}?done=notes")
    assert "工本费 5 元" in (await desk.get(f"/inbox/{inbound}"))[1]


async def test_several_are_printed_together_and_handed_over_with_one_list(county: County, desk: Desk) -> None:
    numbers = [await county.file(), await county.file()]
    waiting = await county.file()
    for number in numbers:
        await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    await desk.sign_in(CLERK)
    text = (await desk.get("/applications"))[1]
    assert text.count('name="case"') == 3
    assert "请核对结果文书" in text, "each row says what to do next"
    assert (await desk.post("/applications/bulk", do="slips"))[1] == "/applications?none=1"
    chosen = [("case", number) for number in [*numbers, waiting]]
    status, text = await desk.post("/applications/bulk", *chosen, do="slips")
    assert (status, "打印 3 份文书" in text) == (200, True)
    assert ID_NUMBER not in text
    status, address = await desk.post("/applications/bulk", *chosen, do="handover")
    assert address == f"/applications/bulk/handover?n={','.join([*numbers, waiting])}"
    text = (await desk.get(address))[1]
    assert f"已略去：{waiting}" in text
    fields = [("case", number) for number in numbers] + [(f"to-{number}", "李四测试") for number in numbers]
    scan = await county.put()
    status, text = await desk.post("/applications/bulk/handover", *fields, key="k", method="post")
    assert (status, "请填写快递单号" in text) == (422, True)
    status, text = await desk.post(
        "/applications/bulk/handover", *fields, ("file:file", scan), key="k2", method="window"
    )
    assert (status, text.count("已登记送达")) == (200, 2)
    assert [(await county.leg(number)).state for number in numbers] == ["HANDED_OVER"] * 2
    text = (await desk.get(f"/applications/{numbers[0]}"))[1]
    for words in ("窗口领取", "李四测试", "经手人", f"/files/{scan}"):
        assert words in text, "to whom, and with what proof"
    assert (await desk.get(f"/files/{scan}"))[0] == 200


async def test_a_submission_is_shown_undone_hurried_and_told_when_it_failed(county: County, desk: Desk) -> None:
    room, clerk = county.parts.case_room, actor(CLERK)
    body: dict[str, Any] = {"matter": "zaoyang.002014006001", "answers": {}}
    draft = await room.drafts.save(clerk, None, body["matter"], "420683", {"pairs": []})
    await desk.sign_in(CLERK)
    page = f"/applications/new/pending/{draft}"
    assert (await desk.get(page))[1] == f"/applications/new?draft={draft}"
    await county.parts.pending.put(clerk, draft, body, "key")
    status, text = await desk.get(page)
    assert (status, 'http-equiv="refresh"' in text, 'data-countdown="10"' in text) == (200, True, True)
    assert (await desk.get(page, "application/json"))[1] == '{"address": null}'
    assert "正在提交" in (await desk.get("/applications/new"))[1]
    assert (await desk.get(f"/applications/new?draft={draft}"))[1] == page
    assert await desk.post(f"{page}/undo") == (303, f"/applications/new?draft={draft}&told=undone")
    assert "已撤销提交" in (await desk.get(f"/applications/new?draft={draft}&told=undone"))[1]
    await county.parts.pending.put(clerk, draft, body, "key")
    await desk.post(f"{page}/now")
    assert (await desk.get(page))[1] == f"/applications/new?draft={draft}"
    assert "没有提交成功" in (await desk.get(f"/applications/new?draft={draft}"))[1]
    await county.parts.pending.put(clerk, draft, body, "key")
    await Draft.filter(id=draft).update(claimed_at=county.clock())
    assert (await desk.post(f"{page}/undo"))[1] == f"{page}?late=1"
    assert "不能撤销了" in (await desk.get(f"{page}?late=1"))[1]
    await desk.sign_in(SECOND)
    assert (await desk.get(page))[0] == 303, "nobody sees another's"


def actor(person: Person) -> Actor:
    return Actor("person", person.jurisdiction, person.name, person.username, role=person.role, window=person.window)


def set_(desk: Desk, **changes: Any) -> None:
    """Other settings than the county was built with."""
    settings: Settings = desk.client.app[keys.SETTINGS]
    for name, value in changes.items():
        object.__setattr__(settings, name, value)
