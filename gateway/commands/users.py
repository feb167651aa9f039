"""`users add` and `users password`: people who may sign in, with a password that is shown once."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime

from gateway import database, settings
from gateway.auth.passwords import Passwords
from gateway.auth.roles import ROLES
from gateway.auth.sessions import Sessions
from gateway.auth.users import BadUser, NoSuchUser, Person, UserExists, Users
from gateway.commands import answers

__all__ = ["ROLES", "add"]


def add(arguments: Namespace) -> int:
    """Prints username and password; `--json`: `{"username","password","role"}`."""
    configured = settings.read()
    person = Person(
        username=arguments.name,
        name=arguments.full_name or arguments.name,
        role=arguments.role,
        jurisdiction=arguments.jurisdiction or configured.home,
        department=arguments.department,
        window=arguments.window,
    )
    try:
        password = asyncio.run(_add(configured, person))
    except BadUser as bad:
        raise answers.WrongUse(str(bad)) from None
    except UserExists:
        raise answers.WrongUse(f"用户名 {person.username} 已有人使用，请换一个 (the name is taken)") from None
    if arguments.json:
        return answers.give_json({"username": person.username, "password": password, "role": person.role})
    answers.tell("密码只显示这一次，请当面交给本人")
    return answers.give_lines([f"用户名 {person.username}", f"密码 {password}"])


def reset_password(arguments: Namespace) -> int:
    """A new password, shown once; the person is signed out everywhere. `--json`: `{"username","password"}`."""
    try:
        password = asyncio.run(_reset(settings.read(), arguments.name))
    except NoSuchUser:
        raise answers.WrongUse(f"没有用户 {arguments.name} (no such user)") from None
    if arguments.json:
        return answers.give_json({"username": arguments.name, "password": password})
    answers.tell("密码只显示这一次，请当面交给本人")
    return answers.give_lines([f"用户名 {arguments.name}", f"密码 {password}"])


async def _reset(configured: settings.Settings, username: str) -> str:
    async with database.opened(configured):
        password = await Users(Passwords(), _now).set_password(username)
        await Sessions(_now).end_all(username)
        return password


def _now() -> datetime:
    return datetime.now(UTC)


async def _add(configured: settings.Settings, person: Person) -> str:
    async with database.opened(configured):
        return await Users(Passwords(), _now).add(person)
