"""The working calendar in a real browser: an administrator loads the next year, everybody can read it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.rules.test_calendar_years import year

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]


async def test_an_administrator_loads_the_next_year_and_looks_it_over_before(
    visit: Open, barriers: Look, tmp_path: Path
) -> None:
    page = await visit("/calendar", "admin")
    await expect(page.locator("main")).to_contain_text("随产品提供")
    await expect(page.locator("main")).to_contain_text("2027 年的日历尚未载入")
    assert await barriers(page) == []

    half = tmp_path / "half.csv"
    half.write_bytes(year(2027, d0601=""))
    await page.set_input_files("#f-file", str(half))
    await page.click("main button")
    await expect(page.locator("main")).to_contain_text("缺 1 天，第一个是 2027-06-01")
    await expect(page).to_have_title("有误：工作日历 · 通办")

    whole = tmp_path / "2027.csv"
    whole.write_bytes(year(2027, d0101="0"))
    await page.set_input_files("#f-file", str(whole))
    await page.click("main button")
    await expect(page.locator("main")).to_contain_text("新增 365 天，改动 0 天")
    assert await barriers(page) == []
    await page.click("text=确认载入")
    await expect(page.locator("main")).to_contain_text("2027 年已生效")
    await expect(page.locator("main")).not_to_contain_text("2027 年的日历尚未载入")

    changed = tmp_path / "again.csv"
    changed.write_bytes(year(2027, d0101="0", d0201="0"))
    await page.set_input_files("#f-file", str(changed))
    await page.click("main button")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("2027-02-01")


async def test_others_read_the_calendar_and_cannot_load_one(visit: Open) -> None:
    page = await visit("/calendar", "zhangsan")
    await expect(page.locator("main")).to_contain_text("调休上班")
    await expect(page.locator("#f-file")).to_have_count(0)
