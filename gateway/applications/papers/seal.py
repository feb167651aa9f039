"""The port for an electronic seal. Nobody implements it here: a paper says plainly that it bears none."""

from typing import Protocol


class ElectronicSeal(Protocol):
    """A seal service of the province (GB/T 38540): takes the finished PDF and gives it back with the office's seal on it.

    Whoever implements it hands it to the press. The key is the service's; nothing here draws a seal.
    """

    name: str  # of the seal, as the paper names it

    def seal(self, pdf: bytes, *, office: str, paper: str) -> bytes:
        """The PDF with the seal of an office (its code) on the paper of that number. Raises SealRefused."""


class SealRefused(Exception):
    """The seal service did not seal; the paper is not issued as sealed. The text says why."""
