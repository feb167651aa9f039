"""kill -9 between the end of a stage and the beginning of the next: the next stage begins once, after the restart."""

import asyncio
import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house_under_test import House
from tests.faults.window import Window
from tests.services import stack

pytestmark = pytest.mark.faults
XIANGYANG, SHIYAN = "420600", "420300"
FORM = Path(__file__).resolve().parents[1] / "data" / "forms" / "canjirenzheng_xinban.examples.json"


def filing() -> dict[str, Any]:
    """残疾人证新办: 襄阳 accepts and assesses, 十堰 approves and prints; as the sample list's data says."""
    examples = json.loads(FORM.read_text(encoding="utf-8"))
    document = next(one for one in examples["valid"] if one["acceptRegion"] == "421321")
    papers = [{"code": "M01", "name": "申请人居民身份证", "source": "纸质原件", "pages": 1}]
    changes = {"targetRegion": SHIYAN, "domicileRegion": SHIYAN, "residenceRegion": XIANGYANG, "materials": papers}
    return {"matter": "xssn_cluster.000742001001", "handler": SHIYAN, "answers": document | changes}


async def test_the_next_stage_begins_once_after_the_kill(furnished: Path, tmp_path: Path) -> None:
    async with House(tmp_path / "house", furnished) as house:
        assert await house.start("1:1.0:joint.before_next_stage")
        await house.start_counties(XIANGYANG, SHIYAN)
        async with Window(house.url, house.client("421321"), 1, (XIANGYANG, SHIYAN)) as window:
            key = {"Idempotency-Key": "joint"}
            filed = await window.persist("POST", "/api/v1/applications", json=filing(), headers=key)
            number, legs = filed["number"], filed["legs"]
            assert [(leg["handler"]["code"], leg["state"]) for leg in legs] == [
                (XIANGYANG, "SUBMITTED"),
                (SHIYAN, "DRAFT"),
            ]
            async with asyncio.timeout(30):
                assert await house.running.ended() == -signal.SIGKILL
            if not stack.ON_POSTGRES:
                assert {"DECIDED", "DRAFT"} <= _states(house)
            assert await house.start()
            await window.until(number, "DECIDED")
            whole = await window.persist("GET", f"/api/v1/applications/{number}")
    assert (whole["state_text"], whole["result"]["outcome"]) == ("已办结·准予", "granted")
    assert [leg["state"] for leg in whole["legs"]] == ["DECIDED", "DECIDED"]
    assert len(whole["result"]["certificates"]) == 2
    if not stack.ON_POSTGRES:
        assert _begun(house, legs[1]["number"]) == 1


def _states(house: House) -> set[str]:
    return {row[0] for row in _ask(house, "SELECT state FROM case_leg")}


def _begun(house: House, number: str) -> int:
    asked = f"SELECT count(*) FROM post_outgoing WHERE subject = '{number}' AND type = 'application.submitted'"  # noqa: S608
    return int(_ask(house, asked)[0][0])


def _ask(house: House, text: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(house.data / "tongban.sqlite3") as tables:
        return tables.execute(text).fetchall()
