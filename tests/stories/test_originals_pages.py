"""Originals in a real browser: the window posts papers in one parcel and cannot close the case over one it still has."""

import uuid
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import DemoHouse, answers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
POSTED = "zaoyang.000709009001"  # 异地代收代办
PAPERS = [
    {"code": "M01", "name": "居民户口簿", "source": "纸质原件", "pages": 12},
    {"code": "M02", "name": "居民身份证", "source": "纸质原件", "pages": 1},
]


async def with_papers(house: DemoHouse) -> str:
    """A case whose papers the window keeps to post them."""
    client = next(one for one in house.told["clients"] if one["jurisdiction"] == house.told["home"])
    form = {"grant_type": "client_credentials"} | {name: client[name] for name in ("client_id", "client_secret")}
    async with aiohttp.ClientSession(house.url) as web:
        async with web.post("/api/v1/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
        body = {"matter": POSTED, "answers": answers("张三", "13000000014") | {"materials": PAPERS}}
        async with web.post("/api/v1/applications", json=body, headers=headers) as answer:
            filed = await answer.json()
            assert answer.status == 201, filed
            return str(filed["number"])


async def test_the_window_posts_papers_in_one_parcel(house: DemoHouse, visit: Open, barriers: Look) -> None:
    number = await with_papers(house)
    page = await visit(f"/applications/{number}", "zhangsan")
    await expect(page.locator("section[aria-labelledby=originals-title]")).to_contain_text("随县窗口")
    await page.click("text=登记寄送、退还")
    await page.click("text=登记 >> nth=-1")
    await expect(page.locator("#error-summary")).to_contain_text("请至少选一份原件")
    assert await barriers(page) == []
    await page.check("input[value=居民户口簿]")
    await page.check("input[value=居民身份证]")
    await page.check("input[name=step][value=sent]")
    await page.click("button:has-text('登记')")
    await expect(page.locator("main")).to_contain_text("寄出的，请填写快递单号")
    await expect(page.locator("input[value=居民户口簿]")).to_be_checked()
    await page.fill("input[name=waybill]", "EA123456789CN")
    await page.click("button:has-text('登记')")
    await expect(page.locator("main")).to_contain_text("已登记 2 份原件，并告知枣阳市")
    await expect(page.locator("tbody")).to_contain_text("寄递中")
    await page.goto(f"/applications/{number}")
    await expect(page.locator("main")).to_contain_text("EA123456789CN")
    await expect(page.locator("aside")).to_contain_text("寄递送达")
    assert await barriers(page) == []


async def test_without_scripts_a_paper_is_given_back_too(house: DemoHouse, visit: Open) -> None:
    number = await with_papers(house)
    page = await visit(f"/applications/{number}/originals", "zhangsan", java_script_enabled=False)
    await page.check("input[value=居民身份证]")
    await page.check("input[name=step][value=returned]")
    await page.click("button:has-text('登记')")
    await expect(page.locator("tbody")).to_contain_text("已退还申请人")
