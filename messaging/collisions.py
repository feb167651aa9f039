"""Collisions: what two transactions did to each other, so that the one that lost was undone as a whole and may begin anew."""

from asyncpg import exceptions as postgres

TRIES = 4  # beginnings of one transaction
_DEADLOCKS = (postgres.DeadlockDetectedError, postgres.SerializationError)
_CAUSES = 5  # errors behind one another that are looked at


def collided(error: BaseException, *, doubles: bool = False) -> bool:
    """Was this transaction undone because another one was in its way? `doubles`: also by inserting the same row first.

    Nothing of it was kept; done again, it sees what the other one wrote.
    """
    kinds = (*_DEADLOCKS, postgres.UniqueViolationError) if doubles else _DEADLOCKS
    seen: BaseException | None = error
    for _ in range(_CAUSES):
        if seen is None or isinstance(seen, kinds):
            break
        seen = seen.__cause__
    return isinstance(seen, kinds)


def pause(again: int) -> float:
    """Seconds before the `again`-th new beginning (1 = first), short and growing."""
    return 0.01 * 3.0 ** (again - 1)
