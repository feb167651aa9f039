"""The cell 申请材料: names with `;` between them, each with its marks."""

import re
from typing import Any

from matters_map.columns import Column
from matters_map.matters import split_list
from matters_map.workbooks import texts
from matters_map.workbooks.finding import Said
from matters_map.workbooks.surroundings import E_CERTIFICATE, Reading, Surroundings

_NUMBER = re.compile(r"(?:^|[、；;，,\s])\s*[(（]?\d{1,2}\s*[.．、)）](?!\d)\s*|[、；;，,\s]*[①-⑳]\s*")
_LONGEST_SPLIT = 1000  # characters
_BRACKETED = re.compile(r"[【［]([^】］]*)[】］]")
_OUTSIDE = r"(?![^(（]*[)）])"  # not inside round brackets


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """The list in its one form; a list that was split gets the marks that its materials bear elsewhere."""
    text, said = texts.read(value, column, around)
    if not isinstance(text, str):
        return Reading(text, said)
    marked = _BRACKETED.sub(r"[\1]", text)
    items = _items(marked, around)
    joined = marked if items is None else ";".join(_with_mark(item, around) for item in items)
    if items is not None and joined != marked:
        said = (*said, Said("MATERIAL_SEPARATOR", joined))
    elif marked != text:
        said = (*said, Said("MATERIAL_MARK", marked))
    return Reading(joined, said)


def _items(text: str, around: Surroundings) -> list[str] | None:
    """The materials of a list that is not written with `;`; None when it is, or when it is a single material."""
    if _NUMBER.match(text):
        parts = _NUMBER.split(text)
    elif re.search("[；\n]", text):
        parts = re.split("[;；\n]", text)
    elif ";" in text or not _several(text, around):
        return None
    else:
        parts = re.split(f"[、，,]{_OUTSIDE}", text)
    return [item for part in parts for one in split_list(part) if (item := one.strip(" 、，,；;。"))]


def _several(text: str, around: Surroundings) -> bool:
    """住所、经营场所证明 may be one material: split it only when a part is known to be one."""
    parts = re.split(f"[、，,]{_OUTSIDE}", text) if len(text) <= _LONGEST_SPLIT else []
    return len(parts) > 1 and any(part.strip().removesuffix(E_CERTIFICATE) in around.materials for part in parts)


def _with_mark(item: str, around: Surroundings) -> str:
    return item + E_CERTIFICATE if item in around.certified else item
