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
OFFICER, COLLEAGUE, AUDITOR = "lisi", "zhengshi", "ducha"


CORRECTION = {
    "text": "窗口更正",
    "attachments": [],
    "author": {"name": "王五", "phone": ""},
    "correction": {
        "reason": "末位打错",
        "items": [{"pointer": "/answers/applicant/mobile", "before": "13000000001", "after": "13000000009"}],
        "sha256_before": "0" * 64,
        "sha256_after": "1" * 64,
    },
}


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

    await page.click(".deeds a[href$='/acceptance']")
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


async def test_an_instant_matter_is_passed_to_its_department_and_accepted_and_decided_in_one_step(
    visit: Open, house: DemoHouse, scan: Path, barriers: Look
) -> None:
    partner = PartnerPost(house)
    number = await partner.file(3)
    page = await visit(f"/inbox/{number}", OFFICER)
    await page.click(".owner-line a")
    await page.select_option("#f-department", "随县市场监督管理局")
    await page.click("button:has-text('转交部门')")
    await expect(page.locator("#error-summary")).to_contain_text("请填写转交部门的理由")
    await page.fill("#f-why", "属于市场监管")
    assert await barriers(page) == []
    await page.click("button:has-text('转交部门')")
    await expect(page.locator(".timeline")).to_contain_text("李四转交随县市场监督管理局：属于市场监管")

    page = await visit("/inbox?tab=department", COLLEAGUE)
    await page.locator(f"#row-{number} a").click()
    await page.click(".owner-line a")
    await page.click("button:has-text('认领')")
    assert await partner.say(number, 2, "note.sent", CORRECTION) == 202
    corrected = page.locator("section[aria-labelledby=corrections-title]")
    for words in ("130****0001", "130****0009", "末位打错"):
        await expect(corrected).to_contain_text(words)  # it comes by itself
    assert await barriers(page) == []
    await page.click(".deeds >> text=即办：受理并办结")
    await page.check("input[name=outcome][value=granted]")
    await page.set_input_files("#f-paper1", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_be_visible()
    await page.click("button:has-text('预览')")
    await expect(page.locator("[data-preview] article")).to_have_count(2)
    assert await barriers(page) == []
    await press(page)
    await expect(page.locator("[data-state]")).to_have_text("已办结·准予")
    for title in ("受理通知书", "办结通知书"):
        await expect(page.locator("section[aria-labelledby=papers-title]")).to_contain_text(title)
    while number in await partner.receipt("applied"):
        pass
    types = [one["type"].split(".", 2)[2] for one in partner.taken if one["subject"] == number]
    assert list(dict.fromkeys(types)) == ["application.accepted.v1", "application.decided.v1"]


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
