"""多地联办 in a real browser: one form, one receipt, one page; 枣阳 first, then our own office, and one ending."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, OFFICER = "zhangsan", "lisi"
TRANSFER = "/applications/new?place=420683&matter=zaoyang.002036003001"  # 基本医疗保险关系转移接续


async def fill_in(page: Page) -> None:
    """The plain form, for a citizen whom 枣阳 grants at once."""
    await page.fill("#f-applicant-name", "张三")
    await page.fill("#f-applicant-idNumber", "421321200001019998")
    await page.fill("#f-applicant-mobile", "13000000001")
    await page.select_option("#f-materials-M01-source", "纸质原件")
    await page.check("#f-consent-acknowledged")
    if await page.locator("#f-consent-sensitiveAcknowledged").count():
        await page.check("#f-consent-sensitiveAcknowledged")


async def test_a_joint_case_from_the_form_to_its_one_ending(visit: Open, house: DemoHouse, barriers: Look) -> None:
    page = await visit("/applications/new?place=420683", CLERK)
    line = page.locator("tr", has_text="基本医疗保险关系转移接续")
    await expect(line).to_contain_text("第 1 步 所选业务属地受理、制证出证；第 2 步 收件地（牵头）")
    await page.goto(TRANSFER)
    await fill_in(page)
    await page.click("button[data-default]")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await page.click("text=提交到各承办地")
    await expect(page.locator(".notice-good")).to_contain_text("正在转送枣阳市、随县")

    legs = page.locator("[data-leg]")
    await expect(legs).to_have_count(2)
    await expect(legs.nth(1)).to_contain_text("待前一阶段完成后发起")
    await expect(legs.nth(1)).to_contain_text("牵头")
    assert await barriers(page) == []
    number = page.url.partition("?")[0].rpartition("/")[2]
    first, second = [str(await legs.nth(place).get_attribute("data-leg")) for place in (0, 1)]
    await page.goto(f"/applications/{first}")  # a leg's number leads to the whole
    await page.wait_for_url(f"**/applications/{number}#leg-{first}")
    await page.goto(f"/applications/{number}/slip")
    await expect(page.locator("main")).to_contain_text("随县（牵头）")
    await page.goto(f"/applications/{number}")

    await page.click(".deeds >> text=窗口更正")
    await page.check("input[value='/applicant/mobile']")
    await page.click("button[data-default]")
    await page.fill("#f-applicant-mobile", "13000000002")
    await page.fill("#f-reason", "末位打错")
    await page.click("button[data-default]")
    await expect(page.locator(".notice-good")).to_contain_text("更正已发出")
    await expect(page.locator("section[aria-labelledby=corrections-title]")).to_contain_text("130****0002")
    await page.goto(f"/applications/{number}/papers")
    await expect(page.locator("main")).not_to_contain_text("多地联办结果汇总单")

    await page.goto(f"/applications/{number}")
    await expect(legs.nth(0)).to_have_attribute("data-leg-state", "DECIDED")  # the page follows by itself
    await expect(legs.nth(1)).to_have_attribute("data-leg-state", "SUBMITTED")
    await expect(page.locator("[data-state]").first).to_have_text("办理中")

    officer = await visit("/inbox", OFFICER)
    await officer.locator(f"#row-{second} a").click()
    told = officer.locator("[aria-labelledby=joint-title]")
    await expect(told).to_contain_text("随县（本地）")
    await expect(told).to_contain_text("枣阳市的前序结果")
    await expect(told).to_contain_text("示例证照")
    assert await barriers(officer) == []
    await officer.click(".deeds >> text=办结")
    await officer.check("input[name=outcome][value=granted]")
    await officer.click("button[data-default]")
    await expect(officer.locator("[data-state]")).to_have_text("已办结·准予")

    await expect(page.locator("[data-state]").first).to_have_text("已办结·准予")
    await expect(page.locator("#case")).to_contain_text("枣阳市：准予；随县：准予")
    await page.goto(f"/applications/{number}/papers")
    await page.click("text=出具多地联办结果汇总单")
    sheet = page.locator("main")
    for words in ("多地联办结果汇总单", "随县（牵头）", "准予", "示例证照", "不是决定文书"):
        await expect(sheet).to_contain_text(words)
    assert await barriers(page) == []
    await page.goto(f"/applications/{number}")
    await page.click(".deeds >> text=送达申请人")
    await page.check("input[name=method][value=window]")
    await page.fill("#f-to", "张三")
    await page.click("button[data-default]")
    await expect(page.locator("[data-state]").first).to_have_attribute("data-state", "HANDED_OVER")
    queue = await visit("/applications", CLERK)
    await expect(queue.locator(f"#row-{number}")).to_contain_text("多地联办")
    await expect(queue.locator(f"#row-{first}")).to_have_count(0)
