"""Papers in a real browser: issued at the window and by the department, printed with a line in the book, checked by anybody."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse
from tests.stories.partner_post import PartnerPost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, OFFICER, AUDITOR = "zhangsan", "lisi", "ducha"
ID_NUMBER = "421321200001019998"
SCANNER = "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))"
BY_HAND = {"申请表": "SQ", "委托书": "WT", "材料交接清单": "JJ", "邮寄交接单": "YJ", "领取签收单": "LQ"}


async def pages_of(page: Page) -> int:
    """How many A4 sheets the printer, which was asked for once, would give."""
    await page.wait_for_load_state()
    assert await page.evaluate("window.printed") == 1
    await page.emulate_media(media="print")
    printed = await page.pdf(format="A4", prefer_css_page_size=True)
    await page.emulate_media(media="screen")
    return printed.count(b"/Type /Page\n")


async def press(page: Page) -> None:
    """Send the form."""
    await page.click("button[data-default]")
    await page.wait_for_load_state()


async def test_each_print_of_a_receipt_is_written_down_and_anybody_can_check_the_paper(
    visit: Open, house: DemoHouse, barriers: Look
) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}/slip", CLERK)
    await expect(page.locator(".slip")).to_contain_text(f"SJ{number}-01")
    await expect(page.locator(".page-head")).to_contain_text("还没有打印过")
    await page.emulate_media(media="print")
    await expect(page.locator(".slip")).to_be_hidden()
    await expect(page.locator("main")).to_contain_text("请用页面上的“打印”按钮打印")
    await page.emulate_media(media="screen")

    await page.click("button:has-text('打印')")
    await expect(page.locator(".slip")).to_contain_text("第 1 次")
    assert await pages_of(page) == 1
    code = await page.inner_text(".slip-notes strong")
    await page.goto(f"/applications/{number}/slip")
    await expect(page.locator(".page-head")).to_contain_text("已打印 1 次")

    visitor = await visit(f"/papers/check?n=SJ{number}-01&c={code}")
    await expect(visitor.locator("[data-genuine=yes]")).to_contain_text("收件凭证")
    await expect(visitor.locator("main")).not_to_contain_text("张三")
    assert await barriers(visitor) == []
    await visitor.fill("#f-c", "2222-2222-2222")
    await press(visitor)
    await expect(visitor.locator("[data-genuine=no]")).to_contain_text("未能证实")
    assert await barriers(visitor) == []


async def test_a_scanned_paper_opens_its_case(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}/slip", CLERK)
    code = await page.inner_text(".slip-notes strong")
    await page.goto("/applications/new")
    await page.evaluate(SCANNER, [*f"{house.url}/papers/check?n=SJ{number}-01&c={code}", "Enter"])
    await page.wait_for_url(f"**/applications/{number}")


async def test_a_clerk_issues_each_paper_of_the_window_and_sees_numbers_in_full_only_in_print(
    visit: Open, house: DemoHouse, barriers: Look
) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}/papers", CLERK)
    for title, code in BY_HAND.items():
        await page.goto(f"/applications/{number}/papers")
        await page.click(f"button:has-text('{title}')")
        await page.wait_for_url(f"**/papers/{code}{number}-01")
        assert ID_NUMBER not in await page.content()
        assert await barriers(page) == []
        await page.click("button:has-text('打印')")
        await expect(page.locator(".slip-title")).to_have_text(title)
        assert (ID_NUMBER in await page.content()) == (title in ("申请表", "委托书"))
        assert await pages_of(page) == 1
    await page.goto(f"/applications/{number}/papers")
    assert await barriers(page) == []
    await page.click("button:has-text('出具新版领取签收单')")
    await expect(page.locator("#error-summary li")).to_contain_text("请写明原因")
    await page.fill("#f-why-collection", "漏写一份")
    await page.click("button:has-text('出具新版领取签收单')")
    await page.wait_for_url("**/papers/LQ*")
    await expect(page.locator(".slip")).to_contain_text("第 2 版，替代第 1 版")
    await page.goto(f"/applications/{number}")
    await expect(page.locator("[aria-labelledby=papers-title]")).to_contain_text("已被替代")

    auditor = await visit(f"/applications/{number}", AUDITOR)
    await expect(auditor.locator("[aria-labelledby=papers-title]")).to_contain_text("申请表")
    await expect(auditor.locator("[aria-labelledby=papers-title] a")).to_have_count(0)
    answer = await auditor.goto(f"/papers/SJ{number}-01")
    assert answer is not None
    assert answer.status == 403


async def test_todays_papers_are_printed_together(visit: Open, house: DemoHouse, barriers: Look) -> None:
    numbers = [await house.file("13000000014") for _ in range(3)]
    page = await visit("/papers", CLERK)
    assert await barriers(page) == []
    for box in await page.locator("input[name=paper]").all():
        await box.set_checked((await box.get_attribute("value") or "")[2:-3] in numbers)
    await press(page)
    await expect(page.locator(".slip")).to_have_count(3)
    assert await pages_of(page) == 3
    await page.goto("/papers")
    for number in numbers:
        await expect(page.locator(f"[id='row-SJ{number}-01']")).to_contain_text("1 次")
        await expect(page.locator(f"[id='row-SJ{number}-01'] input")).not_to_be_checked()


async def test_who_only_asks_takes_home_what_the_matter_needs_and_what_the_form_lacks(
    visit: Open, house: DemoHouse, barriers: Look
) -> None:
    page = await visit("/applications/new?place=420683", CLERK)
    await page.locator("a:has-text('告知单')").first.click()
    await expect(page.locator(".slip")).to_contain_text("预览，尚未出具")
    assert await barriers(page) == []
    await page.click("button:has-text('出具告知单')")
    await page.wait_for_url("**/papers/GZ421321*")
    await expect(page.locator(".slip")).to_contain_text("没有收件")

    await page.goto("/applications/new?place=420683&matter=zaoyang.002036004001")
    await page.fill("#f-applicant-name", "李四测试")
    await page.click("button:has-text('只咨询')")
    await page.wait_for_url("**/papers/GZ421321*")
    await expect(page.locator(".slip")).to_contain_text("需要补齐或更正")
    await expect(page.locator(".slip")).to_contain_text(re.compile("手机号码：请填写"))
    await expect(page.locator(".slip")).not_to_contain_text("已阅知")
    await expect(page.locator(".slip")).not_to_contain_text("李四测试")


async def test_an_officer_looks_at_the_paper_before_the_deed_and_the_window_receives_it_with_the_message(
    visit: Open, house: DemoHouse, barriers: Look
) -> None:
    partner = PartnerPost(house)
    number = await partner.file(301)
    page = await visit(f"/inbox/{number}/acceptance", OFFICER)
    await page.fill("#f-phone", "0722-0000001")
    await page.click("button[name=_preview]")
    preview = page.locator("[data-preview]")
    await expect(preview).to_contain_text("预览，尚未出具")
    await expect(preview).to_contain_text("承办人 李四 0722-0000001")
    assert await barriers(page) == []
    await press(page)
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "ACCEPTED")
    await page.click("a:text-is('受理通知书')")
    async with page.expect_download() as coming:
        await page.click("button:has-text('下载 PDF')")
    download = await coming.value
    assert (await download.path()).read_bytes().startswith(b"%PDF-")
    await partner.receipt("applied")
    said = next(one for one in partner.taken if one["subject"] == number)
    assert said["data"]["document"]["name"] == f"受理通知书-SL{number}-01.pdf"


async def test_a_paper_that_no_message_has_a_place_for_goes_as_a_note_once(visit: Open, house: DemoHouse) -> None:
    partner = PartnerPost(house)
    number = await partner.file(303)
    page = await visit(f"/inbox/{number}/acceptance", OFFICER)
    await page.fill("#f-phone", "0722-0000001")
    await press(page)
    await page.goto(f"/inbox/{number}/extension")
    await page.fill("#f-working_days", "5")
    await page.fill("#f-approved_by", "赵六")
    await page.fill("#f-reason", "案情复杂")
    await press(page)
    for _ in range(2):
        await page.goto(f"/papers/YQ{number}-01")
        await page.click("button:has-text('随留言发给收件地窗口')")
        await expect(page.locator(".notice-good")).to_have_text("留言已发出。")
    while number in await partner.receipt("applied"):
        pass
    notes = [one["data"] for one in partner.taken if one["subject"] == number and ".note.sent." in one["type"]]
    assert {one["attachments"][0]["name"] for one in notes} == {f"延期告知书-YQ{number}-01.pdf"}
    assert len({one["id"] for one in partner.taken if one["subject"] == number and ".note.sent." in one["type"]}) == 1


async def test_an_uploaded_scan_is_sent_instead_of_the_systems_own_paper(
    visit: Open, house: DemoHouse, scan: Path
) -> None:
    partner = PartnerPost(house)
    number = await partner.file(302)
    page = await visit(f"/inbox/{number}/acceptance", OFFICER)
    await page.fill("#f-phone", "0722-0000001")
    await page.set_input_files("#f-document", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_be_visible()
    await press(page)
    await expect(page.locator("[aria-labelledby=papers-title]")).to_contain_text("本地还没有出具文书")
    await partner.receipt("applied")
    said = next(one for one in partner.taken if one["subject"] == number)
    assert said["data"]["document"]["name"] == "居住证明.pdf"


async def test_the_window_shows_the_other_sides_document_with_the_key_that_signed_its_message(
    visit: Open, house: DemoHouse
) -> None:
    number = await house.file("13000000001")
    page = await visit(f"/applications/{number}", CLERK)
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "DECIDED")
    received = page.locator("[aria-label=对方文书]")
    await expect(received).to_contain_text("枣阳市出具")
    await expect(received).to_contain_text(re.compile("报文签名已核验.*420683-1"))
