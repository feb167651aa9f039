"""The samples in the tables, and what is read back from them."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest_asyncio
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient

from matters_map import agreements
from matters_map.deadlines import due
from matters_map.importing import import_samples
from matters_map.lookup import Route
from matters_map.sample_lists import EFFECTIVE_FROM, HOME
from matters_map.tables import Agreement, CalendarDay, FormVersion, ListVersion

NOW = datetime.fromisoformat("2026-11-24T09:30:00+08:00")


@pytest_asyncio.fixture
async def connection() -> AsyncIterator[BaseDBAsyncClient]:
    await Tortoise.init(db_url="sqlite://:memory:", modules={"tongban": ["matters_map.tables"]}, use_tz=True)
    await Tortoise.generate_schemas()
    opened = Tortoise.get_connection("default")
    await import_samples(opened)
    yield opened
    await Tortoise.close_connections()


async def counts() -> tuple[int, int, int, int]:
    return (
        await Agreement.all().count(),
        await ListVersion.all().count(),
        await FormVersion.all().count(),
        await CalendarDay.all().count(),
    )


async def test_importing_twice_changes_nothing(connection: BaseDBAsyncClient) -> None:
    before = await ListVersion.all().order_by("id").values("agreement", "hash", "text")
    assert await counts() == (4, 4, 11, 730)
    await import_samples(connection)
    assert await counts() == (4, 4, 11, 730)
    assert await ListVersion.all().order_by("id").values("agreement", "hash", "text") == before


async def test_the_stored_text_is_what_the_hash_is_of(connection: BaseDBAsyncClient) -> None:
    for row in await ListVersion.all().using_db(connection):
        assert hashlib.sha256(row.text.encode()).hexdigest() == row.hash
        assert json.loads(row.text)["effective_from"] == "2026-01-01T00:00:00+08:00"


async def test_the_index_from_the_tables_routes(connection: BaseDBAsyncClient) -> None:
    index = await agreements.load_index(connection, NOW, HOME)
    assert len(index.matters()) == 28 + 40 + 38 + 71
    assert index.matters()[0].id == "zaoyang.002014006001"
    route = index.route("tongbai.002014006001", "411330")
    assert isinstance(route, Route)
    assert route.handler.name == "桐柏县"
    assert index.changes_at is None


async def test_before_the_agreed_minute_nothing_is_in_force(connection: BaseDBAsyncClient) -> None:
    early = await agreements.load_index(connection, datetime.fromisoformat("2025-12-31T23:59:59+08:00"), HOME)
    assert early.matters() == []
    assert early.changes_at == EFFECTIVE_FROM


async def test_forms_keep_the_order_of_their_fields(connection: BaseDBAsyncClient) -> None:
    forms = await agreements.load_forms(connection)
    assert list(forms.for_basic_code("002014006001").schema["properties"])[4:8] == [
        "insuranceTypes",
        "periodFrom",
        "periodTo",
        "purpose",
    ]
    assert forms.for_basic_code("002014003001").id == "plain"


async def test_the_calendar_from_the_tables_counts(connection: BaseDBAsyncClient) -> None:
    calendar = await agreements.load_calendar(connection)
    assert due(date(2026, 2, 13), 5, calendar).due == date(2026, 2, 27)


async def test_the_agreements_are_listed_with_the_version_in_force(connection: BaseDBAsyncClient) -> None:
    listed = await agreements.listing(connection, NOW)
    assert [one["id"] for one in listed] == ["zaoyang", "tongbai", "jingshan", "xssn_cluster"]
    assert listed[0] == {
        "id": "zaoyang",
        "name": "随县—枣阳市跨域通办协议",
        "document_number": "示例协议〔2026〕1号",
        "members": [{"code": "420683", "name": "枣阳市"}, {"code": "421321", "name": "随县"}],
        "in_force": {"version": 1, "from": "2026-01-01T00:00:00+08:00", "to": None},
        "next": None,
    }


async def test_the_next_version_is_listed_until_it_takes_over(connection: BaseDBAsyncClient) -> None:
    coming = datetime.fromisoformat("2027-01-01T00:00:00+08:00")
    await ListVersion.create(
        agreement="zaoyang", version=2, state="signed", effective_from=coming, hash="0" * 64, text='{"lines":[]}'
    )
    before, after = await agreements.listing(connection, NOW), await agreements.listing(connection, coming)
    assert before[0]["next"] == {"version": 2, "from": "2027-01-01T00:00:00+08:00", "to": None}
    assert (before[0]["in_force"]["version"], after[0]["in_force"]["version"]) == (1, 2)
    assert after[0]["next"] is None
    assert (await agreements.load_index(connection, NOW, HOME)).changes_at == coming


async def test_a_version_is_told_with_its_lines_and_can_be_verified(connection: BaseDBAsyncClient) -> None:
    told = await agreements.version_of(connection, "xssn_cluster", 1)
    assert told is not None
    assert (told["state"], told["effective_to"], len(told["lines"])) == ("in_force", None, 71)
    assert [member["code"] for member in told["lines"][0]["members"]] == ["420600", "420300", "421300", "429021"]
    assert await agreements.version_of(connection, "xssn_cluster", 2) is None
