"""Pages of papers without a browser: who comes in, what a machine without a font offers, and papers filed before there were any."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app, keys
from gateway.applications.tables import Leg
from gateway.audit import queries as audit
from gateway.auth.passwords import Passwords
from gateway.auth.sessions import csrf_of
from gateway.auth.users import Person, Users
from tests.county import County, answers
from tests.gateway.conftest import AUDITOR, CLERK, OFFICER, QUICK

ID_NUMBER = answers()["applicant"]["idNumber"]


@dataclass
class Desk:
    """A person at a browser that runs no scripts."""

    client: TestClient[web.Request, web.Application]
    csrf: str = ""

    async def sign_in(self, person: Person) -> None:
        token = await self.client.app[keys.SESSIONS].begin(person, ip="127.0.0.1")
        self.client.session.cookie_jar.update_cookies({"session": token})
        self.csrf = csrf_of(token)

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(path, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, **fields: Any) -> tuple[int, str, bytes]:
        data = {"_csrf": self.csrf, **fields}
        async with self.client.post(path, data=data, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.read()


@pytest.fixture
async def desk(county: County) -> AsyncIterator[Desk]:
    users = Users(Passwords(QUICK), county.clock)
    for person in (CLERK, OFFICER, AUDITOR):
        await users.add(person, "correct-horse-battery")
    application = app.build(county.parts, None)
    async with TestClient(TestServer(application)) as client:
        yield Desk(client)


async def test_a_machine_without_a_chinese_font_offers_the_page_and_no_pdf(
    county: County, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await county.file()
    await desk.sign_in(CLERK)
    paper = f"/papers/SJ{number}-01"
    assert "下载 PDF" in (await desk.get(paper))[1]
    status, _, body = await desk.post(f"{paper}/pdf")
    assert (status, body[:5]) == (200, b"%PDF-")
    monkeypatch.setattr(county.parts.papers.press, "_serif", [])
    monkeypatch.setattr(county.parts.papers.press, "_sans", [])
    status, page = await desk.get(paper)
    assert (status, "不能下载 PDF" in page, f"{paper}/pdf" in page) == (200, True, False)
    assert (await desk.post(f"{paper}/pdf"))[0] == 404
    status, _, body = await desk.post(f"{paper}/print")
    assert (status, "第 2 次" in body.decode()) == (200, True)


async def test_numbers_in_full_leave_only_with_a_line_on_the_chain(county: County, desk: Desk) -> None:
    number = await county.file()
    await desk.sign_in(CLERK)
    status, where, _ = await desk.post(f"/applications/{number}/papers", kind="application_form")
    assert (status, where) == (303, f"/papers/SQ{number}-01")
    assert ID_NUMBER not in (await desk.get(where))[1]
    assert ID_NUMBER in (await desk.post(f"{where}/print"))[2].decode()
    last = (await audit.lines_of(number))[-1]
    assert (last["what"], last["detail"]["paper"], last["who"]) == (
        "paper.printed",
        f"SQ{number}-01",
        "person:421321:张三",
    )


async def test_a_form_from_elsewhere_prints_nothing(county: County, desk: Desk) -> None:
    number = await county.file()
    await desk.sign_in(CLERK)
    desk.csrf = "guessed"
    assert (await desk.post(f"/papers/SJ{number}-01/print"))[0] == 403
    assert [line["what"] for line in await audit.lines_of(number)] == ["application.submitted"]


async def test_who_may_not_is_told_so(county: County, desk: Desk) -> None:
    number = await county.file()
    await desk.sign_in(AUDITOR)
    for path in (f"/papers/SJ{number}-01", "/papers", f"/applications/{number}/papers", "/papers/advice"):
        assert (await desk.get(path))[0] == 403
    await desk.sign_in(OFFICER)
    assert (await desk.post(f"/applications/{number}/papers", kind="materials"))[0] == 403
    assert (await desk.post(f"/papers/SJ{number}-01/send"))[0] == 404
    assert (await desk.get("/papers/SJ1-01"))[0] == 404
    assert (await desk.get(f"/papers/SJ{number}-01?v=7"))[0] == 404
    assert (await desk.get("/papers/advice?matter=nothing"))[0] == 403


async def test_a_case_filed_before_papers_were_kept_gets_its_receipt_when_asked_for(county: County, desk: Desk) -> None:
    number = await county.file()
    other = await county.file()
    await Leg.filter(number=number).update(papers=None)  # as a row that is older than this
    await desk.sign_in(CLERK)
    async with desk.client.get(f"/applications/{number}/slip", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"/applications/{number}/papers"
    assert "出具收件凭证" in (await desk.get(f"/applications/{number}/papers"))[1]
    assert "出具收件凭证" not in (await desk.get(f"/applications/{other}/papers"))[1]


async def test_nothing_chosen_prints_nothing_and_says_so(county: County, desk: Desk) -> None:
    await desk.sign_in(CLERK)
    assert (await desk.post("/papers/print"))[:2] == (303, "/papers?none=1")
    assert "请先选中" in (await desk.get("/papers?none=1"))[1]
    assert (await desk.get("/papers?day=yesterday&side=x"))[0] == 200
