"""Sessions: who is signed in. The token stands in the cookie only; the row holds its hash."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.auth.actor import Actor
from gateway.auth.tables import Session, User
from gateway.auth.users import Person

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
SEEN_EVERY = timedelta(minutes=1)  # how often a busy session writes that it was seen


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def begin(self, person: Person, *, ip: str, former: str | None = None) -> str:
        """A new session and its 256-bit token for the cookie; the browser's former session ends (rotation at sign-in)."""
        if former:
            await self.end(former)
        token, now = secrets.token_urlsafe(32), self._clock()
        await Session.create(
            id=_id(token),
            username=person.username,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            ip=ip[:45],
        )
        return token

    async def actor(self, token: str, *, ip: str | None = None, sign_of_life: bool = True) -> Actor | None:
        """The person of a live session, as they are now; None after 30 idle minutes, ten hours, or when shut out.

        A request that a page made by itself is no `sign_of_life`: an unattended page does not keep its session.
        """
        session = await self._live(_id(token))
        if session is None:
            return None
        user = await User.get_or_none(username=session.username)
        if user is None or user.disabled:
            return None
        now = self._clock()
        if sign_of_life and now - session.last_seen_at >= SEEN_EVERY:
            await Session.filter(id=session.id).update(last_seen_at=now)
        return Actor(
            kind="person",
            jurisdiction=user.jurisdiction,
            name=user.name,
            username=user.username,
            role=user.role,
            session_id=session.id,
            window=user.window,
            department=user.department,
            phone=user.phone,
            ip=ip,
        )

    async def alive(self, actor: Actor) -> bool:
        """Whether an open stream may go on: the session lives and the person has the same role and county.

        A stream is not a sign of life: it does not lengthen the session.
        """
        if actor.session_id is None or await self._live(actor.session_id) is None:
            return False
        user = await User.get_or_none(username=actor.username)
        return (
            user is not None
            and not user.disabled
            and (user.role, user.jurisdiction) == (actor.role, actor.jurisdiction)
        )

    async def end(self, token: str) -> None:
        """Sign out."""
        await Session.filter(id=_id(token)).delete()

    async def end_all(self, username: str) -> int:
        """End every session of a person; how many there were."""
        return await Session.filter(username=username).delete()

    async def purge(self) -> int:
        """Delete the rows of sessions that are over; how many there were."""
        now = self._clock()
        return (
            await Session.filter(expires_at__lte=now).delete()
            + await Session.filter(last_seen_at__lte=now - IDLE - SEEN_EVERY).delete()
        )

    async def _live(self, session_id: str) -> Session | None:
        now = self._clock()
        return await Session.get_or_none(id=session_id, expires_at__gt=now, last_seen_at__gt=now - IDLE)


def csrf_of(token: str) -> str:
    """The session's form token: derived from the cookie's, so nothing is stored and neither gives the other away."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def csrf_matches(token: str, given: str) -> bool:
    """Whether `given` is the session's form token; constant time."""
    return hmac.compare_digest(csrf_of(token).encode(), given.encode())


def _id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
