"""An applicant with the slip in hand asks at the front: another program on another port, in a browser without script."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.stories.conftest import AXE
from tests.stories.demo_house import ROOT, DemoHouse, demonstration

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


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The front as an operator starts it: its client made by the command, its address told to the gateway."""
    folder = tmp_path_factory.mktemp("front")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGBAN_FRONT_URL", url)
        with demonstration(folder) as house:
            client = folder / "client.json"
            client.write_bytes(_client(folder / "demo"))
            command = [sys.executable, str(ROOT / "main.py"), "front", "--gateway", house.url, "--client", str(client)]
            command += ["--port", str(port), "--name", "随县政务服务中心", "--phone", "0722-0000001"]
            patch.setenv("TONGBAN_DATABASE_URL", "nonsense: the front reads no setting")
            with (folder / "front.log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
                try:
                    _await(f"{url}/healthz")
                    yield Front(house, url)
                finally:
                    process.terminate()
                    ended = process.wait(20)
    said = (folder / "front.log").read_text(encoding="utf-8")
    assert ended == 0, said
    assert house.told["home"] + "2" not in said, "no number is written down"


def _client(data: Path) -> bytes:
    command = [sys.executable, str(ROOT / "main.py"), "clients", "add", "front", "--scopes", "progress", "--json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    return subprocess.run(command, env=env | {"TONGBAN_DATA": str(data)}, capture_output=True, check=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
                assert json.load(answer) == {"status": "ok"}
                return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)


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
        time.sleep(0.5)  # noqa: ASYNC251  # nothing else goes on in this test
    await expect(page.locator(".state")).to_have_text("对方已接收")
    await expect(page.locator(".waits")).to_have_text("等待枣阳市告知是否受理")
    text = await page.locator("body").inner_text()
    assert number in text
    assert not [value for value in ("张三", "421321200001019998", SILENT) if value in text]
    assert await page.evaluate("1 + 1") == 2, "the test itself may look"
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
        time.sleep(0.5)  # noqa: ASYNC251  # as above
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
