"""The agreed lists in a real browser: found as people type, and each line says what can be done with it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]


async def test_the_lists_in_force_are_found_by_pinyin_and_say_where_to_go(visit: Open, barriers: Look) -> None:
    page = await visit("/agreements", "zhangsan")
    await expect(page.locator(".agreement-tiles li")).to_have_count(4)
    await expect(page.locator(".found-note")).to_have_text("共 177 项")
    await page.fill("#f-q", "shbxcb")
    await expect(page.locator("#lines")).to_contain_text("社会保险参保缴费记录查询")
    await page.goto("/agreements?direction=inbound")
    await expect(page.locator("#lines tbody tr").first).to_contain_text("请引导申请人")
    await page.goto("/agreements/tongbai/versions/1")
    await expect(page.locator(".found-note")).to_have_text("共 40 项")
    assert await barriers(page) == []
    answer = await page.goto("/agreements/tongbai/versions/9")
    assert answer is not None
    assert answer.status == 404
