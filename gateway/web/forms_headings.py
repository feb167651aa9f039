"""The headings of a form, the same for entering, reading and printing it."""

from collections.abc import Iterable

# key, heading, properties of the document under it; the one without properties takes what no other names
HEADINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("applicant", "申请人", ("applicant",)),
    ("content", "申请内容", ()),
    ("agent", "代办", ("byAgent", "agent")),
    ("materials", "申请材料", ("materials",)),
    ("delivery", "结果领取", ("delivery",)),
    ("consent", "个人信息处理告知", ("consent",)),
)
_NAMED = {part for _, _, parts in HEADINGS for part in parts}


def headed(parts: Iterable[str]) -> list[tuple[str, str, list[str]]]:
    """(key, heading, properties under it in their order) for those headings that have any of `parts`."""
    present = list(parts)
    found = [
        (key, title, [part for part in present if part in named or (not named and part not in _NAMED)])
        for key, title, named in HEADINGS
    ]
    return [heading for heading in found if heading[2]]
