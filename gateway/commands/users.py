"""`users add`: a person who may sign in, with a first password that is shown once."""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime

from gateway import database, settings
from gateway.auth.passwords import Passwords
from gateway.auth.roles import ROLES
from gateway.auth.users import BadUser, Person, UserExists, Users
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
    answers.tell("密码只显示这一次，请当面交给本人并请其登录后修改")
    return answers.give_lines([f"用户名 {person.username}", f"密码 {password}"])


async def _add(configured: settings.Settings, person: Person) -> str:
    async with database.opened(configured):
        return await Users(Passwords(), lambda: datetime.now(UTC)).add(person)
