"""The public check of papers: one shape for every answer, and a limit for who asks too often."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app
from gateway.applications.tables import Paper
from tests.county import County

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def visitor(county: County) -> AsyncIterator[Client]:
    """Somebody from outside."""
    async with TestClient(TestServer(app.build(county.parts, None))) as client:
        yield client


async def ask(visitor: Client, number: str, code: str) -> tuple[int, str]:
    answer = await visitor.get("/papers/check", params={"n": number, "c": code})
    return answer.status, await answer.text()


async def test_a_wrong_code_and_a_paper_that_is_none_get_the_same_page(county: County, visitor: Client) -> None:
    number = await county.file()
    row = await Paper.get(case_number=number)
    right = await ask(visitor, row.number, row.code)
    wrong = await ask(visitor, row.number, "2222-2222-2222")
    none = await ask(visitor, row.number.replace("SJ", "SL"), "2222-2222-2222")
    assert right[0] == wrong[0] == none[0] == 200
    assert 'data-genuine="yes"' in right[1]
    assert row.sha256 in right[1]
    assert "李四测试" not in right[1]
    assert re.sub(r"S[JL]\d+", "", wrong[1]) == re.sub(r"S[JL]\d+", "", none[1])
    assert row.sha256 not in wrong[1]


async def test_odd_values_are_a_no(county: County, visitor: Client) -> None:
    for number, code in (("'; drop", "x"), ("𬱖" * 100, "\x00"), ("", "a"), ("SJ", "")):
        status, page = await ask(visitor, number, code)
        assert (status, 'data-genuine="no"' in page) == (200, True)


async def test_who_asks_too_often_has_to_wait(county: County, visitor: Client) -> None:
    statuses = [(await ask(visitor, "SJ1-01", "x"))[0] for _ in range(40)]
    assert statuses[:30] == [200] * 30
    assert set(statuses[35:]) == {429}
