"""People: adding them, and telling from a name and a password who somebody is."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import F

from gateway.auth import passwords
from gateway.auth.passwords import Passwords
from gateway.auth.roles import ROLES
from gateway.auth.tables import Session, User

FAILURES = 5  # in a row
LOCK = timedelta(minutes=15)
REMEMBERED = 10_000  # names that do not exist and were tried


class SignInRefused(Exception):
    """Not signed in. Deliberately one error: wrong name, wrong password, locked and disabled look the same outside."""


class UserExists(Exception):
    """The username is taken."""


class NoSuchUser(Exception):
    """There is no such username."""


class BadUser(Exception):
    """A member of the new user cannot be used; the text says which, in Chinese."""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in, without the secrets."""

    username: str
    name: str
    role: str
    jurisdiction: str
    department: str | None = None
    window: str | None = None
    phone: str | None = None
    disabled: bool = False
    locked_until: datetime | None = None


class Users:
    """The people of this installation."""

    def __init__(self, passwords_: Passwords, clock: Callable[[], datetime]) -> None:
        self._passwords, self._clock = passwords_, clock
        self._unknown: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    async def add(self, person: Person, password: str | None = None) -> str:
        """Add a person and return the password, made up when none is given; it is kept nowhere in the clear.

        Raises UserExists, BadUser, WeakPassword.
        """
        _check(person)
        if password is None:
            password = passwords.make()
        passwords.check_new(password, username=person.username)
        if await User.exists(username=person.username):
            raise UserExists(person.username)
        await User.create(
            username=person.username,
            name=person.name,
            role=person.role,
            jurisdiction=person.jurisdiction,
            department=person.department,
            window=person.window,
            phone=person.phone,
            password_hash=await self._passwords.hash(password),
            created_at=self._clock(),
        )
        return password

    async def authenticate(self, username: str, password: str) -> Person:
        """Who this is. Five failures in a row lock the name for 15 minutes, whether it exists or not.

        The failure is counted before the password is looked at and forgiven afterwards, so that many tries at once
        get no more than five looks. Raises SignInRefused, TooBusy.
        """
        now, username = self._clock(), username[:64]
        user = await User.get_or_none(username=username)
        counted = await self._count(username, user, now)
        stored = user.password_hash if user is not None and counted else None
        right = await self._passwords.matches(stored, password[: passwords.LONGEST])
        if user is None or not right:
            raise SignInRefused
        changes: dict[str, object] = {"failed_attempts": 0, "locked_until": None, "signed_in_at": now}
        if self._passwords.outdated(user.password_hash):
            changes["password_hash"] = await self._passwords.hash(password)
        await User.filter(username=username).update(**changes)
        return _person(user)

    async def change_password(self, username: str, old: str, new: str) -> None:
        """Replace the person's own password; all their sessions end. Raises SignInRefused, WeakPassword, TooBusy."""
        await self.authenticate(username, old)
        await self.set_password(username, new)

    async def set_password(self, username: str, new: str | None = None) -> str:
        """Set a password for somebody else; their sessions end and a lock is lifted. Raises NoSuchUser, WeakPassword."""
        if new is None:
            new = passwords.make()
        passwords.check_new(new, username=username)
        hashed = await self._passwords.hash(new)
        await self._update(username, password_hash=hashed, failed_attempts=0, locked_until=None)
        await Session.filter(username=username).delete()
        return new

    async def disable(self, username: str, *, disabled: bool = True) -> None:
        """Shut somebody out, or let them in again; their sessions end at once. Raises NoSuchUser."""
        await self._update(username, disabled=disabled)
        await Session.filter(username=username).delete()

    async def get(self, username: str) -> Person | None:
        """The person of that username."""
        user = await User.get_or_none(username=username)
        return None if user is None else _person(user)

    async def all(self) -> list[Person]:
        """Everybody, by username."""
        return [_person(user) for user in await User.all().order_by("username")]

    async def preferences(self, username: str) -> dict[str, object]:
        """How the pages look to this person, as they set it."""
        user = await User.get_or_none(username=username)
        return {} if user is None else dict(user.preferences)

    async def set_preferences(self, username: str, preferences: dict[str, object]) -> None:
        """Keep how the pages look to this person. Raises NoSuchUser."""
        await self._update(username, preferences=preferences)

    async def _update(self, username: str, **changes: object) -> None:
        if not await User.filter(username=username).update(**changes):
            raise NoSuchUser(username)

    async def _count(self, username: str, user: User | None, now: datetime) -> bool:
        """Count one try; False when the name is locked or shut out."""
        if user is None:
            return self._count_unknown(username, now)
        if user.disabled:
            return False
        row = User.filter(username=user.username)
        await row.filter(locked_until__lte=now).update(failed_attempts=0, locked_until=None)
        open_row = row.filter(locked_until__isnull=True)
        tried = await open_row.filter(failed_attempts__lt=FAILURES).update(failed_attempts=F("failed_attempts") + 1)
        if tried:
            await open_row.filter(failed_attempts__gte=FAILURES).update(locked_until=now + LOCK)
        return bool(tried)

    def _count_unknown(self, username: str, now: datetime) -> bool:
        tries, until = self._unknown.pop(username, (0, now))
        if tries >= FAILURES and until <= now:
            tries = 0
        self._unknown[username] = (min(tries + 1, FAILURES), now + LOCK)
        while len(self._unknown) > REMEMBERED:
            self._unknown.popitem(last=False)
        return tries < FAILURES


def _check(person: Person) -> None:
    if person.role not in ROLES:
        raise BadUser(f"没有这个角色：{person.role}（可用：{'、'.join(ROLES)}）")
    name = person.username
    if not 2 <= len(name) <= 64 or not all(c.isascii() and (c.isalnum() or c in "._-") for c in name):
        raise BadUser("用户名须为 2～64 个字母、数字或 . _ -")
    if not person.name.strip() or len(person.name) > 64:
        raise BadUser("请填写姓名（不超过 64 个字符）")


def _person(user: User) -> Person:
    return Person(
        username=user.username,
        name=user.name,
        role=user.role,
        jurisdiction=user.jurisdiction,
        department=user.department,
        window=user.window,
        phone=user.phone,
        disabled=user.disabled,
        locked_until=user.locked_until,
    )
