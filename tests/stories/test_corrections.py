"""窗口更正、退回窗口更正 and 预审 in a real browser: what the window mends itself, before and after it was sent."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from messaging import contract
from tests.stories.demo_house import DemoHouse
from tests.stories.partner_post import JINGSHAN, PartnerPost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, OFFICER = "zhangsan", "lisi"
ABROAD = "/applications/new?place=420683&matter=zaoyang.002036004001"  # 异地就医备案
WRONG, RIGHT = "13000000021", "13000000029"


async def test_a_typing_error_is_mended_after_sending_and_a_return_to_the_window_is_answered(
    visit: Open, house: DemoHouse, barriers: Look
) -> None:
    partner = PartnerPost(house)
    number = await house.file(WRONG, matter=await house.plain_matter(JINGSHAN))
    page = await visit(f"/applications/{number}", CLERK)
    await page.click(".deeds >> text=窗口更正")
    await expect(page.locator(".choices")).not_to_contain_text("证件号码")
    await expect(page.locator(".choices")).to_contain_text("现为 130****0021")
    assert WRONG not in await page.content()
    assert await barriers(page) == []
    await page.check("input[value='/applicant/mobile']")
    await page.click("button[data-default]")
    await expect(page.locator("#f-applicant-mobile")).to_have_value("")  # typed anew, never shown
    await page.fill("#f-applicant-mobile", "1300")
    await page.click("button[data-default]")
    await expect(page.locator("#error-summary")).to_contain_text("手机号码")
    await page.fill("#f-applicant-mobile", RIGHT)
    await page.fill("#f-reason", "末位打错")
    assert await barriers(page) == []
    await page.click("button[data-default]")
    await expect(page.locator(".notice-good")).to_contain_text("更正已发出")
    corrected = page.locator("section[aria-labelledby=corrections-title]")
    await expect(corrected).to_contain_text("130****0021")
    await expect(corrected).to_contain_text("130****0029")
    while number in await partner.receipt("applied"):
        pass
    note = next(
        one["data"] for one in partner.taken if one["subject"] == number and one["type"].endswith("note.sent.v1")
    )
    assert [item["after"] for item in note["correction"]["items"]] == [RIGHT]

    item = {"pointer": "/answers/applicant/mobile", "problem": "号码仍然打不通", "wanted": "请核对后更正"}
    returned = contract.example("supplement.requested") | {"addressed_to": "window", "items": [item], "document": None}
    assert await partner.say(number, 1, "supplement.requested", returned) == 202
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "SUPPLEMENT")
    await expect(page.locator(".next")).to_contain_text("退回窗口更正")
    await expect(page.locator(".next")).not_to_contain_text("尚未登记告知")
    await page.click(".deeds >> text=提交更正")
    await expect(page.locator("h1")).to_have_text("提交更正")
    assert await page.locator("#form-fields input:not([type=hidden])").count() == 1
    await page.fill("#f-applicant-mobile", "13000000030")
    await page.click("button[data-default]")
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "SUBMITTED")


async def test_what_would_come_back_stands_in_one_list_and_on_one_slip_and_nothing_is_filed(
    visit: Open, barriers: Look
) -> None:
    page = await visit(ABROAD, CLERK)
    await page.fill("#f-applicant-name", "王测试")
    await page.fill("#f-applicant-idNumber", "421321200001019998")
    await page.select_option("#f-materials-M01-source", "纸质原件")
    await page.click("button:has-text('预审')")
    found = page.locator("#precheck")
    await expect(found).to_be_focused()
    for words in ("枣阳市会退回的内容", "手机号码", "清单要求、还没有的材料", "居住地证明或个人承诺书"):
        await expect(found).to_contain_text(words)
    assert await barriers(page) == []
    await found.locator("a", has_text="手机号码").first.click()
    await expect(page.locator("#f-applicant-mobile")).to_be_focused()
    assert await page.input_value("#f-applicant-name") == "王测试"
    await found.locator("button").click()
    await expect(page).to_have_url(re.compile(r"/papers/GZ421321"))
    paper = page.locator("main")
    for words in ("一次性告知单", "需要补齐或更正", "居住地证明或个人承诺书", "手机号码"):
        await expect(paper).to_contain_text(words)
    await expect(paper).not_to_contain_text("王测试")
