"""The clerk's day in a real browser: from the door to the applicant who has the result in hand."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
CLERK, OFFICER, AUDITOR = "zhangsan", "lisi", "ducha"
ID_NUMBER = "421321200001019998"
NUMBER = re.compile(r"/applications/(421321\d{15}[0-9A-Z])")
ABROAD = "/applications/new?place=420683&matter=zaoyang.002036004001"  # 异地就医备案
SHOP = "/applications/new?place=420683&matter=zaoyang.000131003001"  # 个体工商户设立登记
SCANNER = "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))"


async def fill_in_abroad(page: Page, phone: str, scan: Path) -> None:
    """The whole form for medical treatment elsewhere, as a clerk would."""
    await page.fill("#f-applicant-name", "张三")
    await page.fill("#f-applicant-idNumber", ID_NUMBER)
    await page.fill("#f-applicant-mobile", phone)
    await page.fill("#f-insuredRegion", "421321")
    await page.fill("#f-careRegion", "枣阳市")
    for value in ("城乡居民基本医疗保险", "异地长期居住人员", "居住证"):
        await page.check(f"input[value={value}]")
    await page.fill("#f-validFrom", "20261201")
    await page.select_option("#f-materials-M01-source", "纸质原件")
    await page.select_option("#f-materials-M03-source", "扫描上传")
    await page.set_input_files("#f-materials-M03-sm3", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_contain_text("居住证明.pdf")
    await page.fill("#f-materials-M03-pages", "2")
    await page.check("#f-consent-acknowledged")
    await page.check("#f-consent-sensitiveAcknowledged")


def number_in(url: str) -> str:
    """The case's number in an address."""
    found = NUMBER.search(url)
    assert found, url
    return found[1]


async def test_who_is_not_signed_in_comes_back_to_the_page_and_a_wrong_password_says_what_to_do(
    visit: Open, house: DemoHouse
) -> None:
    page = await visit("/applications?view=supplement")
    await expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    await page.fill("[name=username]", CLERK)
    await page.fill("[name=password]", "not the password")
    await page.keyboard.press("Enter")
    await expect(page.locator("#error-summary")).to_contain_text("锁定 15 分钟")
    await expect(page).to_have_title(re.compile(r"^有误："))
    await page.fill("[name=password]", house.password(CLERK))
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/applications\?view=supplement$"))


async def test_a_case_filed_with_the_keyboard_shows_each_step_of_the_other_side_and_ends_in_the_applicants_hands(
    visit: Open, scan: Path
) -> None:
    page = await visit("/applications", CLERK)
    await page.keyboard.press("n")
    await expect(page.locator("h1")).to_have_text("新建办件")
    await page.wait_for_load_state()  # its scripts listen
    await page.keyboard.press("1")
    await page.wait_for_url("**place=420683")
    await page.keyboard.type("ydjy")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**matter=zaoyang.002036004001")
    await fill_in_abroad(page, "13000000001", scan)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await expect(page.locator(".review")).to_contain_text(ID_NUMBER)
    await page.wait_for_load_state()  # its scripts listen
    await page.keyboard.press("s")
    await page.wait_for_url("**filed=1")
    state, delivery = page.locator("[data-state]"), page.locator("[data-delivery]")
    await expect(delivery).to_have_attribute("data-delivery", "receipted")
    await expect(state).to_have_attribute("data-state", "ACCEPTED")
    await expect(state).to_have_attribute("data-state", "DECIDED")
    await expect(state).to_have_text("已办结·准予")
    line = page.locator(".timeline")
    for words in ("转送枣阳市办理", "枣阳市已接收", "枣阳市受理", "枣阳市办结：准予"):
        await expect(line).to_contain_text(words)
    await _fetch_the_result(page)
    await _print_the_slip(page, number_in(page.url))
    await _hand_over(page)


async def _fetch_the_result(page: Page) -> None:
    async with page.expect_download() as coming:
        await page.click("a:has-text('办理结果（示例）.pdf')")
    download = await coming.value
    assert (await download.path()).read_bytes().startswith(b"%PDF-")


async def _print_the_slip(page: Page, number: str) -> None:
    address = page.url
    await page.click("a:has-text('打印收件凭证')")
    slip = page.locator(".slip")
    for words in ("收件凭证", number, "收件不等于受理", "收件专用章", "421***********9998", "居住地证明或个人承诺书"):
        await expect(slip).to_contain_text(words)
    assert ID_NUMBER not in await page.content()
    assert await slip.locator(".slip-qr svg path").count() > 0
    await page.goto(address)


async def _hand_over(page: Page) -> None:
    await page.click("a:has-text('送达申请人')")
    await page.check("text=邮寄")
    await page.click("button:has-text('登记送达')")
    await expect(page.locator("#error-summary")).to_contain_text("快递单号")
    await page.fill("#f-waybill", "SF0000000001")
    await page.click("button:has-text('登记送达')")
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "HANDED_OVER")
    await expect(page.locator(".timeline")).to_contain_text("SF0000000001")


async def test_all_faults_stand_in_the_summary_and_each_leads_to_its_field(visit: Open) -> None:
    page = await visit(ABROAD, CLERK)
    await page.fill("#f-applicant-name", "张三")
    await page.fill("#f-applicant-idNumber", "421321200001019990")
    await page.keyboard.press("Control+Enter")
    summary = page.locator("#error-summary")
    await expect(summary).to_be_focused()
    await expect(page).to_have_title(re.compile(r"^有误："))
    await expect(summary.locator("a", has_text="逐位核对")).to_have_attribute("href", "#f-applicant-idNumber")
    await summary.locator("a", has_text="手机号码").click()
    await expect(page.locator("#f-applicant-mobile")).to_be_focused()
    assert await page.input_value("#f-applicant-name") == "张三"


async def test_a_file_that_may_not_be_uploaded_is_refused_in_words_and_the_form_stays(
    visit: Open, tmp_path: Path
) -> None:
    program = tmp_path / "扫描件.pdf"
    program.write_bytes(b"MZ" + bytes(200))
    page = await visit(ABROAD, CLERK)
    await page.select_option("#f-materials-M03-source", "扫描上传")
    await page.set_input_files("#f-materials-M03-sm3", program)
    status = page.locator("[data-upload-status][data-state=failed]")
    await expect(status).to_contain_text("不能上传")
    await expect(page.locator("[data-upload-sha256]")).to_have_value("")


async def test_conditions_and_rows_change_the_form_without_losing_what_was_typed(visit: Open) -> None:
    page = await visit(SHOP, CLERK)
    await page.fill("#f-applicant-name", "王五")
    await expect(page.locator("#f-tradeName")).to_have_count(0)
    await page.check("#f-useName")
    await page.fill("#f-tradeName", "随县测试面馆")
    await page.check("input[value=家庭经营]")
    await page.fill("#f-familyMembers-r1-name", "李四")
    await page.click("button:has-text('添加一行')")
    await expect(page.locator("#f-familyMembers-r2-name")).to_be_focused()
    await page.keyboard.type("赵六")
    await page.click("button[name=_remove] >> nth=0")
    await expect(page.locator("#f-familyMembers-r1-name")).to_have_count(0)
    assert await page.input_value("#f-familyMembers-r2-name") == "赵六"
    assert await page.input_value("#f-applicant-name") == "王五"
    await page.check("#f-useName-2")
    await expect(page.locator("#f-tradeName")).to_have_count(0)
    await page.check("#f-useName")
    await expect(page.locator("#f-tradeName")).to_have_value("随县测试面馆")


async def test_a_draft_is_kept_while_typing_found_again_and_thrown_away(visit: Open) -> None:
    page = await visit(SHOP, CLERK)
    await page.fill("#f-applicant-name", "欧阳测试")
    await page.fill("#f-premises", "湖北省随州市随县虚构街8号")
    await expect(page.locator("[data-saved]")).to_contain_text("草稿已保存")
    await expect(page).to_have_url(re.compile(r"draft="))
    await page.goto("/applications/new")
    row = page.locator("tr", has_text="个体工商户设立登记").first
    await expect(row).to_contain_text("欧***")
    await row.locator("a", has_text="继续填写").click()
    await expect(page.locator("#f-applicant-name")).to_have_value("欧阳测试")
    await page.goto("/applications/new")
    await page.locator("tr", has_text="个体工商户设立登记").first.locator("button").click()
    await expect(page.locator("main")).to_contain_text("草稿已删除")


async def test_a_supplement_opens_only_what_was_asked_for_and_the_case_goes_on(
    visit: Open, house: DemoHouse, scan: Path
) -> None:
    number = await house.file("13000000011")
    page = await visit(f"/applications/{number}", CLERK)
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "SUPPLEMENT")
    await expect(page.locator("main")).to_contain_text("请重新上传清晰的扫描件")
    await page.click("a:has-text('提交补正')")
    await expect(page.locator("#f-applicant-name")).to_have_count(0)
    await page.click("button:has-text('提交补正')")
    await expect(page.locator("#error-summary")).to_contain_text("居民身份证")
    await page.select_option("select[name$='/source']", "扫描上传")
    await page.set_input_files("input[type=file]", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_be_visible()
    await page.fill("input[name$='/pages']", "1")
    await page.click("button:has-text('提交补正')")
    await page.wait_for_url("**done=supplement")
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "DECIDED", timeout=20_000)
    await expect(page.locator(".timeline")).to_contain_text("申请人已补正")


async def test_a_masked_value_is_shown_once_after_a_reason(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}", CLERK)
    assert ID_NUMBER not in await page.content()
    await page.locator("dt", has_text="居民身份证").locator("..").locator("a", has_text="查看").click()
    await page.click("dialog button:has-text('联系申请人')")
    await expect(page.locator("dialog [data-revealed]")).to_have_text(ID_NUMBER)
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-revealed]")).to_have_count(0)
    assert ID_NUMBER not in page.url


async def test_urging_a_note_and_a_withdrawal_with_its_reason(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}/urges", CLERK)
    await page.fill("#f-text", "申请人急用，请尽快答复")
    await page.click("button:has-text('发出催办')")
    await expect(page.locator(".timeline")).to_contain_text("申请人急用，请尽快答复")
    await page.goto(f"/applications/{number}/notes")
    await page.fill("#f-text", "补充说明：电话下午方便")
    await page.click("button:has-text('发出留言')")
    await expect(page.locator(".timeline")).to_contain_text("电话下午方便")
    await page.goto(f"/applications/{number}/withdrawal")
    await page.click("main form button:has-text('申请撤回')")
    await expect(page.locator("#error-summary")).to_contain_text("请填写")
    await page.fill("#f-reason", "申请人改变主意")
    await page.click("main form button:has-text('申请撤回')")
    await expect(page.locator("main")).to_contain_text("撤回待确认")
    page = await visit("/applications?view=withdrawal", CLERK)
    await expect(page.locator(f"#row-{number}")).to_be_visible()


@pytest.mark.parametrize(("typed", "kept"), [("zs", True), ("zhangsan", True), ("张三", False), (ID_NUMBER, False)])
async def test_people_are_found_by_initials_pinyin_name_and_id_number_and_no_address_holds_the_value(
    visit: Open, house: DemoHouse, typed: str, kept: bool
) -> None:
    number = await house.file("13000000014")
    page = await visit("/applications", CLERK)
    await page.keyboard.press("/")
    await expect(page.locator("[data-search]")).to_be_focused()
    await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    row = page.locator(f"#row-{number}")
    await expect(row).to_contain_text("张*")
    await expect(row).not_to_contain_text("张三")
    assert (typed in page.url) is kept


async def test_a_scanned_number_opens_its_case(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    page = await visit("/applications", CLERK)
    await page.evaluate(SCANNER, [*number, "Enter"])  # as fast as a scanner, however busy the machine is
    await page.wait_for_url(f"**/applications/{number}")
    await expect(page.locator("[data-state]")).to_have_attribute("data-state", "SUBMITTED")


async def test_the_queue_follows_by_itself(visit: Open, house: DemoHouse) -> None:
    page = await visit("/applications", CLERK)
    await expect(page.locator("[data-stream-state]")).to_have_text("实时更新中")
    number = await house.file("13000000014")
    await expect(page.locator(f"#row-{number}")).to_contain_text("对方已接收")
    await expect(page.locator(f"#row-{number}")).to_contain_text("剩 5 工作日")


async def test_what_cannot_be_filed_here_says_why_and_where_to_go(visit: Open) -> None:
    page = await visit("/applications/new?place=420683", CLERK)
    guide = page.locator("tr.row-off", has_text="结婚登记")
    await expect(guide).to_contain_text("仅导办")
    await expect(guide).to_contain_text("0722-0000001")
    await expect(guide.locator("a[data-open]")).to_have_count(0)


async def test_an_auditor_sees_the_case_masked_and_opens_no_file(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}", AUDITOR)
    assert "张三" not in await page.inner_text("main")
    await expect(page.locator("a:has-text('查看')")).to_have_count(0)
    await page.goto(f"/applications/{number}/slip")
    await expect(page.locator("main")).to_contain_text("没有权限")


async def test_without_scripts_a_case_is_filed_with_its_scan(visit: Open, scan: Path) -> None:
    page = await visit(ABROAD, CLERK, java_script_enabled=False)
    await page.fill("#f-applicant-name", "张三")
    await page.fill("#f-applicant-idNumber", ID_NUMBER)
    await page.fill("#f-applicant-mobile", "13000000014")
    await page.fill("#f-insuredRegion", "421321")
    await page.fill("#f-careRegion", "420683")
    for value in ("城乡居民基本医疗保险", "异地长期居住人员", "居住证"):
        await page.check(f"input[value={value}]")
    await page.fill("#f-validFrom", "2026.12.1")
    await page.select_option("#f-materials-M03-source", "扫描上传")
    await page.check("#f-consent-acknowledged")
    await page.check("#f-consent-sensitiveAcknowledged")
    await page.click("main form button:has-text('核对')")
    await expect(page.locator("#error-summary")).to_contain_text("上传文件")
    await page.set_input_files("#f-materials-M03-sm3", scan)
    await page.fill("#f-materials-M03-pages", "2")
    await page.click("main form button:has-text('核对')")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await page.click("button:has-text('提交到')")
    await page.wait_for_url("**filed=1")
    await expect(page.locator("[data-state]")).to_have_text("已收件")
    await expect(page.locator("a:has-text('居住证明.pdf')")).to_be_visible()


async def test_a_form_that_another_site_sends_is_refused(visit: Open, house: DemoHouse) -> None:
    page = await visit("/applications/new", CLERK)
    answer: Any = await page.request.post(
        "/applications/new", form={"matter": "x", "_csrf": "guessed"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403
    answer = await page.request.post("/applications/new", form={"matter": "x", "_csrf": "guessed"})
    assert answer.status == 403


async def test_no_page_of_the_clerk_puts_up_a_barrier(
    visit: Open, house: DemoHouse, barriers: Callable[[Page], Awaitable[list[str]]]
) -> None:
    number = await house.file("13000000014")
    page = await visit("/sign-in")
    assert await barriers(page) == []
    page = await visit("/applications", CLERK)
    case = f"/applications/{number}"
    for path in (
        "/applications",
        "/applications?q=nobody",
        "/applications/new",
        "/applications/new?place=420683",
        SHOP,
        case,
        f"{case}/slip",
        f"{case}/urges",
        f"{case}/notes",
        f"{case}/withdrawal",
        f"{case}/handover",
        f"{case}/supplement",
        f"{case}/reveal?pointer=/applicant/phone",
        "/nothing",
    ):
        await page.goto(path)
        assert (path, await barriers(page)) == (path, [])
    await page.goto(SHOP)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#error-summary")).to_be_visible()
    assert await barriers(page) == []
