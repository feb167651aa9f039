"""How long to wait before trying again: pure tables."""

from datetime import timedelta

RESEND = (60, 300, 900, 3600)  # seconds until the same bytes go again to a partner that gave no receipt
REFUSED = (1, 2, 5, 10, 15)  # seconds after the bus refused
GAP_FIRST, GAP_MOST = 5, 300  # seconds before a missing number is asked for, doubling
TELL_AFTER = timedelta(seconds=5)  # held or parked is told to the sender only after this
APPLY_TRIES = 5  # times that an unexpected fault may hit one message before it is parked
APPLY_AGAIN = (1, 2, 5, 15)  # seconds between those tries


def _step(table: tuple[int, ...], tries: int) -> timedelta:
    return timedelta(seconds=table[min(max(tries, 1), len(table)) - 1])


def resend_delay(attempts: int) -> timedelta:
    """Wait after the `attempts`-th confirmed send (1 = first)."""
    return _step(RESEND, attempts)


def refused_delay(attempts: int) -> timedelta:
    """Wait after the `attempts`-th refusal by the bus."""
    return _step(REFUSED, attempts)


def apply_delay(attempts: int) -> timedelta:
    """Wait after the `attempts`-th unexpected fault while applying."""
    return _step(APPLY_AGAIN, attempts)


def gap_delay(asks: int) -> timedelta:
    """Wait before the next request for a missing number, after `asks` requests: 5 s, doubling to 5 min."""
    return timedelta(seconds=min(GAP_FIRST * 2**asks, GAP_MOST))
