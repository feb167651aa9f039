"""What a page shows of a personal value: enough to recognise it, not enough to use it."""

import re
from collections.abc import Callable

from gateway.applications.views import masked_id, masked_name, masked_phone

TOWN = re.compile(r".*?(?:[镇乡]|街道)|.*?[县区市]")


WORKERS = frozenset({"clerk", "officer", "partner_operator"})


def names_in_full(role: str | None) -> bool:
    """Those who work on the case see names and what people wrote; others see them masked."""
    return role in WORKERS


def for_role(role: str | None) -> Callable[[str, str], str]:
    """(kind, value) -> what this role sees of it."""
    full = names_in_full(role)
    return lambda kind, value: value if kind == "name" and full else mask(kind, value)


def bank(value: str) -> str:
    """The last four digits."""
    return "*" * max(len(value) - 4, 0) + value[-4:] if len(value) > 4 else "*" * len(value)


def address(value: str) -> str:
    """Down to the town: 湖北省随州市随县测试镇虚构路1号 -> 湖北省随州市随县测试镇***."""
    found = TOWN.match(value)
    return (found[0] if found else value[:2]) + "***" if value else ""


MASKS = {"id_number": masked_id, "phone": masked_phone, "name": masked_name, "bank": bank, "address": address}


def mask(kind: str, value: str) -> str:
    """`value` masked as its kind (id_number, phone, name, bank, address) asks; an unknown kind is hidden whole."""
    return MASKS[kind](value) if kind in MASKS else "***"
