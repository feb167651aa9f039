"""A furnished data folder to copy from."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.house_under_test import furnish


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists, people, programs and partners, as `demo` makes them; copied for each house."""
    data = tmp_path_factory.mktemp("furnished") / "data"
    asyncio.run(furnish(data))
    return data
