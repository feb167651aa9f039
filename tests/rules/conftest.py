"""The sample lists, forms and calendar, read once from the files that come with the product."""

from datetime import datetime
from pathlib import Path

import pytest

from matters_map import sample_lists
from matters_map.calendar import Calendar, load_csv
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex, Version

NOW = datetime.fromisoformat("2026-11-24T09:30:00+08:00")


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent.parent / "data"


@pytest.fixture(scope="session")
def forms() -> Forms:
    return sample_lists.forms()


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return load_csv(sample_lists.FOLDER / "calendar_2025_2026.csv")


@pytest.fixture(scope="session")
def versions(forms: Forms) -> list[Version]:
    return [
        Version(
            agreement.id,
            1,
            "in_force",
            sample_lists.EFFECTIVE_FROM,
            None,
            tuple(sample_lists.lines(agreement, forms)),
            position,
        )
        for position, agreement in enumerate(sample_lists.AGREEMENTS)
    ]


@pytest.fixture(scope="session")
def index(versions: list[Version]) -> MatterIndex:
    return MatterIndex(versions, NOW)
