"""Each scenario holds in the house as it is."""

import pytest

from tests.county import County
from tests.messaging import scenarios


@pytest.mark.parametrize("name", list(scenarios.ALL))
async def test_it_holds(county: County, name: str) -> None:
    await scenarios.ALL[name](county)
