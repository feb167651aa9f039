"""Two doors and the loops in other processes are one house to whoever sits before it."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.faults import family
from tests.faults.house_under_test import House
from tests.stories.demo_house import DemoHouse, answers
from tests.stories.test_desk import file_to_shennongjia

pytestmark = [pytest.mark.browser, pytest.mark.rabbitmq, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Form = dict[str, str | float | bool]
CLERK, OPERATOR, COORDINATOR = "zhangsan", "desk", "wangwu"
USUAL, SILENT = "13000000001", "13000000014"
HIDDEN = re.compile(r'<input type="hidden" name="(_csrf|key)" value="([^"]+)">')


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second(house: DemoHouse) -> str:
    """The address of a door that runs no loops."""
    return await processes(house).another_door()


def processes(house: DemoHouse) -> House:
    """Its processes."""
    assert house.served is not None
    return house.served


async def test_pages_of_one_door_follow_what_happens_at_another_and_in_the_loops(
    visit: Open, house: DemoHouse, second: str
) -> None:
    queue = await visit(f"{second}/applications", CLERK)
    await expect(queue.locator("[data-stream-state]")).to_have_text("实时更新中")
    number = await house.file(USUAL)
    await expect(queue.locator(f"#row-{number}")).to_contain_text("对方已接收")
    case = await visit(f"{second}/applications/{number}", CLERK)
    await expect(case.locator("[data-state]")).to_have_attribute("data-state", "ACCEPTED")
    await expect(case.locator("[data-state]")).to_have_attribute("data-state", "DECIDED")


async def test_when_the_holder_of_the_loops_is_killed_another_goes_on_and_the_open_page_with_it(
    visit: Open, house: DemoHouse, second: str
) -> None:
    running = processes(house)
    assert running.database is not None
    number = await house.file(USUAL)
    case = await visit(f"{second}/applications/{number}", CLERK)
    await expect(case.locator("[data-state]")).to_have_attribute("data-state", "ACCEPTED")
    workers = family.children(running.running.pid)
    holder = await family.until_held(running.database, workers)
    os.kill(holder, signal.SIGKILL)
    await family.until_held(running.database, [pid for pid in workers if pid != holder])
    await expect(case.locator("[data-state]")).to_have_attribute("data-state", "DECIDED", timeout=40_000)


async def test_who_signed_in_at_one_door_is_signed_in_and_out_at_the_other(
    visit: Open, house: DemoHouse, second: str
) -> None:
    page = await visit("/sign-in")
    await page.fill("[name=username]", CLERK)
    await page.fill("[name=password]", house.password(CLERK))
    await page.click("main button")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await page.goto(f"{second}/applications")
    assert "/sign-in" not in page.url
    await page.request.post(f"{second}/sign-out", form=await hidden(page, f"{second}/applications"))
    await page.goto(f"{house.url}/applications")
    assert "/sign-in" in page.url


async def test_one_request_made_at_both_doors_at_once_is_one_case(house: DemoHouse, second: str) -> None:
    body = {"matter": await house.plain_matter(), "answers": answers("张三", SILENT)}
    headers = {"Authorization": f"Bearer {await house.token()}", "Idempotency-Key": "at both doors"}
    async with aiohttp.ClientSession() as web:

        async def file(url: str) -> tuple[int, Any]:
            async with web.post(f"{url}/api/v1/applications", json=body, headers=headers) as answer:
                return answer.status, await answer.json()

        told = await asyncio.gather(*(file(url) for url in (house.url, second) * 6))
        last = await file(second)
    assert {status for status, _ in told} <= {201, 409}
    assert {body["type"] for status, body in told if status == 409} <= {"/problems/in-flight"}
    assert {body["number"] for status, body in (*told, last) if status == 201} == {last[1]["number"]}


async def test_operators_at_two_doors_speak_at_once_and_no_word_is_lost_doubled_or_a_conflict(
    visit: Open, house: DemoHouse, second: str, scan: Path
) -> None:
    clerk = await visit("/applications", CLERK)
    number = await file_to_shennongjia(clerk, scan)
    desk = await visit(f"/desk/{number}", OPERATOR)
    addresses = [f"{url}/desk/{number}/notes" for url in (house.url, second)]
    forms = [await hidden(desk, address) for address in addresses for _ in range(4)]
    presses: list[tuple[str, Form]] = [(addresses[n % 2], {**form, "text": f"第{n}句"}) for n, form in enumerate(forms)]
    twice: list[tuple[str, Form]] = [
        (address, {**forms[0], "text": "第0句"}) for address in addresses
    ]  # the first form's button again

    async def press(address: str, form: Form) -> int:
        answer: Any = await desk.request.post(address, form=form, headers={"Sec-Fetch-Site": "same-origin"})
        return int(answer.status)

    assert set(await asyncio.gather(*(press(*one) for one in (*presses, *twice)))) == {200}
    for n in range(len(presses)):
        await expect(clerk.locator(".timeline")).to_contain_text(f"第{n}句")
    assert (await clerk.locator(".timeline").inner_text()).count("第0句") == 1
    post = await visit("/post?kind=conflict", COORDINATOR)
    await expect(post.locator("h1")).to_have_text("投递异常")
    await expect(post.locator("main")).not_to_contain_text(number)


async def hidden(page: Page, address: str) -> Form:
    """The fields of a page's form that nobody sees."""
    answer = await page.request.get(address)
    return dict(HIDDEN.findall(await answer.text()))
