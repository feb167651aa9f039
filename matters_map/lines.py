"""One line of an agreed list, with the values as people wrote them in the sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

# A remark with one of these words says that the line only shows the way (sheets without a column 仅导办).
GUIDE_ONLY_WORDS = ("仅导办", "仅作引导")


@dataclass(frozen=True)
class LineMember:
    """A jurisdiction that decides this matter, and what the matter is called there."""

    code: str
    basic_code: str
    implement_code: str


@dataclass(frozen=True)
class Line:
    """One line; limits are working days, list fields (materials, delivery, contact) are separated by `;`."""

    seq: int
    matter_name: str
    sub_item: str | None
    matter_type: str
    service_object: str
    department: str
    local_basic_code: str
    local_implement_code: str
    partner_basic_code: str
    partner_implement_code: str
    mode: str
    direction: str
    statutory_days: int
    promised_days: int
    instant: str
    materials: str
    result_name: str
    result_delivery: str
    fee: str
    contact_window: str
    remarks: str | None
    members: tuple[LineMember, ...]
    form: str
    guide_only: bool
    joint: Mapping[str, Any] | None = None  # how several places share the case out, see joint.py
    duties: Mapping[str, str] | None = None  # who does what otherwise than the mode says, see duties.py

    @classmethod
    def from_row(
        cls,
        row: Mapping[str, Any],
        members: Sequence[LineMember],
        form: str,
        joint: Mapping[str, Any] | None = None,
        duties: Mapping[str, str] | None = None,
    ) -> "Line":
        """A line from a row of `spreadsheet.read_list`.

        `guide_only` is the column 仅导办 where the sheet has one. Where it has none, the remark decides: a line that
        says 仅导办 or 仅作引导 there is guide only, any other is not.
        """
        known = {field.name for field in fields(cls)} - {"members", "form", "guide_only", "joint", "duties"}
        guide_only = row.get("guide_only")
        if guide_only is None:
            guide_only = any(word in (row.get("remarks") or "") for word in GUIDE_ONLY_WORDS)
        values = {name: row[name] for name in known}
        return cls(**values, members=tuple(members), form=form, guide_only=guide_only, joint=joint, duties=duties)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Line":
        """The line that `to_json` wrote."""
        values = {**value, "members": tuple(LineMember(**member) for member in value["members"])}
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The line as it stands in a signed list: the columns of the sheet, members, form, guide_only; joint and duties
        where it has them, so that the text of a list without them stays what was signed.
        """
        values = {**asdict(self), "members": [asdict(member) for member in self.members]}
        own = {name: values.pop(name) for name in ("joint", "duties")}
        return values | {name: value for name, value in own.items() if value is not None}
