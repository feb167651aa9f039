"""Identity and organisation codes and our case numbers: their shape and their check characters."""

import re
from datetime import date

# GB 11643-1999: first two digits of every province-level region that has issued numbers.
_PROVINCES = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"
PROVINCES = frozenset(_PROVINCES.split())
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_LOWER = re.compile(r"[1-9][0-9]{16}x")

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
_USCC_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")

_CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER_SHAPE = re.compile(r"[1-9][0-9]{20}[0-9A-Z]")


def raised(value: str) -> str:
    """The value with an ID number's last `x` made `X`; any other value as it is."""
    return value[:-1] + "X" if _ID_LOWER.fullmatch(value) else value


def birth_date(id_number: str) -> date | None:
    """Date of birth inside an 18-character ID number; None if the shape is wrong or there is no such day."""
    if not _ID_SHAPE.fullmatch(id_number):
        return None
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def valid_id_number(id_number: str) -> bool:
    """GB 11643-1999: 18 characters, a province that exists, a real date, MOD 11-2.

    The county is not checked: numbers were given out years after birth, under codes that were young then or are
    abolished now. Only a capital `X` is accepted; see `raised`.
    """
    if id_number[:2] not in PROVINCES or birth_date(id_number) is None:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, id_number[:17], strict=True))
    return _ID_CHECKS[total % 11] == id_number[17]


def valid_uscc(code: str) -> bool:
    """GB 32100-2015: 18 characters of the 31-letter alphabet, weights 3^i mod 31.

    The inner organisation code has a check of its own (GB 11714), which is left to the registrar.
    """
    if not _USCC_SHAPE.fullmatch(code):
        return False
    total = sum(_USCC_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    return _USCC_ALPHABET[-total % 31] == code[17]


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 check character over digits and capital letters. ValueError for anything else."""
    remainder = 36
    for letter in text:
        remainder = (remainder + _CHECK_ALPHABET.index(letter)) % 36 or 36
        remainder = remainder * 2 % 37
    return _CHECK_ALPHABET[(37 - remainder) % 36]


def valid_number(number: str) -> bool:
    """Is this a case number: 21 digits (home, yyyymmdd, source, six-digit sequence) and their check character?"""
    return bool(_NUMBER_SHAPE.fullmatch(number)) and check_character(number[:21]) == number[21]
