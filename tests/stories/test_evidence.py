"""A clerk gives a case's evidence out, and whoever gets the file proves it without the house."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.stories.demo_house import ROOT, DemoHouse

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
Open = Callable[..., Awaitable[Page]]
Barriers = Callable[[Page], Awaitable[list[str]]]


async def test_a_clerk_downloads_the_evidence_for_a_reason_and_it_is_proven_offline(
    visit: Open, house: DemoHouse, barriers: Barriers, tmp_path: Path
) -> None:
    number = await house.file("13000000001")
    page = await visit(f"/applications/{number}", "zhangsan")
    await expect(page.locator("[data-state=DECIDED]").first).to_be_visible(timeout=25_000)
    await page.click("text=证据包")
    await expect(page).to_have_title(re.compile(f"^导出证据包：{number}"))
    assert await barriers(page) == []
    await page.screenshot(path=tmp_path / "evidence.png", full_page=True)
    await page.wait_for_timeout(2000)  # our own receipt of the decision is written a moment after it shows
    async with page.expect_download() as started:
        await page.click("text=纪检监察或督查调取")
    download = await started.value
    path = tmp_path / download.suggested_filename
    await download.save_as(path)
    assert path.name == f"evidence-{number}.zip"
    told = _verified(path, tmp_path)
    assert (told["ok"], told["about"]["number"], told["about"]["legs"][0]["state"]) == (True, number, "DECIDED")
    assert {one["type"] for one in told["confirmations"]} == {
        "application.submitted",
        "application.accepted",
        "application.decided",
    }


async def test_who_sees_cases_masked_does_not_get_the_package(visit: Open, house: DemoHouse) -> None:
    number = await house.file("13000000014")
    for who in ("ducha", "wangwu"):
        page = await visit(f"/applications/{number}", who)
        assert await page.locator("text=证据包").count() == 0
        answer = await page.goto(f"/applications/{number}/evidence")
        assert answer is not None
        assert answer.status == 403


def _verified(path: Path, folder: Path) -> dict[str, Any]:
    """What another machine says: no setting, an empty folder, only the file."""
    empty = folder / "elsewhere"
    empty.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    command = [sys.executable, str(ROOT / "main.py"), "verify", str(path), "--json"]
    done = subprocess.run(command, cwd=empty, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
    assert list(empty.iterdir()) == []
    told: dict[str, Any] = json.loads(done.stdout)
    return told
