"""The pages as people use them: a real browser, the strict policy, keyboard, uploads, live updates."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page

from tests.web.showroom.browser import Desk, desk, until

pytestmark = pytest.mark.browser
PAGES = ["/queue", "/entry", "/entry?full=1", "/case?live=1", "/door?wrong=1", "/slip"]


@pytest.fixture
async def table() -> AsyncIterator[Desk]:
    async with desk() as opened:
        yield opened
        assert opened.complaints == []


async def focused(page: Page) -> str:
    found: str = await page.evaluate("document.activeElement.id")
    return found


async def value(page: Page, name: str) -> str:
    return await page.locator(f'[name="{name}"]').input_value()


async def clean(page: Page) -> None:
    """Nothing was refused by the policy, and axe finds no fault."""
    assert await page.evaluate("refused") == []
    found = await page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert [(fault["id"], [node["html"][:160] for node in fault["nodes"]]) for fault in found["violations"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_clean_under_policy_and_axe(table: Desk, scheme: str) -> None:
    for path in PAGES:
        async with table.page(path, color_scheme=scheme, reduced_motion="reduce") as page:
            if path == "/queue":
                await page.locator("[data-menu] summary").click()
            await clean(page)
    async with table.page("/entry", color_scheme=scheme) as page:
        await page.locator("[data-default]").click()
        await page.locator("#error-summary").wait_for()
        await clean(page)
    async with table.page("/queue", color_scheme=scheme) as page:
        await page.keyboard.press("?")
        await page.locator("#shortcuts[open]").wait_for()
        await clean(page)


async def test_faults_come_first_and_lead_to_their_fields(table: Desk) -> None:
    async with table.page("/entry") as page:
        await page.keyboard.press("Tab")
        await page.locator("#f-applicant-name").fill("张三")
        await page.keyboard.press("Control+Enter")
        await page.locator("#error-summary").wait_for()
        assert (await page.title()).startswith("有误：")
        assert await focused(page) == "error-summary"
        await page.get_by_role("link", name="申请人·手机号码：请填写").click()
        assert await focused(page) == "f-applicant-mobile"
        described = await page.locator("#f-applicant-mobile").get_attribute("aria-describedby")
        assert await page.locator(f"#{described}").inner_text() == "有误：\n申请人·手机号码：请填写"
        assert await value(page, "answers/applicant/name") == "张三"


async def test_enter_goes_on_and_dates_are_put_right(table: Desk) -> None:
    async with table.page("/entry?full=1") as page:
        await page.locator("#f-applicant-name").focus()
        seen = []
        for _ in range(4):
            await page.keyboard.press("Enter")
            seen.append(await focused(page))
        assert seen == ["f-applicant-idType", "f-applicant-idNumber", "f-applicant-mobile", "f-companyName"]
        await page.locator("#f-leaseUntil").fill("2028.3.1")
        await page.keyboard.press("Enter")
        assert await value(page, "answers/leaseUntil") == "2028-03-01"
        assert await focused(page) == "f-legalRep-name"
        assert table.room.submitted == []


async def test_enter_can_be_left_as_browsers_have_it(table: Desk) -> None:
    async with table.page("/entry") as page:
        await page.evaluate("tongban.keep('enter', 'off')")
        await page.locator("#f-applicant-name").press("Enter")
        await until(lambda: table.room.submitted)


async def test_a_changed_condition_redraws_and_keeps_what_is_typed(table: Desk) -> None:
    async with table.page("/entry") as page:
        await page.locator("#f-companyName").fill("枣阳市示例农业")
        await page.locator("#f-addressProof-2").check()
        await page.locator("#f-leaseUntil").wait_for()
        assert await value(page, "answers/companyName") == "枣阳市示例农业"
        assert await focused(page) == "f-addressProof-2"
        await page.locator("#f-leaseUntil").fill("20280101")
        await page.locator("#f-addressProof").check()
        await page.locator("#f-leaseUntil").wait_for(state="detached")
        await page.locator("#f-addressProof-2").check()
        await page.locator("#f-leaseUntil").wait_for()
        assert await value(page, "answers/leaseUntil") == "2028-01-01"
        await clean(page)


async def test_rows_come_and_go_without_mixing_what_was_typed(table: Desk) -> None:
    async with table.page("/entry?full=1") as page:
        await page.get_by_role("button", name="添加一行 股东名册").click()
        await until(lambda: page.evaluate("document.activeElement.id === 'f-shareholders-r3-kind'"))
        await page.locator("#f-shareholders-r3-name").fill("王五")
        await page.locator("#f-shareholders-r2-name").fill("改过的名称")
        await page.get_by_role("button", name="删除 第 1 行").click()
        await page.locator("#r-shareholders-r1").wait_for(state="detached")
        assert await value(page, "answers/shareholders/r2/name") == "改过的名称"
        assert await value(page, "answers/shareholders/r3/name") == "王五"
        assert await page.locator("#r-shareholders-r2 > legend").inner_text() == "第 1 行"


async def test_a_draft_is_saved_when_typing_stops(table: Desk) -> None:
    async with table.page("/entry") as page:
        await page.locator("#f-companyName").press_sequentially("枣阳市示例")
        assert table.room.drafts == []
        await until(lambda: table.room.drafts)
        assert ("answers/companyName", "枣阳市示例") in table.room.drafts[-1]
        await until(lambda: page.locator("[data-saved]").inner_text())
        assert (await page.locator("[data-saved]").inner_text()).startswith("草稿已保存")
        assert await value(page, "draft") == "d1"


async def test_two_clicks_submit_once(table: Desk) -> None:
    async with table.page("/entry") as page:
        await page.evaluate(
            "() => { const b = document.querySelector('[data-default]'); b.click(); b.click(); b.click() }"
        )
        await page.locator("#error-summary").wait_for()
        assert len(table.room.submitted) == 1


async def test_a_scan_goes_up_at_once_and_its_digests_come_back(table: Desk, tmp_path: Path) -> None:
    scan, program = tmp_path / "章程.pdf", tmp_path / "setup.pdf"
    scan.write_bytes(b"%PDF-1.7 " + b"x" * 300_000)
    program.write_bytes(b"MZ" + b"x" * 100)
    async with table.page("/entry") as page:
        await page.locator("#f-materials-M02-source").select_option("扫描上传")
        await page.locator("#f-materials-M02-sm3").set_input_files(scan)
        status = page.locator("#g-f-materials-M02-sm3 [data-upload-status]")
        await until(lambda: page.locator('[name="file:M02"]').input_value())
        assert await status.inner_text() == "已上传 章程.pdf（293.0 KB）"
        sha256 = await value(page, "file:M02")
        assert await value(page, "answers/materials/M02/sm3") == sha256[::-1]
        assert table.room.uploads == [("attachment; filename*=UTF-8''%E7%AB%A0%E7%A8%8B.pdf", 300_009, "token")]
        await page.locator("#f-materials-M02-sm3").set_input_files(program)
        await until(lambda: status.get_attribute("data-state"))
        await until(
            lambda: page.evaluate("document.querySelector('#g-f-materials-M02-sm3 output').dataset.state === 'failed'")
        )
        assert "不是可以上传的文件类型" in await status.inner_text()
        await page.locator("#f-materials-M01-source").select_option("纸质原件")
        await until(lambda: page.locator("#r-materials-M01.material-given").count())
        assert await value(page, "file:M02") == sha256
        await page.locator("[data-default]").click()
        await page.locator("#error-summary").wait_for()
        posted = dict(table.room.submitted[0])
        assert posted["file:M02"] == sha256
        assert not any(name.startswith("upload:") for name in posted)


async def test_single_keys_search_move_and_open(table: Desk) -> None:
    async with table.page("/queue") as page:
        await page.keyboard.press("/")
        await until(lambda: page.evaluate("document.activeElement.matches('[data-search]')"))
        await page.keyboard.press("Escape")
        for key in ("j", "j", "k", "j"):
            await page.keyboard.press(key)
            await page.wait_for_timeout(70)
        assert await page.locator("[data-here]").get_attribute("id") == "row-42132120261124100000" + "2G"
        await page.keyboard.press("Enter")
        await until(lambda: page.url.endswith("/applications/421321202611241000002G"))


async def test_single_keys_can_be_turned_off_and_rest_while_one_types(table: Desk) -> None:
    async with table.page("/queue") as page:
        await page.keyboard.press("?")
        await page.locator("#shortcuts-on").uncheck()
        await page.get_by_role("button", name="关闭").click()
        await page.keyboard.press("n")
        await page.wait_for_timeout(120)
        assert page.url.endswith("/queue")
        await page.reload()
        await page.keyboard.press("?")
        await page.wait_for_timeout(120)
        assert await page.locator("#shortcuts[open]").count() == 0
    async with table.page("/entry") as page:
        await page.locator("#f-companyName").press_sequentially("n/j?")
        assert await value(page, "answers/companyName") == "n/j?"
        assert page.url.endswith("/entry")


SCAN = """keys => {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}))
}"""


async def test_a_scanner_opens_the_case_from_anywhere(table: Desk) -> None:
    code = "421321202611241000001G"
    async with table.page("/entry") as page:
        await page.evaluate(SCAN, [*code, "Enter"])
        await until(lambda: urlsplit(page.url).path == "/applications")
        assert parse_qs(urlsplit(page.url).query) == {"q": [code]}


HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
  document.dispatchEvent(new Event('visibilitychange'))
}"""


async def test_updates_pause_rest_and_go_on_where_they_stopped(table: Desk) -> None:
    async with table.page("/case?live=1") as page:
        await until(lambda: page.locator('[data-stream-state="live"]').count())
        await page.get_by_role("button", name="暂停更新").click()
        await until(lambda: table.room.streams == 0)
        assert await page.locator("[data-stream-state]").inner_text() == "更新已暂停"
        await page.get_by_role("button", name="继续更新").click()
        await until(lambda: page.locator('[data-stream-state="live"]').count())
        await page.evaluate(HIDE, True)
        await until(lambda: table.room.streams == 0)
        await page.evaluate(HIDE, False)
        await until(lambda: table.room.streams == 1)
        assert table.room.asked == ["", "7", "7"]


async def test_an_event_lets_a_part_of_the_page_ask_anew(table: Desk) -> None:
    async with table.page("/case?live=1") as page:
        await until(lambda: page.locator("#live-part[data-asked]").count())


async def test_large_print_and_colours_are_remembered(table: Desk) -> None:
    async with table.page("/queue") as page:
        await page.locator("[data-menu] summary").click()
        await page.get_by_role("button", name="特大").click()
        await page.get_by_role("button", name="深色").click()
        await page.reload()
        assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
        assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert await page.evaluate("Object.keys(localStorage).sort()") == ["tongban.size", "tongban.theme"]


async def test_a_form_works_without_scripts(table: Desk) -> None:
    async with table.page("/entry?full=1", java_script_enabled=False) as page:
        await page.get_by_role("button", name="添加一行 股东名册").click()
        await page.locator("#f-shareholders-r3-name").fill("王五")
        await page.locator("#f-addressProof").check()
        await page.locator("#s-content").get_by_role("button", name="按上面的选择更新表单").click()
        assert await page.locator("#f-leaseUntil").count() == 0
        assert await value(page, "answers/shareholders/r3/name") == "王五"
        await page.get_by_role("button", name="核对并提交").click()
        assert (await page.title()).startswith("有误：")
        assert await page.locator("#error-summary").count() == 1
