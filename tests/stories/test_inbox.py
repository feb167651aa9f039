"""外地来件 in a real browser: our officer decides what another county's window took in."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse
from tests.stories.partner_post import PartnerPost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
OFFICER, AUDITOR = "lisi", "ducha"


async def press(page: Page) -> None:
    """Send the form."""
    await page.click("button[data-default]")
    await page.wait_for_load_state()


async def test_an_officer_accepts_extends_suspends_and_decides_and_the_partner_hears_each(
    visit: Open, house: DemoHouse, scan: Path
) -> None:
    partner = PartnerPost(house)
    page = await visit("/inbox", OFFICER)
    number = await partner.file(1)
    row = page.locator(f"#row-{number}")
    await expect(row).to_contain_text("待受理")  # it comes by itself
    await expect(row).to_contain_text("京山市")
    await row.locator("a").click()
    case = page.url

    await page.click(".deeds >> text=受理 >> nth=0")
    await page.fill("#f-phone", "0722-0000001")
    await press(page)
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "ACCEPTED")

    await page.goto(f"{case}/suspension")
    await page.check("input[value=hearing]")
    await page.fill("#f-until", "2030.12.31")
    await page.fill("#f-basis", "行政许可法第四十五条")
    await press(page)
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "SUSPENDED")
    await page.click(".deeds >> text=恢复办理")
    await press(page)

    await page.goto(f"{case}/extension")
    await page.fill("#f-working_days", "11")
    await page.fill("#f-approved_by", "赵六")
    await page.fill("#f-reason", "案情复杂")
    await press(page)
    await expect(page.locator("#error-summary li")).to_have_text("延长不超过 10 个工作日")
    await page.fill("#f-working_days", "5")
    await press(page)
    await expect(page.locator(".notice-good")).to_have_text("延长期限已告知收件地窗口。")

    await page.click(".deeds >> text=办结")
    await page.check("input[name=outcome][value=refused]")
    await page.fill("#f-text", "不符合条件")
    await page.fill("#f-legal_basis", "行政许可法第三十八条")
    await page.set_input_files("#f-paper1", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_be_visible()
    await press(page)
    await expect(page.locator("[data-state]")).to_have_text("已办结·不予")
    await expect(page.locator("#case")).to_contain_text("行政复议")

    heard = 0
    while number in (subjects := await partner.receipt("applied")):
        heard += subjects.count(number)
    assert heard == 5


async def test_who_only_reads_finds_no_deed_and_no_name(visit: Open, house: DemoHouse, barriers: Look) -> None:
    number = await PartnerPost(house).file(2)
    page = await visit("/inbox", AUDITOR)
    await page.locator(f"#row-{number} a").click()
    await expect(page.locator(".deeds")).to_have_count(0)
    await expect(page.locator("main")).not_to_contain_text("李四测试")
    assert await barriers(page) == []
    answer = await page.goto(f"/inbox/{number}/acceptance")
    assert answer is not None
    assert answer.status == 403
