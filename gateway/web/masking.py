"""What a page shows of a personal value: enough to recognise it, not enough to use it."""

import re

from gateway.applications.views import masked_id, masked_name, masked_phone

TOWN = re.compile(r".*?(?:[镇乡]|街道)|.*?[县区市]")


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
