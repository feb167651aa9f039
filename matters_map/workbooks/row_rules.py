"""Rules that look at several cells of one row; each is one small function, all stand in the table at the end."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from matters_map import regions
from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said
from matters_map.workbooks.known import Known

Values = Mapping[str, Any]
Told = Iterator[tuple[str, Said]]  # (name of the column, what is said)


def promised_longer(values: Values, known: Known) -> Told:
    """承诺时限 is never longer than 法定时限."""
    promised, statutory = values.get("promised_days"), values.get("statutory_days")
    if promised is not None and statutory is not None and promised > statutory:
        yield "promised_days", Said("PROMISED_GT_STATUTORY", ASK, f"承诺时限 {promised} 长于法定时限 {statutory}")


def instant_conflict(values: Values, known: Known) -> Told:
    """即办 is a promise of 0 working days, and nothing else is."""
    promised, instant = values.get("promised_days"), values.get("instant")
    if instant == "是" and promised:
        yield "promised_days", Said("INSTANT_CONFLICT", 0, f"标为即办但承诺 {promised} 个工作日")
    if instant == "否" and promised == 0:
        yield "instant", Said("INSTANT_CONFLICT", "是", "承诺时限为 0 但未标为即办")


def code_mismatch(values: Values, known: Known) -> Told:
    """The last twelve characters of an implement code are the base code."""
    for side in ("local", "partner"):
        basic, implement = values.get(f"{side}_basic_code"), values.get(f"{side}_implement_code")
        if basic and implement and basic != implement[-12:]:
            yield f"{side}_basic_code", Said("CODE_MISMATCH", implement[-12:])


def usual_region(rows: Sequence[Values]) -> str | None:
    """The region of nearly all local codes: home, for somebody who has only the file."""
    regions_of = Counter(code for values in rows if (code := _region(values, "local")))
    code, times = max(regions_of.items(), key=lambda one: one[1], default=(None, 0))
    return code if times * 4 > regions_of.total() * 3 else None


def local_region(values: Values, known: Known) -> Told:
    """Characters 3 to 8 of the local implement code are home's region."""
    code = _region(values, "local")
    if code and known.home and code != known.home:
        yield "local_implement_code", Said("REGION_NOT_LOCAL", known.home, f"区划 {code} 不是本地 {known.home}")


def partner_region(values: Values, known: Known) -> Told:
    """The partner's region exists, is not ours, and is a member of the agreement."""
    code, local = _region(values, "partner"), known.home or _region(values, "local")
    if not code:
        return
    if code == local:
        yield "partner_implement_code", Said("REGION_LOCAL", ASK, f"区划 {code} 与本地相同")
    elif code not in regions.in_use():
        yield "partner_implement_code", Said("REGION_UNKNOWN", ASK, f"区划 {code} 不在现行区划表中")
    elif known.members and code not in known.members:
        members = "、".join(regions.named(member) for member in sorted(known.members - {known.home}))
        why = f"区划 {regions.named(code)} 不是协议成员"
        yield "partner_implement_code", Said("REGION_NOT_PARTNER", members, why)


def date_order(values: Values, known: Known) -> Told:
    """A line does not end before it begins."""
    begins, ends = values.get("effective_from"), values.get("effective_to")
    if begins and ends and ends < begins:
        yield "effective_to", Said("DATE_ORDER", ASK, f"失效日期({ends})早于生效日期({begins})")


def _region(values: Values, side: str) -> str | None:
    code = values.get(f"{side}_implement_code")
    return code[2:8] if code else None


RULES: tuple[Callable[[Values, Known], Told], ...] = (
    promised_longer,
    instant_conflict,
    code_mismatch,
    local_region,
    partner_region,
    date_order,
)
