"""投递异常 in a real browser: what is stuck says why and what would mend it, and every exit bears a name."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import ROOT, DemoHouse
from tests.stories.partner_post import PartnerPost

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Open = Callable[..., Awaitable[Page]]
Look = Callable[[Page], Awaitable[list[str]]]
CLERK, COORDINATOR, ADMINISTRATOR, AUDITOR = "zhangsan", "wangwu", "admin", "ducha"
QUERY = "jingshan.002014006002"  # 社会保险参保缴费记录查询, on the plain form


def subject(n: int) -> str:
    """The number of a case that nobody filed."""
    return f"4213212026112429{n:05}X"


def row(page: Page, number: str) -> Any:
    """The line of a case's message in the list."""
    return page.locator("#rows tbody tr", has_text=number)


async def press(page: Page) -> None:
    """Confirm."""
    await page.click("button[data-default]")
    await page.wait_for_load_state()


async def command(house: DemoHouse, *words: str) -> tuple[int, Any]:
    """A command beside the running service: its exit code and its JSON."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(ROOT / "main.py"), *words],
        env={**os.environ, **house.settings},
        capture_output=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()


async def until(question: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Ask until it is so."""
    for _ in range(int(seconds / 0.2)):
        if await question():
            return
        await asyncio.sleep(0.2)
    raise AssertionError("it never came to be")


async def test_a_parked_message_is_looked_over_and_set_aside_by_name(visit: Open, house: DemoHouse) -> None:
    assert await PartnerPost(house).say(subject(1), 1, "note.sent", {"text": "请核对 421321200001019998"}) == 202
    page = await visit("/post", COORDINATOR)
    await until(lambda: _shown(page, "/post", subject(1)))
    line = row(page, subject(1))
    await expect(line).to_contain_text("内容不符合报文格式")
    await expect(line).to_contain_text("请对方更正后以替换报文重新发送")

    await line.locator("a[data-open]").click()
    await expect(page.locator(".post-content")).not_to_contain_text("421321200001019998")
    await page.click("text=与对方核对")
    await expect(page.locator("[data-revealed]")).to_contain_text("421321200001019998")

    await page.goto("/post")
    await row(page, subject(1)).locator("input").check()
    await page.click("text=搁置选中的")
    await expect(page.locator("h1")).to_have_text("搁置 1 份报文")
    await press(page)
    await expect(page.locator("#error-summary li")).to_have_text("请写明理由")
    await page.fill("#f-reason", "对方确认发错")
    await press(page)
    await expect(page.locator("h1")).to_have_text("搁置：1 份已处理")
    await page.click("text=窗口间留言")
    await expect(page.locator(".notice-good")).to_have_text("已由王五处理。")
    await page.goto("/post")
    await expect(row(page, subject(1))).to_have_count(0)


async def _shown(page: Page, path: str, number: str) -> bool:
    await page.goto(path)
    return bool(await row(page, number).count())


async def test_a_preview_changes_nothing_and_a_replay_brings_what_waits_again(visit: Open, house: DemoHouse) -> None:
    partner = PartnerPost(house)
    await partner.say(subject(2), 1, "application.urged", {"text": ""})
    page = await visit("/post", COORDINATOR)
    await until(lambda: _shown(page, "/post", subject(2)))
    await row(page, subject(2)).locator("input").check()
    await page.click("text=重放选中的")
    await expect(page.locator("main")).to_contain_text("可以重放")
    await page.goto("/post")
    await expect(row(page, subject(2))).to_have_count(1)
    await row(page, subject(2)).locator("input").check()
    await page.click("text=重放选中的")
    await page.fill("#f-reason", "再试一次")
    await press(page)
    await expect(page.locator("h1")).to_have_text("重放：1 份已处理")
    await until(lambda: _shown(page, "/post", subject(2)))  # it is still against its schema


async def test_what_could_not_be_verified_is_kept_and_closed_after_a_look(visit: Open, house: DemoHouse) -> None:
    assert await PartnerPost(house).say(subject(3), 1, "note.sent", spoilt=True) == 422
    page = await visit("/post?kind=quarantined", COORDINATOR)
    line = page.locator("#rows tbody tr").first
    await expect(line).to_contain_text("签名与内容不符")
    await line.locator("input").check()
    await page.click("text=办结核对选中的")
    await page.fill("#f-reason", "已请对方原样重发")
    await press(page)
    await expect(page.locator("h1")).to_have_text("办结核对：1 份已处理")
    await page.goto("/post?kind=quarantined")
    await expect(page.locator("main")).to_contain_text("没有异常")


async def test_a_message_that_the_partner_parked_is_corrected_and_replaced(visit: Open, house: DemoHouse) -> None:
    number, partner = await house.file("13000000001", matter=QUERY), PartnerPost(house)
    clerk = await visit(f"/applications/{number}", CLERK)
    await expect(clerk.locator("[data-delivery]")).to_have_attribute("data-delivery", "sent")
    assert number in await partner.receipt("parked", "schema /materials/0:required")
    await expect(clerk.locator("[data-delivery]")).to_have_attribute("data-delivery", "parked")

    page = await visit("/post?kind=outgoing", COORDINATOR)
    await row(page, number).locator("a[data-open]").click()
    await page.click("text=更正后替换…")
    text = await page.input_value("#f-data")
    assert json.loads(text)["applicant"]["name"] == "张三"
    await page.fill("#f-data", "{")
    await page.fill("#f-reason", "按对方说明更正")
    await press(page)
    await expect(page.locator("#error-summary li")).to_contain_text("不是完整的 JSON")
    await page.fill("#f-data", json.dumps({**json.loads(text), "mode": "by hand"}))
    await press(page)
    await expect(page.locator("#error-summary li")).to_contain_text("/mode")
    await page.fill("#f-data", text)
    await press(page)
    await expect(page.locator("h1")).to_have_text("替换发送：1 份已处理")
    await expect(clerk.locator(".timeline")).to_contain_text("更正后替换发送给京山市：按对方说明更正")
    await until(lambda: _receipted(partner, number))
    await expect(clerk.locator("[data-delivery]")).to_have_attribute("data-delivery", "receipted")


async def test_the_command_replaces_a_parked_message_too(house: DemoHouse, tmp_path: Path) -> None:
    number, partner = await house.file("13000000001", matter=QUERY), PartnerPost(house)
    await until(lambda: _parked(partner, number))
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    letter = next(said for said in partner.taken if said["subject"] == number)
    wrong.write_text(json.dumps({**letter["data"], "mode": "by hand"}), encoding="utf-8")
    right.write_text(json.dumps(letter["data"]), encoding="utf-8")

    async def stuck() -> list[str]:
        _, found = await command(house, "post", "list", "--kind", "outgoing", "--json")
        return [one["id"] for one in found if one["number"] == number]

    await until(lambda: _some(stuck))
    ref, why = (await stuck())[0], ("--reason", "按对方说明更正", "--json")
    code, said = await command(house, "post", "replace", ref, "--data", str(wrong), "--by", COORDINATOR, *why)
    assert (code, said[0]["ok"]) == (1, False)
    code, said = await command(house, "post", "replace", ref, "--data", str(right), "--by", ADMINISTRATOR, *why)
    assert code == 2
    assert "--by" in said
    code, said = await command(house, "post", "replace", ref, "--data", str(right), "--by", COORDINATOR, *why)
    assert (code, said[0]["ok"]) == (0, True)
    await until(lambda: _receipted(partner, number))
    replacement = [said for said in partner.taken if said["subject"] == number][-1]
    assert (replacement["sequence"], replacement["replaces"]) == (letter["sequence"], letter["id"])
    assert await stuck() == []


async def _some(question: Callable[[], Awaitable[list[str]]]) -> bool:
    return bool(await question())


async def _parked(partner: PartnerPost, number: str) -> bool:
    return number in await partner.receipt("parked", "schema /materials/0:required")


async def _receipted(partner: PartnerPost, number: str) -> bool:
    return number in await partner.receipt("applied")


async def test_the_administrator_settles_without_seeing_content_and_the_auditor_only_looks(
    visit: Open, house: DemoHouse
) -> None:
    await PartnerPost(house).say(subject(5), 1, "note.sent", {"text": ""})
    page = await visit("/post", ADMINISTRATOR)
    await until(lambda: _shown(page, "/post", subject(5)))
    await expect(page.locator("text=重放选中的")).to_have_count(1)
    await row(page, subject(5)).locator("a[data-open]").click()
    await expect(page.locator("#content-title ~ p")).to_have_text("您的角色不查看报文内容。")
    answer = await page.request.post(page.url + "/content", form={"reason": "核对报文内容"})
    assert answer.status == 403

    auditor = await visit("/post", AUDITOR)
    await expect(row(auditor, subject(5))).to_have_count(1)
    await expect(auditor.locator("#rows button")).to_have_count(0)
    answer = await auditor.request.post("/post/preview", form={"deed": "replay", "ref": "i1"})
    assert answer.status == 403


async def test_the_command_line_leads_out_too_while_the_service_runs(house: DemoHouse) -> None:
    await PartnerPost(house).say(subject(6), 1, "note.sent", {"text": ""})
    await asyncio.sleep(1.5)
    code, found = await command(house, "post", "list", "--kind", "parked", "--partner", "420882", "--json")
    one = next(item for item in found if item["number"] == subject(6))
    assert (code, one["cause"], one["type"]) == (0, "schema", "note.sent")

    aside = ("post", "set-aside", one["id"], "--reason", "对方确认发错", "--json")
    code, said = await command(house, *aside, "--by", "张三")
    assert code == 2
    assert "wangwu" in said
    code, said = await command(house, *aside, "--by", "王五", "--dry-run")
    assert (code, said[0]["text"]) == (0, "可以搁置")
    code, said = await command(house, *aside, "--by", "王五")
    assert (code, said[0]["text"]) == (0, "已搁置")
    code, said = await command(house, *aside, "--by", "王五")
    assert (code, said[0]["text"]) == (1, "不能处理：这份报文已经搁置")


async def test_the_post_rooms_pages_have_no_serious_barriers(visit: Open, house: DemoHouse, barriers: Look) -> None:
    await PartnerPost(house).say(subject(7), 1, "note.sent", {"text": ""})
    page = await visit("/post", COORDINATOR)
    await until(lambda: _shown(page, "/post", subject(7)))
    assert await barriers(page) == []
    await row(page, subject(7)).locator("a[data-open]").click()
    assert await barriers(page) == []
