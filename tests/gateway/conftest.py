"""A house of one's own for each test of the hall: a real database, a clock that can be moved, and the people."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from tortoise import Tortoise

from gateway.auth.clients import Clients
from gateway.auth.passwords import Passwords
from gateway.auth.sessions import Sessions
from gateway.auth.users import Person, Users
from messaging import unit_of_work
from tests.services import databases

QUICK = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)  # argon2id, but cheap enough for many tests
CLERK = Person("zhangsan", "张三", "clerk", "421321", department="政务服务中心", window="1号窗口", phone="07220000001")
OFFICER = Person("lisi", "李四", "officer", "421321", department="人力资源和社会保障局")
OPERATOR = Person("wangwu", "王五", "partner_operator", "420683")
AUDITOR = Person("zhaoliu", "赵六", "auditor", "421321")
PASSWORD = "correct-horse-battery"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[None]:
    """An open database with every table of the house."""
    await Tortoise.init(config=databases.config(tmp_path), _enable_global_fallback=True)
    unit_of_work.remember_context()
    await Tortoise.generate_schemas()
    yield
    await unit_of_work.finish()
    await Tortoise.close_connections()


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(QUICK)


@pytest.fixture
async def users(db: None, clock: Clock, passwords: Passwords) -> Users:
    """The cast: a clerk, an officer, a partner's operator and an auditor, all with the same password."""
    users = Users(passwords, clock)
    for person in (CLERK, OFFICER, OPERATOR, AUDITOR):
        await users.add(person, PASSWORD)
    return users


@pytest.fixture
def sessions(db: None, clock: Clock) -> Sessions:
    return Sessions(clock)


@pytest.fixture
def clients(db: None, clock: Clock) -> Clients:
    return Clients(clock)
