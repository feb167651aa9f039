"""清单的文件 on pages, without scripts: looked over, taken into the draft only when it has no error, marked, written out."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app, keys
from gateway.auth.passwords import Passwords
from gateway.auth.sessions import csrf_of
from gateway.auth.users import Person, Users
from matters_map.lines import Line
from matters_map.tables import ListDraft, ListUpload, ListVersion
from matters_map.workbooks import exporting
from tests.county import COORDINATOR as ACTOR
from tests.county import County
from tests.gateway.conftest import CLERK, QUICK

COORDINATOR = Person("sunba", "孙八", "coordinator", "421321")
BROKEN = Path(__file__).resolve().parents[2] / "data" / "broken_lists"
HERE = "/agreements/zaoyang"


@dataclass
class Desk:
    """A person at a browser that runs no scripts."""

    client: TestClient[web.Request, web.Application]
    csrf: str = ""

    async def sign_in(self, person: Person) -> None:
        token = await self.client.app[keys.SESSIONS].begin(person, ip="127.0.0.1")
        self.client.session.cookie_jar.update_cookies({"session": token})
        self.csrf = csrf_of(token)

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.client.get(path, allow_redirects=False) as answer:
            return answer.status, await answer.read()

    async def post(self, path: str, **fields: object) -> tuple[int, str, str]:
        """(status, where to go, page)."""
        form = FormData({"_csrf": self.csrf})
        for name, value in fields.items():
            if isinstance(value, tuple):
                form.add_field(name, value[1], filename=value[0])
            else:
                form.add_field(name, str(value))
        async with self.client.post(path, data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def looked_over(self, name: str, content: bytes) -> tuple[str, str]:
        """(address, page) of what was found in a file."""
        status, there, page = await self.post(f"{HERE}/draft/import", file=(name, content))
        assert status == 303, page
        status, body = await self.get(there)
        assert status == 200
        return there, body.decode()


@pytest.fixture
async def desk(county: County) -> AsyncIterator[Desk]:
    users = Users(Passwords(QUICK), county.clock)
    for person in (CLERK, COORDINATOR):
        await users.add(person, "correct-horse-battery")
    async with TestClient(TestServer(app.build(county.parts, None))) as client:
        yield Desk(client)
    await county.parts.list_imports.close()


async def lines() -> list[Line]:
    row = await ListVersion.get(agreement="zaoyang", version=1)
    return [Line.from_json(one) for one in json.loads(row.text)["lines"]]


async def test_a_broken_list_shows_every_finding_is_not_taken_and_comes_back_marked(county: County, desk: Desk) -> None:
    await desk.sign_in(COORDINATOR)
    name = "05_枣阳_日期序列号与列错位.xlsx"
    expected = [
        one for one in json.loads((BROKEN / "expected_findings.json").read_text())["findings"] if one["file"] == name
    ]
    there, page = await desk.looked_over(name, (BROKEN / name).read_bytes())
    for one in expected:
        if one["code"] != "ROW_COUNT":  # a new version may have more rows, or fewer
            assert one["code"] in page
            assert str(one["cell"] or "整张表") in page
    assert "有错误，不能导入" in page
    assert "作为下一版草稿" not in page
    id_ = there.partition("file=")[2]
    status, _, page = await desk.post(f"{HERE}/draft/import/take", file=id_)
    assert (status, "有错误，不能导入" in page) == (422, True)
    assert await ListDraft.all().count() == 0
    status, body = await desk.get(f"{HERE}/draft/import/marked?file={id_}")
    assert status == 200
    assert "检查结果" in openpyxl.load_workbook(io.BytesIO(body)).sheetnames


async def test_an_exported_list_that_was_changed_becomes_the_draft_with_what_its_sheet_does_not_say(
    county: County, desk: Desk
) -> None:
    await desk.sign_in(COORDINATOR)
    status, body = await desk.get(f"{HERE}/versions/1/files/xlsx")
    assert status == 200
    there, page = await desk.looked_over("same.xlsx", body)
    assert "没有不同" in page
    book = openpyxl.load_workbook(io.BytesIO(body))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    sheet.cell(2, titles.index("收费标准") + 1).value = "每份 5 元"
    sheet.cell(5, titles.index("承诺时限(工作日)") + 1).value = "１０"
    out = io.BytesIO()
    book.save(out)
    there, page = await desk.looked_over("changed.xlsx", out.getvalue())
    for words in ("不收费", "每份 5 元", "FULLWIDTH", "警告 1"):
        assert words in page
    id_ = there.partition("file=")[2]
    status, there, _ = await desk.post(f"{HERE}/draft/import/take", file=id_)
    assert (status, there) == (303, f"{HERE}/draft?told=loaded")
    draft = await ListDraft.get(agreement="zaoyang")
    before, after = await lines(), [Line.from_json(one) for one in json.loads(draft.lines)]
    assert [(one.fee, two.promised_days) for one, two in [(after[0], after[3])]] == [("每份 5 元", 10)]
    same = [one.to_json() | {"fee": "", "promised_days": 0} for one in after]
    assert same == [one.to_json() | {"fee": "", "promised_days": 0} for one in before]
    assert any(one.joint for one in after)


async def test_a_plain_sheet_keeps_joint_and_members_and_a_draft_that_changed_is_not_overwritten(
    county: County, desk: Desk
) -> None:
    await desk.sign_in(COORDINATOR)
    text = exporting.to_csv(await lines()).decode("utf-8-sig").splitlines()
    there, _ = await desk.looked_over("list.csv", "\n".join(text[:-1]).encode("gb18030"))
    id_ = there.partition("file=")[2]
    await county.parts.list_drafts.begin(ACTOR, "zaoyang")
    status, _, page = await desk.post(f"{HERE}/draft/import/take", file=id_, revision="0")
    assert (status, "草稿已被" in page) == (422, True)
    status, _, _ = await desk.post(f"{HERE}/draft/import/take", file=id_, revision="1")
    assert status == 303
    draft = await ListDraft.get(agreement="zaoyang")
    assert len(json.loads(draft.lines)) == 27


async def test_no_file_a_large_file_and_somebody_else_are_told(county: County, desk: Desk) -> None:
    await desk.sign_in(COORDINATOR)
    status, _, page = await desk.post(f"{HERE}/draft/import", file="")
    assert (status, "请选择清单文件" in page) == (422, True)
    _, page = await desk.looked_over("x.xlsx", b"no workbook at all")
    assert "BAD_FILE" in page or "NO_HEADER" in page
    assert await ListUpload.all().count() == 1
    county.clock.move(days=2)
    await desk.sign_in(COORDINATOR)
    await desk.looked_over("y.csv", b"a,b\n1,2\n")
    assert await ListUpload.all().count() == 1, "after a day it is gone"
    await desk.sign_in(CLERK)
    status, _, _ = await desk.post(f"{HERE}/draft/import", file=("x.csv", b"a"))
    assert status == 403
