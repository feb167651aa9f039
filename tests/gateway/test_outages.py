"""Which failures pass by themselves: made for real where one machine can make them."""

import sqlite3
from pathlib import Path

import pytest
from tortoise import connections
from tortoise.exceptions import IntegrityError, OperationalError

from gateway import outages
from tests.services import stack


@pytest.mark.skipif(stack.ON_POSTGRES, reason="a file that another process holds is a matter of SQLite")
async def test_a_database_that_another_process_holds_is_an_outage(db: None, tmp_path: Path) -> None:
    connection = connections.get("default")
    await connection.execute_query("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "tongban.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(OperationalError) as locked:
            await connection.execute_query("DELETE FROM auth_session")
    finally:
        other.close()
    assert outages.passing(locked.value)


async def test_a_broken_question_is_no_outage(db: None) -> None:
    with pytest.raises(OperationalError) as wrong:
        await connections.get("default").execute_query("SELECT nothing FROM nowhere")
    assert not outages.passing(wrong.value)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(2, "No such file or directory"), False),
        (IntegrityError("twice"), False),
        (ValueError("x"), False),
    ],
)
def test_a_full_disk_passes_and_a_fault_of_ours_does_not(error: Exception, passes: bool) -> None:
    assert outages.passing(error) is passes
