"""The life of a list version, as tables: what may be done in which state, and what time alone does. Pure.

A version is decided by the moments of its signatures, as each signer said them, never by when they arrived: so two
counties that have the same signatures have the same list in force, however slow the line between them was.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType


class State(StrEnum):
    """States of a version."""

    PROPOSED = "proposed"  # 待各方确认: its text does not change any more
    RETURNED = "returned"  # 已退回: a party wants something otherwise; what comes next is another version
    SIGNED = "signed"  # 已确认: all parties confirmed it in time, its minute has not come
    IN_FORCE = "in_force"  # 生效中
    SUPERSEDED = "superseded"  # 已被新版本替代
    ENDED = "ended"  # 已终止, or lapsed: not all had confirmed it when its minute came


TEXT: Mapping[str, str] = MappingProxyType(
    {
        "draft": "草稿",
        State.PROPOSED: "待各方确认",
        State.RETURNED: "已退回",
        State.SIGNED: "已确认，待生效",
        State.IN_FORCE: "生效中",
        State.SUPERSEDED: "已被新版本替代",
        State.ENDED: "已终止",
        "suspended": "暂停",
    }
)
# What is done -> the states in which it counts. In any other it is recorded and changes nothing.
COUNTS: Mapping[str, frozenset[State]] = MappingProxyType(
    {
        "sign": frozenset(
            {State.PROPOSED, State.ENDED}
        ),  # of an ended one: it lapsed, and was signed in time after all
        "return": frozenset({State.PROPOSED}),
        "end": frozenset({State.SIGNED, State.IN_FORCE}),
    }
)
LIVE = frozenset({State.SIGNED, State.IN_FORCE, State.SUPERSEDED})


@dataclass(frozen=True)
class Standing:
    """A version as its rows say. `signed`: party -> the moment at which it signed; `lapsed`: it ended unsigned."""

    version: int
    state: State
    effective_from: datetime
    parties: frozenset[str]
    effective_to: datetime | None = None
    signed: Mapping[str, datetime] = field(default_factory=dict)
    lapsed: bool = False

    @property
    def missing(self) -> frozenset[str]:
        """Who has not signed."""
        return self.parties - self.signed.keys()

    @property
    def in_time(self) -> bool:
        """Have all parties signed before its minute?"""
        return not self.missing and max(self.signed.values()) < self.effective_from

    @property
    def waits(self) -> bool:
        """Is it open between the parties?"""
        return self.state is State.PROPOSED


def settled(versions: Sequence[Standing], now: datetime) -> list[Standing]:
    """All versions of an agreement as they stand now; those that time and signatures leave alone come back the same.

    Taking effect ends the version before it at that very instant: there is neither a gap nor an overlap.
    """
    found = [_by_signatures(one, now) for one in sorted(versions, key=lambda one: one.version)]
    live = sorted(
        (one for one in found if one.state in LIVE and one.effective_from <= now),
        key=lambda one: (one.effective_from, one.version),
    )
    followed = {one.version: after.effective_from for one, after in pairwise(live)}
    return [_by_time(one, followed.get(one.version), now) for one in found]


def _by_signatures(one: Standing, now: datetime) -> Standing:
    unsettled = one.state is State.PROPOSED or (one.state is State.ENDED and one.lapsed)
    if not unsettled:
        return one
    if one.in_time:
        return replace(one, state=State.SIGNED, effective_to=None, lapsed=False)
    late = not one.missing or any(at >= one.effective_from for at in one.signed.values())
    if late and one.state is State.PROPOSED:
        return replace(one, state=State.ENDED, effective_to=one.effective_from, lapsed=True)
    return one


def _by_time(one: Standing, followed_at: datetime | None, now: datetime) -> Standing:
    if one.state not in LIVE or one.effective_from > now:
        return one
    if followed_at is not None:
        ends = followed_at if one.effective_to is None else min(one.effective_to, followed_at)
        return replace(one, state=State.SUPERSEDED, effective_to=ends)
    if one.state is State.SUPERSEDED:
        return one
    over = one.effective_to is not None and one.effective_to <= now
    return replace(one, state=State.ENDED if over else State.IN_FORCE)


def too_late(one: Standing, now: datetime) -> bool:
    """Has its minute passed while a party's word is missing? One that was signed in time may still be on its way."""
    return one.state is State.PROPOSED and one.effective_from <= now


def gives_way(home: str, partner: str) -> bool:
    """Two counties gave the same number to two texts: is it ours that gives way? Both sides answer alike, whenever they
    hear of it and whatever became of theirs meanwhile: the smaller code's text bears the number.
    """
    return partner < home


def next_version(versions: Collection[int]) -> int:
    """The number of the next proposal."""
    return max(versions, default=0) + 1
