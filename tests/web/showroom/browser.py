"""A real Chromium in front of the showroom."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.web.showroom.app import Showroom

AXE = Path("node_modules/axe-core/axe.min.js")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WATCH = "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective + ' ' + e.blockedURI))"


@dataclass
class Desk:
    """One browser and one showroom. `complaints` are what pages logged as errors."""

    browser: Browser
    room: Showroom
    base: str
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, path: str, **options: Any) -> AsyncIterator[Page]:
        """A fresh window at `path`; `options` as for a Playwright context."""
        context: BrowserContext = await self.browser.new_context(viewport={"width": 1366, "height": 768}, **options)
        if options.get("java_script_enabled", True):
            await context.add_init_script(WATCH)
            await context.add_init_script(path=AXE)
        page = await context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        await page.goto(self.base + path)
        try:
            yield page
        finally:
            await context.close()


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """Chromium and the showroom, both closed at the end."""
    room = Showroom()
    runner = web.AppRunner(room.app(), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with async_playwright() as playwright:
        program = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield Desk(browser, room, f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await browser.close()
            await runner.cleanup()


async def until(question: Callable[[], Awaitable[Any]] | Callable[[], Any], seconds: float = 4.0) -> Any:
    """Ask until the answer is true; the policy forbids the usual waiting function, which evaluates text."""
    answer: Any = None
    for _ in range(int(seconds / 0.05)):
        asked = question()
        answer = await asked if asyncio.iscoroutine(asked) or isinstance(asked, Awaitable) else asked
        if answer:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {answer!r} after {seconds} s")
