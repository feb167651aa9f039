"""An applicant with the slip in hand asks at the front: another program on another port, in a browser without script."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.faults.house_under_test import Process, free_port
from tests.stories.conftest import AXE
from tests.stories.demo_house import DemoHouse, demonstration

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PHONE: ViewportSize = {"width": 390, "height": 844}
SILENT = "13000000014"  # the simulated county receipts and says nothing more
ASKS_BACK = "13000000011"  # it asks for a supplement
Barriers = Callable[[Page], Awaitable[list[str]]]


@dataclass(frozen=True)
class Front:
    """A demonstration and the front that belongs to it."""

    house: DemoHouse
    url: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    """The front as an operator starts it: its client made by the command, its address told to the gateway."""
    folder, port = tmp_path_factory.mktemp("front"), free_port()
    url = f"http://127.0.0.1:{port}"
    async with demonstration(folder, TONGBAN_FRONT_URL=url) as house:
        client = folder / "client.json"
        add = Process(client, "clients", "add", "front", "--scopes", "progress", "--json", env=house.settings)
        await add.start()
        assert await add.ended() == 0, client.read_text(encoding="utf-8")
        arguments = ["front", "--gateway", house.url, "--client", str(client), "--port", str(port)]
        arguments += ["--name", "随县政务服务中心", "--phone", "0722-0000001"]
        nonsense = {"TONGBAN_DATABASE_URL": "nonsense: the front reads no setting"}
        process = Process(folder / "front.log", *arguments, env=nonsense)
        await process.start()
        await _answers(f"{url}/healthz")
        yield Front(house, url)
        code, _ = await process.stop()
        said = process.log.read_text(encoding="utf-8")
        assert (code, house.told["home"] + "2" in said) == (0, False), said


async def _answers(url: str) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    assert await answer.json() == {"status": "ok"}
                    return
            await asyncio.sleep(0.1)


async def _slip(front: Front, browser: Browser, number: str, picture: Path | None = None) -> str:
    """The clerk signs in and prints the slip; the code that it shows."""
    context = await browser.new_context(base_url=front.house.url, locale="zh-CN")
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.fill("[name=username]", "zhangsan")
    await page.fill("[name=password]", front.house.password("zhangsan"))
    await page.click("main button")
    await page.goto(f"/applications/{number}/slip")
    code = await page.locator(".slip-query .code").inner_text()
    assert await page.locator(".slip-front svg").count() == 1
    if picture is not None:
        await page.emulate_media(media="print")
        await page.screenshot(path=picture, full_page=True)
    await context.close()
    return code


async def _phone(front: Front, browser: Browser, *, script: bool) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(base_url=front.url, locale="zh-CN", viewport=PHONE, java_script_enabled=script)
    if script and AXE.exists():
        await context.add_init_script(AXE.read_text(encoding="utf-8"))
    return context, await context.new_page()


async def _ask(page: Page, number: str, code: str) -> None:
    await page.goto(f"/{number}")
    await page.fill("#code", code)
    await page.click("button")


async def test_the_slip_leads_to_the_front_and_the_front_says_where_the_case_stands(
    front: Front, browser: Browser, tmp_path: Path
) -> None:
    number = await front.house.file(SILENT)
    code = await _slip(front, browser, number, tmp_path / "slip.png")
    context, page = await _phone(front, browser, script=False)
    until = time.monotonic() + 15
    while True:
        await _ask(page, number, code.lower().replace("-", ""))
        state = await page.locator("[data-state]").inner_text()
        if state == "对方已接收" or time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
    await expect(page.locator(".state")).to_have_text("对方已接收")
    await expect(page.locator(".waits")).to_have_text("等待枣阳市告知是否受理")
    text = await page.locator("body").inner_text()
    assert number in text
    assert not [value for value in ("张三", "421321200001019998", SILENT) if value in text]
    await page.screenshot(path=tmp_path / "answer.png", full_page=True)
    await context.close()


async def test_a_supplement_tells_what_to_bring(front: Front, browser: Browser, tmp_path: Path) -> None:
    number = await front.house.file(ASKS_BACK)
    code = await _slip(front, browser, number)
    context, page = await _phone(front, browser, script=False)
    until = time.monotonic() + 20
    while True:
        await _ask(page, number, code)
        if await page.locator("[data-state=SUPPLEMENT]").count() or time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
        if "太频繁" in await page.locator("main").inner_text():
            pytest.fail("asked too often")
    await expect(page.locator(".state")).to_have_text("待补正")
    assert await page.locator(".bring li").count() >= 1
    await page.screenshot(path=tmp_path / "supplement.png", full_page=True)
    await context.close()


async def test_a_wrong_code_and_an_unknown_number_look_alike(
    front: Front, browser: Browser, barriers: Barriers, tmp_path: Path
) -> None:
    number = await front.house.file(SILENT)
    await _slip(front, browser, number)
    context, page = await _phone(front, browser, script=True)
    seen = []
    for asked in (number, number[:15] + "999999Z"):
        await _ask(page, asked, "AAAAA-AAAAA")
        seen.append((await page.locator("main").inner_text(), await page.title()))
    assert seen[0] == seen[1]
    assert seen[0][1].startswith("有误：")
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "wrong.png", full_page=True)
    await page.goto("/")
    assert await barriers(page) == []
    await context.close()


async def test_print_is_large_and_nothing_runs_off_the_side(front: Front, browser: Browser) -> None:
    context, page = await _phone(front, browser, script=True)
    await page.set_viewport_size({"width": 320, "height": 600})
    await page.goto("/")
    sizes = await page.evaluate(
        "[...document.querySelectorAll('p,label,input,button,a')].map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 18
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await context.close()
