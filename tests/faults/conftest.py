"""A furnished data folder to copy from, and the scenarios that play behind the tests of them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import report
from tests.faults.backstage import Backstage
from tests.faults.house_under_test import database_name, furnish
from tests.faults.seeds import LONG
from tests.services import databases, stack
from tests.services.postgres import Server

ON_FILES = [
    "test_full_disk.py",
    "test_locked_database.py",
]  # what may befall an SQLite file; real/ has the like of a server
ON_SERVERS = ["real", "test_several_processes.py"]
collect_ignore = ON_FILES if stack.ON_RABBITMQ else ON_SERVERS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the scenarios measured."""
    if report.ROWS:
        terminalreporter.section("scenarios")
        for line in report.lines():
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists, people, programs and partners, as `demo` makes them; copied for each house."""
    data = tmp_path_factory.mktemp("furnished") / "data"
    furnished_on(data, databases.server() if stack.ON_POSTGRES else None)
    return data


def furnished_on(data: Path, server: Server | None) -> None:
    """Furnish a folder, with its database on a server."""
    name = database_name(data)
    if server is not None:
        server.sql(f"CREATE DATABASE {name}")
    asyncio.run(furnish(data, server.url(name) if server is not None else None))


@pytest.fixture(scope="session")
def backstage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, furnished: Path
) -> Iterator[Backstage]:
    """Begins every scenario of this run, in the order of its tests; a short run begins with the longest."""
    chosen: list[dict[str, Any]] = [
        getattr(getattr(item, "callspec", None), "params", {}) for item in request.session.items
    ]
    playing = [one for one in chosen if "story" in one]
    if not LONG:
        playing.sort(key=lambda one: one["story"].__name__ != "gauntlet")
    with Backstage(tmp_path_factory.mktemp("backstage"), furnished) as stage:
        for one in playing:
            stage.begin(one["story"], one["seed"])
        yield stage
