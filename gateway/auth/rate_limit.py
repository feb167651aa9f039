"""Rate limits: token buckets in this process, per account, address and client."""

import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 20_000  # buckets; the longest unused go first, and a full bucket forgets nothing


class TooMany(Exception):
    """Too many requests; again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class RateLimit:
    """`burst` at once, then `per_second`. Each process counts for itself."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take one; raises TooMany."""
        self._settle(key, cost=1)

    def look(self, key: str) -> None:
        """Raise TooMany when nothing is left, without taking."""
        self._settle(key, cost=0)

    def _settle(self, key: str, *, cost: int) -> None:
        now = self._clock()
        left, at = self._buckets.pop(key, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        short = left < 1
        self._buckets[key] = (left if short else left - cost, now)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        if short:
            raise TooMany(max(1, round((1 - left) / self._rate + 0.5)))


class Limits:
    """The limits of the doors, one line each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.sign_in_account = RateLimit(1 / 6, 10, clock)  # failures only; beside the lock after five
        self.sign_in_address = RateLimit(1, 60, clock)  # failures only: a whole window hall may share an address
        self.token_client = RateLimit(2, 60, clock)  # tokens asked for, right or wrong
        self.bad_token_address = RateLimit(20, 400, clock)  # requests with a token or secret that is no good
        self.progress_number = RateLimit(1 / 360, 10, clock)  # wrong codes for one number: ten, then ten an hour
        self.client = RateLimit(4000, 8000, clock)  # requests of one program: far above a province's load
        self.paper_check_address = RateLimit(0.5, 30, clock)  # whether a paper is genuine, asked by anybody
