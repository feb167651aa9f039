"""A county without a system of its own works at the desk: its operator opens, asks, accepts and decides in our pages."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse
from tests.stories.pictures import png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, OPERATOR = "zhangsan", "desk"
ID_NUMBER = "421321200001019998"
CHANGE = "/applications/new?place=429021&matter=xssn_cluster.000131002002"  # 内资公司变更登记, on the plain form
AT_ONCE = "/applications/new?place=429021&matter=xssn_cluster.000131003002"  # 个体工商户变更登记，即办
NUMBER = re.compile(r"/applications/(421321\d{15}[0-9A-Z])")


async def file_to_shennongjia(page: Page, scan: Path, name: str = "张三", form: str = CHANGE) -> str:
    """The clerk receives an application that 神农架 decides; its number."""
    await page.goto(form)
    await page.fill("#f-applicant-name", name)
    await page.select_option("#f-applicant-idType", "居民身份证")
    await page.fill("#f-applicant-idNumber", ID_NUMBER)
    await page.fill("#f-applicant-mobile", "13000000001")
    await page.select_option("#f-materials-M01-source", "扫描上传")
    await page.set_input_files("#f-materials-M01-sm3", scan)
    await expect(page.locator("[data-upload-status][data-state=done]")).to_contain_text(scan.name)
    await page.fill("#f-materials-M01-pages", "1")
    await page.check("#f-consent-acknowledged")
    await page.check("#f-consent-sensitiveAcknowledged")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await page.wait_for_load_state()  # its scripts listen
    await page.keyboard.press("s")
    await page.wait_for_url("**filed=1")
    found = NUMBER.search(page.url)
    assert found is not None
    return found[1]


def content(path: Path) -> bytes:
    """A file's bytes."""
    return path.read_bytes()


async def press(page: Page) -> None:
    """Send the form."""
    await page.click("button[data-default]")
    await page.wait_for_load_state()


async def test_a_case_for_a_desk_county_is_opened_supplemented_accepted_and_decided_with_a_paper(
    visit: Open, scan: Path, tmp_path: Path
) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    await expect(clerk.locator("[data-delivery]")).to_have_attribute("data-delivery", "sent")

    desk = await visit("/desk", OPERATOR)
    row = desk.locator(f"#row-{number}")
    await expect(row).to_contain_text("新到，未打开")
    await expect(row).to_contain_text("张*")
    await row.locator("a").click()
    await expect(desk.locator("[data-state]")).to_have_text("待受理")
    await expect(clerk.locator("[data-delivery]")).to_have_attribute("data-delivery", "receipted")
    await expect(clerk.locator("#case")).to_contain_text("神农架林区已接收")

    await desk.click("text=告知补正")
    await desk.select_option("#f-place-0", "m:公司登记(备案)申请书")
    await desk.fill("#f-problem-0", "没有签字")
    await desk.fill("#f-wanted-0", "请法定代表人签字后重新扫描")
    await desk.click("text=再加一项")
    await desk.select_option("#f-place-1", "p:/answers/applicant/mobile")
    await desk.fill("#f-problem-1", "电话空号")
    await desk.fill("#f-wanted-1", "请核对")
    await desk.fill("#f-due_by", "20301231")
    await press(desk)
    await expect(desk.locator("[data-state]")).to_have_attribute("data-state", "SUPPLEMENT")
    await expect(clerk.locator("[data-state]")).to_have_attribute("data-state", "SUPPLEMENT")
    await expect(clerk.locator(".sheet-warn")).to_contain_text("申请人·手机号码")

    await clerk.click(".sheet-warn >> text=提交补正")
    await clerk.fill("#f-applicant-mobile", "13000000002")
    await clerk.select_option("select[name$='/source']", "扫描上传")
    await clerk.set_input_files("input[type=file]", scan)
    await expect(clerk.locator("[data-upload-status][data-state=done]")).to_be_visible()
    await clerk.fill("input[name$='/pages']", "1")
    await press(clerk)
    await expect(desk.locator("[data-state]")).to_have_attribute("data-state", "SUBMITTED")
    await expect(desk.locator("#answers-title")).to_contain_text("已按补正更新")

    await desk.click(".deeds a[href$='/acceptance']")
    await desk.fill("#f-reference", "神农〔2026〕1号")
    await desk.fill("#f-phone", "0719-0000001")
    await press(desk)
    await expect(clerk.locator("[data-state]")).to_have_attribute("data-state", "ACCEPTED")
    await expect(clerk.locator("#case")).to_contain_text("神农〔2026〕1号")

    paper = tmp_path / "准予变更登记通知书.pdf"
    paper.write_bytes(b"%PDF-1.7\n" + "准予变更登记".encode() + b"\n%%EOF\n")
    await desk.click(".deeds a[href$='/decision']")
    await desk.check("input[name=outcome][value=granted]")
    await desk.set_input_files("#f-paper1", paper)
    await expect(desk.locator("[data-upload-status][data-state=done]")).to_contain_text(paper.name)
    await press(desk)
    await expect(desk.locator("[data-state]")).to_have_text("已办结·准予")
    await expect(clerk.locator("[data-state]")).to_have_text("已办结·准予")
    async with clerk.expect_download() as coming:
        await clerk.click(f"text={paper.name}")
    assert content(await (await coming.value).path()) == content(paper)


async def test_what_the_list_decides_on_the_spot_is_done_in_one_step(visit: Open, scan: Path, barriers: Look) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan, "李四", AT_ONCE)
    desk = await visit(f"/desk/{number}", OPERATOR)
    await desk.click(".deeds a >> nth=0")
    await expect(desk.locator("h1")).to_contain_text("即办")
    await press(desk)
    await expect(desk.locator("#error-summary")).to_contain_text("请选择办理结果")
    await desk.check("input[name=outcome][value=granted]")
    await desk.fill("#f-name", "吴八")
    await desk.fill("#f-phone", "0719-0000001")
    assert await barriers(desk) == []
    await press(desk)
    await expect(desk.locator("[data-state]")).to_have_text("已办结·准予")
    await expect(clerk.locator("[data-state]")).to_have_text("已办结·准予")
    for words in ("神农架林区受理", "吴八"):
        await expect(clerk.locator("#case")).to_contain_text(words)


async def test_what_is_missing_is_said_all_at_once_and_nothing_is_sent(visit: Open, scan: Path) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    desk = await visit(f"/desk/{number}/supplement-notice", OPERATOR)
    await press(desk)
    await expect(desk).to_have_title(re.compile(r"^有误："))
    faults = desk.locator("#error-summary li")
    assert await faults.all_inner_texts() == [
        "第 1 项：请选择是哪一项填写内容或哪一份材料",
        "第 1 项：请写明问题",
        "第 1 项：请写明要求",
        "请填写补正期限",
    ]
    await desk.goto(f"/desk/{number}/decision")
    await desk.check("input[name=outcome][value=refused]")
    await press(desk)
    assert await faults.all_inner_texts() == ["请写明理由", "请写明法律依据"]
    await desk.goto(f"/desk/{number}/declination")
    await desk.check("input[name=reason][value=not_competent]")
    await desk.fill("#f-text", "不归本机关管")
    await desk.fill("#f-legal_basis", "行政许可法第三十二条")
    await press(desk)
    await expect(faults).to_have_text(["不属于本机关职权范围的，请指明应向哪个机关提出"])
    await desk.goto(f"/desk/{number}")
    await expect(desk.locator("[data-state]")).to_have_attribute("data-state", "SUBMITTED")


async def test_an_operator_sees_only_that_countys_cases_and_no_id_number_without_a_reason(
    visit: Open, scan: Path, house: DemoHouse
) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan, name="李四测试")
    other = await house.file("13000000014")  # 枣阳市's
    desk = await visit("/desk", OPERATOR)
    await expect(desk.locator(f"#row-{number}")).to_be_visible()
    await expect(desk.locator(f"#row-{other}")).to_have_count(0)
    answer = await desk.goto(f"/desk/{other}")
    assert answer is not None
    assert answer.status == 404
    answer = await desk.goto(f"/applications/{number}")
    assert answer is not None
    assert answer.status == 403

    await desk.goto(f"/desk/{number}")
    await expect(desk.locator("main")).to_contain_text("李四测试")
    await expect(desk.locator("main")).not_to_contain_text(ID_NUMBER)
    await desk.click("#applicant-title ~ .facts >> text=查看 >> nth=0")
    await desk.click("text=核对申请人身份")
    await expect(desk.locator("dialog [data-revealed]")).to_have_text(ID_NUMBER)

    await desk.goto("/desk")
    await desk.fill("#f-q", ID_NUMBER)
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**found=**")
    assert ID_NUMBER not in desk.url
    await expect(desk.locator(f"#row-{number}")).to_be_visible()


async def test_an_operator_looks_at_the_scans_and_prints_them(visit: Open, tmp_path: Path, barriers: Look) -> None:
    (scan := tmp_path / "申请书.png").write_bytes(png(900, 1270))
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    desk = await visit(f"/desk/{number}", OPERATOR)
    small = desk.locator("section[aria-labelledby=materials-title] img.thumb")
    await small.scroll_into_view_if_needed()
    await expect(small).to_have_js_property("naturalHeight", 320)
    await desk.click("text=预览、打印")
    await expect(desk.locator("h1")).to_have_text("材料预览")
    await expect(desk.locator(".scan-frame img")).to_have_js_property("naturalWidth", 900)
    await expect(desk.locator(".scan-steps")).to_have_count(0)
    assert await barriers(desk) == []
    await desk.click("text=打印图片")
    assert await desk.evaluate("window.printed") == 1
    await desk.click("text=返回办件")
    await expect(desk.locator("[data-state]")).to_have_text("待受理")


async def test_the_desk_works_with_scripts_off(visit: Open, scan: Path) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    desk = await visit(f"/desk/{number}/notes", OPERATOR, java_script_enabled=False)
    await desk.fill("#f-text", "请问原件何时寄出？")
    await desk.set_input_files("#f-document", scan)
    await press(desk)
    await expect(desk.locator(".notice-good")).to_have_text("留言已发出。")
    await expect(desk.locator(".timeline")).to_contain_text("请问原件何时寄出？")
    await expect(clerk.locator(".timeline")).to_contain_text("请问原件何时寄出？")


async def test_the_desks_pages_have_no_serious_barriers(visit: Open, scan: Path, barriers: Look) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    desk = await visit("/desk", OPERATOR)
    paths = ("/desk", f"/desk/{number}", *(f"/desk/{number}/{deed}" for deed in ("supplement-notice", "decision")))
    for path in paths:
        await desk.goto(path)
        assert await barriers(desk) == [], path
