"""撤销提交 when the gateway is killed while it counts: the page says so, and the submission is one case all the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.faults.conftest import furnished_on
from tests.faults.house_under_test import House
from tests.services import databases, stack
from tests.stories.test_desk import CHANGE, ID_NUMBER
from tests.stories.test_people_pages import at_the_form

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def alone(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway with nobody beside it, which is killed."""
    furnished = tmp_path / "furnished"
    await asyncio.to_thread(furnished_on, furnished, databases.server() if stack.ON_POSTGRES else None)
    async with House(tmp_path / "house", furnished, by_amqp=[]) as house:
        house.outside |= {"TONGBAN_UNDO_SECONDS": "10"}
        assert await house.start(), house.said()
        yield house


async def test_a_submission_that_was_counting_when_all_was_killed_becomes_one_case(
    alone: House, browser: Browser
) -> None:
    password = next(str(one["password"]) for one in alone.told["sign_ins"] if one["username"] == "zhangsan")
    page = await at_the_form(browser, alone.url, password, CHANGE)
    await page.fill("#f-applicant-name", "张三")
    await page.select_option("#f-applicant-idType", "居民身份证")
    await page.fill("#f-applicant-idNumber", ID_NUMBER)
    await page.fill("#f-applicant-mobile", "13000000001")
    await page.select_option("#f-materials-M01-source", "纸质原件")
    await page.check("#f-consent-acknowledged")
    await page.check("#f-consent-sensitiveAcknowledged")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_have_text("核对后提交")
    await page.wait_for_load_state()  # its scripts listen
    await page.keyboard.press("s")
    await expect(page.locator("h1")).to_have_text("正在提交")
    await alone.running.kill()
    assert await alone.start(), alone.said()
    await expect(page.locator("h1")).not_to_have_text("正在提交", timeout=40_000)  # the page asks by itself
    await page.goto("/applications")
    rows = page.locator("[data-row]")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("内资公司变更登记")
    await page.context.close()
