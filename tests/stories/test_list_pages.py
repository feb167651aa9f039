"""清单 in a real browser: drafted, refused until the department confirmed, proposed, returned and signed by both sides."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.applications.clocks import SHANGHAI

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
COORDINATOR, OFFICER, SIGNATORY = "wangwu", "lisi", "zhaoliu"
BROKEN = Path(__file__).resolve().parents[1] / "data" / "broken_lists" / "05_枣阳_日期序列号与列错位.xlsx"
CODE = "002014008003"  # 城乡居民基本养老保险关系转移接续申请


async def change(page: Page, field: str, value: str) -> None:
    """One field of the line."""
    await page.goto(f"/agreements/zaoyang/draft/lines/{CODE}")
    await page.fill(f"#f-{field}", value)
    await page.click("button[data-default]")
    await expect(page.locator(".notice-good")).to_contain_text("已保存")


async def confirm_and_propose(page: Page, officer: Page, at: str) -> None:
    """The department confirms, then the coordinator proposes."""
    await officer.goto("/agreements/zaoyang/draft")
    await officer.click("button:has-text('会签')")
    await expect(officer.locator("#departments")).to_contain_text("已会签")
    await page.goto("/agreements/zaoyang/draft")
    await page.fill("#f-effective_from", at)
    await page.click("button:has-text('提出这一版')")


async def shows(page: Page, where: str, words: str) -> None:
    """The overview, looked at again until the other side has answered."""
    for _ in range(40):
        await page.goto("/agreements/zaoyang")
        if words in await page.locator(where).inner_text():
            return
        await page.wait_for_timeout(500)
    raise AssertionError(await page.locator(where).inner_text())


async def test_a_list_is_drafted_returned_for_a_line_and_signed_by_both_sides(
    visit: Open, barriers: Look, tmp_path: Path
) -> None:
    page = await visit("/agreements/zaoyang", COORDINATOR)
    officer = await visit("/agreements/zaoyang", OFFICER)
    at = f"{datetime.now(SHANGHAI) + timedelta(days=2):%Y-%m-%d %H:%M}"
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "overview.png", full_page=True)
    await page.click("text=导入工作簿")
    await page.set_input_files("#f-file", BROKEN)
    await page.click("button:has-text('检查')")
    await expect(page.locator("#findings")).to_contain_text("有错误，不能导入")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "import.png", full_page=True)
    async with page.expect_download() as coming:
        await page.click("text=下载标注后的工作簿")
    assert (await (await coming.value).path()).read_bytes().startswith(b"PK")
    await page.goto("/agreements/zaoyang")
    await page.click("button:has-text('起草下一版')")
    await expect(page.locator("h1")).to_have_text("下一版草稿")
    await page.goto(f"/agreements/zaoyang/draft/lines/{CODE}")
    await page.fill("#f-promised_days", "一天")
    await page.click("button[data-default]")
    await expect(page.locator("#error-summary")).to_contain_text("承诺时限(工作日)”应为不带单位的整数")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "line.png", full_page=True)
    await change(page, "promised_days", "10")
    await change(page, "remarks", "模拟退回")
    await page.fill("#f-effective_from", at)
    await page.click("button:has-text('提出这一版')")
    await expect(page.locator("#error-summary")).to_contain_text("还没有会签：随县人力资源和社会保障局")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "draft.png", full_page=True)
    await confirm_and_propose(page, officer, at)
    await expect(page.locator("#version-2")).to_contain_text("待各方确认")

    await shows(page, "#version-2", "已退回")
    await page.goto("/agreements/zaoyang/draft")
    await expect(page.locator("[aria-labelledby=comments-title]")).to_contain_text("第 4 行（remarks）：请修改这一行")
    await change(page, "remarks", "")
    await confirm_and_propose(page, officer, at)
    await expect(page.locator("#version-3")).to_contain_text("枣阳市：未确认")

    signatory = await visit("/agreements/zaoyang/versions/3", SIGNATORY)
    await expect(signatory.locator("#compared")).to_contain_text("承诺时限(工作日)：12 → 10")
    assert await barriers(signatory) == []
    await signatory.screenshot(path=tmp_path / "sign.png", full_page=True)
    await signatory.click("button:has-text('确认第 3 版')")
    await expect(signatory.locator("#version-3")).to_contain_text("赵六")
    await shows(signatory, "#version-3", "已确认，待生效")
    await expect(signatory.locator("#version-3")).to_contain_text("清单确认人（模拟）")
    await signatory.screenshot(path=tmp_path / "signed.png", full_page=True)
    await page.goto("/agreements")
    await expect(page.locator(".agreement-tiles")).to_contain_text("第 3 版将于")


async def test_what_is_agreed_with_whom_and_what_each_asks_for_the_same_matter(
    visit: Open, barriers: Look, tmp_path: Path
) -> None:
    page = await visit("/agreements", COORDINATOR)
    await page.click("text=覆盖与互惠")
    await expect(page.locator(f"#code-{CODE}")).to_contain_text("双向")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "matrix.png")
    await page.click("text=只有单向")
    await expect(page.locator("tbody")).to_contain_text("本地收")
    await page.goto(f"/agreements/same?code={CODE}")
    await expect(page.locator("tbody")).to_contain_text("申请材料")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "same.png", full_page=True)
