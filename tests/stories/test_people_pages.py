"""People in a real browser: a submission undone and let go, phrases put in, several handed over at once, a shift, an absence."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.applications.clocks import SHANGHAI
from tests.stories.demo_house import DemoHouse, demonstration
from tests.stories.test_clerk_pages import ABROAD, fill_in_abroad, number_in

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, COORDINATOR = "zhangsan", "wangwu"


async def at_the_form(browser: Browser, url: str, password: str, path: str) -> Page:
    """The clerk signs in, in a browser of this page's own."""
    context = await browser.new_context(base_url=url, locale="zh-CN", viewport={"width": 1366, "height": 800})
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.fill("[name=username]", CLERK)
    await page.fill("[name=password]", password)
    await page.click("main button")
    await page.goto(path)
    return page


async def test_a_submission_is_undone_and_the_next_one_goes_though_the_browser_is_closed(
    browser: Browser, scan: Path, tmp_path: Path
) -> None:
    async with demonstration(tmp_path, TONGBAN_UNDO_SECONDS="4") as house:
        page = await at_the_form(browser, house.url, house.password(CLERK), ABROAD)
        await fill_in_abroad(page, "13000000014", scan)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".page-head")).to_contain_text("4 秒内可以撤销")
        await page.wait_for_load_state()  # its scripts listen
        await page.keyboard.press("s")
        await expect(page.locator("h1")).to_have_text("正在提交")
        await page.screenshot(path=tmp_path / "pending.png")
        await page.wait_for_load_state()  # its scripts listen
        await page.keyboard.press("z")
        await expect(page.locator("main")).to_contain_text("已撤销提交，没有编号")
        await expect(page.locator("#f-applicant-name")).to_have_value("张三")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("h1")).to_have_text("核对后提交")
        await page.wait_for_load_state()  # its scripts listen
        await page.keyboard.press("s")
        await expect(page.locator("h1")).to_have_text("正在提交")
        await page.context.close()  # the browser is closed; the loops submit it
        page = await at_the_form(browser, house.url, house.password(CLERK), "/applications/new")
        await expect(page.locator("main")).to_contain_text("正在提交")
        await page.click("a:has-text('继续填写')")
        await page.wait_for_url("**?filed=1", timeout=20_000)
        assert number_in(page.url)
        await page.goto("/applications")
        await expect(page.locator("[data-row]")).to_have_count(1)
        await page.context.close()


async def test_phrases_a_number_elsewhere_the_ledger_and_a_shift(
    house: DemoHouse, visit: Open, barriers: Look, scan: Path, tmp_path: Path
) -> None:
    number = await house.file("13000000014")
    page = await visit("/phrases", CLERK, permissions=["clipboard-read", "clipboard-write"])
    await page.check("input[name=use][value=note]")
    await page.fill("#f-text", "请贵窗口核对后回复")
    await page.click("main form button:has-text('保存')")
    await expect(page.locator("tbody")).to_contain_text("请贵窗口核对后回复")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "phrases.png", full_page=True)
    await page.goto(f"/applications/{number}/notes")
    await page.fill("#f-text", "张工：")
    await page.select_option("[data-insert-into]", label="请贵窗口核对后回复")
    await expect(page.locator("#f-text")).to_have_value("张工：请贵窗口核对后回复")
    await page.click("button:has-text('发出留言')")
    await page.click("text=登记系统编号")
    await page.select_option("#f-system", "医保")
    await page.fill("#f-number", "YB-2026-9")
    await page.click("main form button:has-text('保存')")
    await page.click("button:has-text('全部复制')")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert "医保编号：YB-2026-9\n" in copied
    assert f"办件编号：{number}" in copied
    await page.screenshot(path=tmp_path / "case.png", full_page=True)
    await page.goto(f"/applications/{number}/fee")
    await page.fill("#f-text", "票据 0001 号")
    await page.set_input_files("#f-file", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_be_visible()
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "fee.png", full_page=True)
    await page.click("button:has-text('发送缴费凭证')")
    await expect(page.locator("section[aria-labelledby=materials-title]")).to_contain_text("缴费凭证 票据 0001 号")
    await page.goto("/ledger")
    await expect(page.locator("tbody")).to_contain_text("医保 YB-2026-9")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "ledger.png", full_page=True)
    await page.goto("/shifts")
    await page.fill("#f-note", "医保那件等对方回复")
    await page.click("button:has-text('交班')")
    await expect(page.locator("main")).to_contain_text("医保那件等对方回复")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "shift.png", full_page=True)


async def test_several_results_are_handed_over_at_once_and_a_wrong_day_of_absence_is_told(
    house: DemoHouse, visit: Open, barriers: Look, tmp_path: Path
) -> None:
    numbers = [await house.file("13000000001"), await house.file("13000000001", name="欧阳测试")]
    page = await visit("/absence", COORDINATOR)
    await page.locator(f"#person-{CLERK} input[name=until]").fill("2099-01-01")
    await page.locator(f"#person-{CLERK} button").click()
    await expect(page.locator("#error-summary")).to_contain_text("一年之内")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "absence.png", full_page=True)
    await page.goto("/ratings")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "ratings.png", full_page=True)
    page = await visit("/applications", CLERK)
    for number in numbers:
        row = page.locator(f"#row-{number}")
        await expect(row).to_contain_text("结果已到，等待送达申请人", timeout=30_000)
        await expect(row).to_contain_text("登记送达")
        await row.locator("input[name=case]").check()
    await page.screenshot(path=tmp_path / "queue.png", full_page=True)
    assert await barriers(page) == []
    await page.click("button:has-text('一起送达')")
    await expect(page.locator("h1")).to_have_text("领取签收清单")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "handover.png", full_page=True)
    await page.emulate_media(media="print")
    await page.screenshot(path=tmp_path / "handover-printed.png", full_page=True)
    await page.emulate_media(media="screen")
    await page.check("input[name=method][value=window]")
    await page.click("button:has-text('全部登记送达')")
    await expect(page.locator("main .chip-good")).to_have_count(2)
    await page.goto(f"/applications/{numbers[1]}")
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "HANDED_OVER")


async def test_what_somebody_who_is_away_looks_after_is_taken_over_or_given_to_a_colleague(
    house: DemoHouse, visit: Open, barriers: Look, tmp_path: Path
) -> None:
    mine = await visit("/applications", CLERK)
    numbers = []
    for _ in range(2):
        numbers.append(await house.file("13000000014"))
        await mine.goto(f"/applications/{numbers[-1]}/owner")
        await mine.click("button:has-text('认领')")
    page = await visit("/absence", COORDINATOR)
    await page.locator(f"#person-{CLERK} input[name=until]").fill(
        f"{datetime.now(SHANGHAI) + timedelta(days=3):%Y-%m-%d}"
    )
    await page.locator(f"#person-{CLERK} button").click()
    await expect(page.locator(f"#person-{CLERK}")).to_contain_text("不在岗到")

    colleague = await visit(f"/applications/{numbers[0]}/owner", "wuer")
    await colleague.screenshot(path=tmp_path / "take-over.png", full_page=True)
    assert await barriers(colleague) == []
    await colleague.click("button:has-text('接手')")
    await expect(colleague.locator("#case")).to_contain_text("吴二")

    await page.click(f"#person-{CLERK} a")
    await expect(page.locator("h1")).to_have_text("转交张三负责的办件")
    await page.check(f"input[value='{numbers[1]}']")
    await page.select_option("#f-to", "wuer")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "assigning.png", full_page=True)
    await page.click("button:has-text('转交选中的')")
    await expect(page.locator("[aria-labelledby=results-title]")).to_contain_text(numbers[1])
    await page.screenshot(path=tmp_path / "assigned.png", full_page=True)
    await colleague.goto(f"/applications/{numbers[1]}")
    await expect(colleague.locator("#case")).to_contain_text("吴二")
    await page.goto("/absence")
    await page.locator(f"#person-{CLERK} input[name=until]").fill("")
    await page.locator(f"#person-{CLERK} button").click()
    await expect(page.locator(f"#person-{CLERK}")).not_to_contain_text("不在岗到")
