"""首问负责 in a real browser: a case that a program filed is claimed and handed on."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]


async def test_a_clerk_claims_a_case_and_finds_it_under_mine(house: DemoHouse, visit: Open, barriers: Look) -> None:
    number = await house.file("13000000014")
    page = await visit(f"/applications/{number}", "zhangsan")
    await page.click("text=还没有人，点此认领")
    assert await barriers(page) == []
    await page.click("main button:has-text('认领')")
    await expect(page.locator("aside")).to_contain_text("负责人 张三")
    await expect(page.locator("main")).to_contain_text("张三认领")
    await page.goto("/applications?view=mine")
    await expect(page.locator(f"#row-{number}")).to_contain_text("负责 张三")
    await page.goto(f"/applications/{number}/owner")
    await expect(page.locator("main")).to_contain_text("本件由您负责")
