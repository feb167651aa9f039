"""The stories' stage: one demonstration, one Chromium, and the cast already signed in."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, StorageState, ViewportSize, async_playwright, expect

from tests.services import stack
from tests.services.fake_clamd import clamd
from tests.stories.demo_house import ROOT, DemoHouse, demonstration

collect_ignore = [] if stack.ON_RABBITMQ else ["test_rabbitmq.py", "test_several_processes.py"]  # they need a broker
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREEN: ViewportSize = {"width": 1366, "height": 800}
ASK_AXE = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations"
    ".filter(one => one.impact === 'serious' || one.impact === 'critical')"
    ".map(one => one.id + ' ' + one.nodes[0].html.slice(0, 200)))"
)

expect.set_options(timeout=15_000)
Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DemoHouse]:
    """A demonstration with 枣阳市 simulated, and a clamd that knows one virus."""
    async with (
        clamd() as guard,
        demonstration(tmp_path_factory.mktemp("house"), TONGBAN_CLAMD=guard.address) as running,
    ):
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all stories."""
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    async with async_playwright() as play:
        launched = await play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        await launched.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, StorageState]:
    """Cookies of those who signed in once; a story that signs out must not use them."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def visit(house: DemoHouse, browser: Browser, signed_in: dict[str, StorageState]) -> AsyncIterator[Open]:
    """`await visit("/applications", "zhangsan")`: a page of its own; at the end none may have broken the policy."""
    async with AsyncExitStack() as contexts:
        complaints: list[str] = []

        async def open_(path: str, who: str | None = None, **more: Any) -> Page:
            if who is not None and who not in signed_in:
                signed_in[who] = await _sign_in(house, browser, who)
            state = signed_in[who] if who is not None else None
            context = await browser.new_context(
                base_url=house.url, viewport=SCREEN, locale="zh-CN", storage_state=state, **more
            )
            contexts.push_async_callback(context.close)
            page = await _page(context, complaints)
            await page.goto(path)
            return page

        yield open_
    assert complaints == []


async def _page(context: BrowserContext, complaints: list[str]) -> Page:
    if AXE.exists():
        await context.add_init_script(AXE.read_text(encoding="utf-8"))
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    return page


async def _sign_in(house: DemoHouse, browser: Browser, who: str) -> StorageState:
    context = await browser.new_context(base_url=house.url)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.fill("[name=username]", who)
    await page.fill("[name=password]", house.password(who))
    await page.click("main button")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], Awaitable[list[str]]]:
    """What axe finds serious or critical on a page; nothing where axe is not installed."""

    async def look(page: Page) -> list[str]:
        if not AXE.exists():
            return []
        found: list[str] = await page.evaluate(ASK_AXE)
        return found

    return look


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A scanned paper."""
    path = tmp_path / "居住证明.pdf"
    path.write_bytes(b"%PDF-1.7\n" + "居住证明扫描件".encode() + b"\n%%EOF\n")
    return path
