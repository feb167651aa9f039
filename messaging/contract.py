"""The contract's table of message types, and the check of a message's data against its schema."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind, Validator

VERSION = 1  # the only version of every type so far
PREFIX = "cn.tongban."
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
HOME = Path(__file__).with_name("contracts")
PARTS = "urn:tongban:schema:parts:v1"
Finding = tuple[str, str]  # (JSON Pointer into data, JSON Schema keyword or "unknown")


@dataclass(frozen=True)
class MessageType:
    """One thing that can be said."""

    name: str  # short name, as `application.accepted`
    from_role: str  # who may say it: origin | handler | both
    changes_state: bool  # has an effect on a leg, an agreement or a matter beyond being shown
    meaning: str  # for the documentation, in Chinese
    numbered: bool = True  # counts in its conversation

    @property
    def blocks(self) -> bool:
        """Does its conversation wait while it is parked? What changes no state never blocks."""
        return self.numbered and self.changes_state

    @property
    def full_name(self) -> str:
        """As it stands in an envelope's `type`."""
        return full_name(self.name)


class Said(Protocol):
    """Anything that has a message type's short name."""

    @property
    def type(self) -> str: ...


def _table(*rows: MessageType) -> Mapping[str, MessageType]:
    return MappingProxyType({row.name: row for row in rows})


KNOWN: Mapping[str, MessageType] = _table(
    MessageType("application.submitted", "origin", True, "收件地把办件转给业务属地"),
    MessageType("application.supplemented", "origin", True, "收件地转来补正的内容和材料"),
    MessageType("application.withdrawn", "origin", True, "申请人申请撤回，是否同意由业务属地决定"),
    MessageType("application.urged", "origin", False, "收件地催办"),
    MessageType("application.rated", "origin", False, "申请人对办理方的评价，不含文字和个人信息"),
    MessageType("application.accepted", "handler", True, "业务属地受理，并承诺办结日期"),
    MessageType("application.declined", "handler", True, "业务属地不予受理，说明理由、依据和应找的机关"),
    MessageType("supplement.requested", "handler", True, "业务属地一次告知应补正的全部内容，或退回窗口更正"),
    MessageType("procedure.suspended", "handler", True, "进入听证、检验等特别程序，期间不计入办理时限"),
    MessageType("procedure.resumed", "handler", True, "特别程序结束，时限继续计算"),
    MessageType("limit.extended", "handler", True, "经批准延长办理期限"),
    MessageType("application.decided", "handler", True, "业务属地办结：准予、不予、终止，或逾期未补正"),
    MessageType("withdrawal.granted", "handler", True, "业务属地同意撤回"),
    MessageType("withdrawal.refused", "handler", True, "业务属地不同意撤回，继续办理"),
    MessageType("result.handed_over", "both", True, "结果已送达申请人"),
    MessageType("note.sent", "both", False, "两地窗口间的留言"),
    MessageType("original.moved", "both", False, "原件寄出、收到、退回或遗失"),
    MessageType("receipt", "both", False, "对收到的报文逐件回执：已存妥，以及各自的结果", numbered=False),
    MessageType("resend.requested", "both", False, "会话中缺少序号，请按原样重发", numbered=False),
    MessageType("agreement.proposed", "both", True, "提出一个清单版本，请对方确认"),
    MessageType("agreement.signed", "both", True, "清单确认人确认了这一版本"),
    MessageType("agreement.returned", "both", True, "退回这一版本，附逐行意见"),
    MessageType("agreement.ended", "both", True, "协议终止"),
    MessageType("matter.suspended", "both", True, "暂停办理一个事项"),
    MessageType("matter.resumed", "both", True, "恢复办理一个事项"),
)


def full_name(name: str, version: int = VERSION) -> str:
    """`application.accepted` -> `cn.tongban.application.accepted.v1`."""
    return f"{PREFIX}{name}.v{version}"


def schema_urn(name: str, version: int = VERSION) -> str:
    """An envelope's `dataschema`."""
    return f"urn:tongban:schema:{name}:v{version}"


def blocks(said: Said) -> bool:
    """Does the conversation wait while this message is parked? A type that we do not know never blocks."""
    known = KNOWN.get(said.type)
    return known is not None and known.blocks


def check(type_: str, data: Any) -> list[Finding]:
    """What is wrong with the data of a message of a known type (short name), as receivers check it; [] when nothing.

    Findings are (JSON Pointer into data, JSON Schema keyword), all at once; no value is ever in them. A missing member
    is named by its own pointer. Members that the contract does not know are let pass. Raises KeyError for a type that
    is not in KNOWN.
    """
    found = [finding for error in _validator(type_).iter_errors(data) for finding in _findings(error)]
    return list(dict.fromkeys(found))


def check_outgoing(type_: str, data: Any) -> list[Finding]:
    """As `check`, and also refuses members of data that the contract does not name (code `unknown`)."""
    known = _members(type_)
    extra = [name for name in data if name not in known] if isinstance(data, dict) else []
    return check(type_, data) + [("/" + _escaped(name), "unknown") for name in extra]


def day(text: str) -> date:
    """The Asia/Shanghai day of a date or a time, both as the contract writes them. ValueError for anything else."""
    if "T" not in text:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(SHANGHAI).date()


def schema(type_: str) -> dict[str, Any]:
    """The JSON Schema of a type's data. Raises KeyError for a type that is not in KNOWN."""
    return _read(f"{KNOWN[type_].name}.schema.json")


def parts() -> dict[str, Any]:
    """The JSON Schema of what several types share."""
    return _read("parts.json")


def example(type_: str) -> dict[str, Any]:
    """Valid data of a type, of invented people. Raises KeyError for a type that is not in KNOWN."""
    return _read(f"examples/{KNOWN[type_].name}.json")


@cache
def _text(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(_text(name))
    return value


@cache
def _members(type_: str) -> frozenset[str]:
    return frozenset(schema(type_)["properties"])


@cache
def _validator(type_: str) -> Validator:
    shared = Registry([(PARTS, _whole_numbers(parts()))])
    return Draft202012Validator(
        _whole_numbers(schema(type_)),
        registry=shared,
        offline=True,
        validate_formats=True,
        keywords={"x-whole": _Whole},
    )


class _Whole:
    """JSON Schema takes 1.0 for an integer; here it is none, because it would be read as a float."""

    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]) -> None:
        """Nothing to keep: the keyword has no setting."""

    def validate(self, instance: Any) -> None:
        """Raises ValueError for a float."""
        if isinstance(instance, float):
            raise ValueError


def _whole_numbers(node: Any) -> Any:
    """A copy of a schema in which every `integer` also means: written as one."""
    if isinstance(node, list):
        return [_whole_numbers(part) for part in node]
    if not isinstance(node, dict):
        return node
    copy = {name: _whole_numbers(part) for name, part in node.items()}
    kinds = copy.get("type")
    if kinds == "integer" or (isinstance(kinds, list) and "integer" in kinds):
        copy["x-whole"] = True
    return copy


def _findings(error: ValidationError) -> Iterator[Finding]:
    """One error as findings; of alternatives only the one that was meant is told."""
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.AnyOf):
        meant = [branch for branch in kind.context if not _other_type(branch, error.instance_path)]
        if len(meant) == 1:
            for inner in meant[0]:
                yield from _findings(inner)
            return
    pointer = "".join("/" + _escaped(str(part)) for part in error.instance_path)
    if isinstance(kind, ValidationErrorKind.Required):
        yield f"{pointer}/{_escaped(kind.property)}", "required"
    else:
        yield pointer, "type" if kind.name == "x-whole" else kind.name


def _other_type(branch: list[ValidationError], at: list[str | int]) -> bool:
    return any(inner.kind.name == "type" and inner.instance_path == at for inner in branch)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
