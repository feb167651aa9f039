"""Seeded points at which this process kills itself, so that tests can prove what survives. Unarmed, they do nothing."""

import os
import random
import signal

_dice: random.Random | None = None
_rate = 0.0
_only = ""


def arm(setting: str) -> None:
    """`seed:rate[:point]`, as in TONGBAN_FAULTS; rate is the chance at each passage, point limits it to one name."""
    global _dice, _rate, _only
    seed, rate, *only = setting.split(":")
    _dice, _rate, _only = random.Random(int(seed)), float(rate), only[0] if only else ""  # noqa: S311


def fault(point: str) -> None:
    """A place where the process may die, by kill -9 of itself, when armed."""
    if _dice is not None and (not _only or _only == point) and _dice.random() < _rate:
        os.write(2, f"fault {point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
