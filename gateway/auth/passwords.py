"""Passwords: argon2id away from the event loop, two at a time, and as long for a name that does not exist."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 128  # characters
AT_ONCE = 2  # each takes 64 MiB and a core for a fifth of a second
WAITING = 40  # beyond this many in line a sign-in is refused rather than kept waiting

R = TypeVar("R")


class WeakPassword(Exception):
    """Not taken as a password; the text says why, in Chinese."""


class TooBusy(Exception):
    """Too many passwords are being checked just now; try again in `seconds`."""

    seconds = 3


class Passwords:
    """Hashes and checks passwords in a pool of its own."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_line = 0
        self._nobody: str | None = None  # a hash that nobody's password fits, made at the first sign-in

    async def hash(self, password: str) -> str:
        """The argon2id hash, with its parameters inside."""
        return await self._apart(lambda: self._hasher.hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one behind `stored`; None costs the same time and is always False."""
        nobody = self._nobody or await self.hash(secrets.token_urlsafe(16))
        self._nobody = nobody
        right = await self._apart(lambda: self._verify(stored or nobody, password))
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _apart(self, work: Callable[[], R]) -> R:
        if self._in_line >= WAITING:
            raise TooBusy
        self._in_line += 1
        try:
            async with self._slots:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._in_line -= 1

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_new(password: str, *, username: str) -> None:
    """Raise WeakPassword unless it has 10 to 128 characters, does not hold the username, and is not a few characters over again."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"密码须为 {SHORTEST}～{LONGEST} 个字符")
    if len(username) >= 5 and username.lower() in password.lower():
        raise WeakPassword("密码不能包含用户名")
    if len(set(password)) < 5:
        raise WeakPassword("密码过于简单，请至少使用 5 种不同的字符")


def make() -> str:
    """A random password of 100 bits, in four groups that a person can type."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
