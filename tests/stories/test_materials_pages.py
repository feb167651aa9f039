"""Materials in a real browser: a large scan over a line that breaks, one promised for later, turned, ordered, brought."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.async_api import Page, Route, expect

from matters_map import sample_lists
from tests.services.fake_clamd import VIRUS
from tests.stories.demo_house import ROOT, DemoHouse
from tests.stories.pictures import png
from tests.stories.test_desk import CLERK, file_to_shennongjia

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
LINE = "tongbai.002009014001"  # 无犯罪记录证明, on the plain form
NUMBER = re.compile(r"/applications/(421321\d{15}[0-9A-Z])")
DONE = "[data-upload-status][data-state=done]"
CUT_OFF = (
    "[...document.querySelectorAll('.scan-frame img')].filter(one => one.offsetHeight > one.parentElement.offsetHeight"
    " || one.offsetWidth > one.parentElement.offsetWidth).map(one => one.src)"
)


async def let_come_later(house: DemoHouse, folder: Path) -> None:
    """A new version of 桐柏县's list in force, in which 查询用途说明 may come five working days later."""
    source = Path(sample_lists.__file__).parent / "samples" / "agreements_tongbai.xlsx"
    book = openpyxl.load_workbook(source)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if cell.value == "身份证[电子证照];查询用途说明;代办委托书":
                cell.value = "身份证[电子证照][不超过20MB];查询用途说明[容缺5日];代办委托书"
    target = folder / "tongbai.xlsx"
    book.save(target)
    command = [str(ROOT / "main.py"), "lists", "import", str(target), "--agreement", "tongbai", "--apply"]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env={"PATH": "/usr/bin", **house.settings})
    assert await process.wait() == 0


async def once_cut(route: Route) -> None:
    """The line breaks in the second part, once."""
    if route.request.method == "PUT" and not route.request.url.endswith("/0") and not getattr(once_cut, "cut", False):
        once_cut.cut = True  # type: ignore[attr-defined]
        await route.abort("connectionreset")
    else:
        await route.continue_()


async def test_a_large_scan_and_a_promise_are_filed_looked_at_and_made_good(
    house: DemoHouse, visit: Open, barriers: Look, tmp_path: Path
) -> None:
    await let_come_later(house, tmp_path)
    large, small, sick = (tmp_path / name for name in ("身份证.png", "用途说明.png", "带毒.pdf"))
    large.write_bytes(png(1700, 1800, noise=True))
    small.write_bytes(png(240, 360))
    (other := tmp_path / "补交.png").write_bytes(png(300, 200))
    page = await visit("/applications", CLERK)
    await page.goto(f"/applications/new?place=411330&matter={LINE}")
    for _ in range(20):  # the running house reads its lists anew every other second
        if await page.locator("#later-M02").count():
            break
        await asyncio.sleep(0.3)
        await page.reload()
    await page.fill("#f-applicant-name", "张三")
    await page.select_option("#f-applicant-idType", "居民身份证")
    await page.fill("#f-applicant-idNumber", "421321200001019998")
    await page.fill("#f-applicant-mobile", "13000000001")
    await page.select_option("#f-materials-M01-source", "扫描上传")
    sick.write_bytes(b"%PDF-1.7\n" + VIRUS)
    await page.set_input_files("#f-materials-M01-sm3", sick)
    await expect(page.locator("[data-upload-status][data-state=failed]")).to_contain_text("文件含有病毒")
    await page.route("**/uploads/parts/**", once_cut)
    await page.set_input_files("#f-materials-M01-sm3", large)
    await expect(page.locator(DONE)).to_contain_text("身份证.png", timeout=30_000)
    assert once_cut.cut is True  # type: ignore[attr-defined]
    await page.set_input_files("#more-M01", small)
    await expect(page.locator(".further-list li")).to_contain_text(["用途说明.png"])
    await page.check("#later-M02")
    await page.fill("#lateron-M02", "20201231")
    assert await barriers(page) == []
    await page.check("#f-consent-acknowledged")
    await page.check("#f-consent-sensitiveAcknowledged")
    await page.click("button[data-default]")
    await expect(page.locator("#error-summary")).to_contain_text("“查询用途说明”应在")
    await expect(page.locator("#later-M02")).to_be_checked()
    await page.fill("#lateron-M02", "")
    await page.click("button[data-default]")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await expect(page.locator(".review")).to_contain_text("查询用途说明")
    await expect(page.locator(".review")).to_contain_text("M01 用途说明.png")
    await page.click("button[data-default]")
    await page.wait_for_url("**filed=1")
    found = NUMBER.search(page.url)
    assert found is not None
    number = found[1]
    await expect(page.locator("#case")).to_contain_text("承诺后补、还没有补交的材料：查询用途说明")

    await page.click("text=补交承诺材料")
    await page.click("button[data-default]")
    await expect(page.locator("#error-summary")).to_contain_text("请至少补交一份")
    await page.wait_for_load_state()  # its scripts are at work
    await page.set_input_files("#f-p0", other)
    await expect(page.locator(DONE)).to_contain_text("补交.png")
    assert await barriers(page) == []
    await page.click("button[data-default]")
    await expect(page.locator("main")).to_contain_text("补交的材料已发出")
    await expect(page.locator("#case")).not_to_contain_text("还没有补交")

    plain = await visit(f"/materials/{number}", CLERK, java_script_enabled=False)
    titles = plain.locator(".scan-title strong")
    await expect(titles).to_have_text(["身份证", "身份证", "查询用途说明"])
    await plain.click(".scan-item >> nth=2 >> button:has-text('前移')")
    await expect(titles).to_have_text(["身份证", "查询用途说明", "身份证"])
    await plain.click(".scan-item >> nth=0 >> button:has-text('右转')")
    await expect(plain.locator(".scan-frame >> nth=0")).to_have_class(re.compile("turn-90"))
    await plain.click(".overview a >> nth=2")
    await expect(plain.locator(".scan-item:target strong")).to_have_text("身份证")
    await page.goto(f"/materials/{number}")
    for images, widths in ((".scan-frame img", [1700, 300, 240]), (".overview img", [302, 300, 213])):
        for place, width in enumerate(widths):
            await expect(page.locator(images).nth(place)).to_have_js_property("naturalWidth", width)
        await expect(page.locator(images)).to_have_count(3)
    assert await page.evaluate(CUT_OFF) == []
    assert await barriers(page) == []
    await page.focus(".scan-item >> nth=1 >> button:has-text('左转')")
    await page.keyboard.press("Enter")
    await expect(page.locator(".scan-frame >> nth=1")).to_have_class(re.compile("turn-270"))
    assert await page.evaluate("document.activeElement.textContent.includes('左转')")


async def test_a_county_without_a_system_gets_a_packet_and_its_answer_is_typed_in(
    visit: Open, barriers: Look, scan: Path
) -> None:
    page = await visit("/applications", CLERK)
    number = await file_to_shennongjia(page, scan, "李四")
    await page.click("text=打印寄送件")
    await page.click("button:has-text('出具寄送件')")
    await expect(page.locator("main")).to_contain_text("只在打印时显示")
    async with page.expect_download() as coming:
        await page.click("text=下载 PDF")
    assert (await (await coming.value).path()).read_bytes().startswith(b"%PDF")

    await page.goto(f"/applications/{number}")
    await page.click("text=登记对方答复")
    assert await barriers(page) == []
    await page.click(".deeds >> text=受理 >> nth=0")
    await page.fill("#f-name", "赵主任")
    await page.fill("#f-phone", "0719-0000001")
    await page.click("button[data-default]")
    assert await page.locator("#error-summary li").all_inner_texts() == ["请填写答复人姓名", "请选择答复是怎样来的"]
    await page.fill("#f-told_name", "赵主任")
    await page.select_option("#f-told_way", "phone")
    assert await barriers(page) == []
    await page.click("button[data-default]")
    await expect(page.locator("main")).to_contain_text("已登记为对方的答复")
    await expect(page.locator("main")).to_contain_text("登记信息")
    await page.click("text=出具进度告知（非文书）")
    await page.click("button:has-text('出具进度告知（非文书）')")
    await expect(page.locator(".slip-title")).to_have_text("进度告知（非文书）")
    await expect(page.locator(".slip")).to_contain_text("不产生文书的效力")

    await page.goto(f"/on-behalf/{number}/decision")
    await page.check("input[name=outcome][value=granted]")
    await page.fill("#f-told_name", "赵主任")
    await page.select_option("#f-told_way", "letter")
    await page.set_input_files("#f-told_scan", scan)
    await expect(page.locator(DONE)).to_be_visible()
    await page.click("button[data-default]")
    await expect(page.locator("main")).to_contain_text("附扫描件")
    await page.goto(f"/applications/{number}")
    await expect(page.locator("[data-state]")).to_have_text("已办结·准予")
    await expect(page.locator("#case")).to_contain_text("张三登记神农架林区的答复：办结（来函，赵主任")
    await expect(page.locator("section[aria-labelledby=papers-title]")).to_contain_text("居住证明.pdf")
