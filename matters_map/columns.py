"""The columns of an agreed list: their names, their titles in the sheet, and how a cell of each is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matters_map.matters import DELIVERIES, DIRECTIONS, MODES, split_list

_YES_NO = {"是": True, "否": False}
CHOICES = {"mode": tuple(MODES), "direction": tuple(DIRECTIONS), "yes_no": tuple(_YES_NO)}


@dataclass(frozen=True)
class Column:
    """`kind`: text, integer, mode, direction, delivery, yes_no (kept as written), flag (read as a bool), date or json."""

    name: str
    zh: str
    kind: str
    required: bool = True

    def read(self, value: Any, longest: int) -> tuple[str | None, Any]:
        """(problem, value): the problem is a Chinese predicate of the column's title, None if there is none."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return ("未填写" if self.required else None), (False if self.kind == "flag" else None)
        if self.kind == "integer":
            return _integer(value)
        if not isinstance(value, str):
            return "应为文本：数字格式会丢失编码开头的 0，请把单元格设为文本后重新填写", None
        text = value.strip()
        if len(text) > longest:
            return f"超过 {longest} 字", None
        return self._text(text)

    def _text(self, text: str) -> tuple[str | None, Any]:
        if self.kind == "flag":
            return (None, _YES_NO[text]) if text in _YES_NO else ("应填“是”或“否”", None)
        if self.kind == "delivery":
            wrong = not split_list(text) or any(way not in DELIVERIES for way in split_list(text))
            return (f"应为{_or(DELIVERIES)}，多种用英文分号隔开" if wrong else None), text
        allowed = CHOICES.get(self.kind)
        return (f"应为{_or(allowed)}" if allowed is not None and text not in allowed else None), text


def _or(words: Iterable[str]) -> str:
    return "、".join(f"“{word}”" for word in words)


def _integer(value: Any) -> tuple[str | None, int | None]:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value.strip()) < 6:
        return None, int(value.strip())
    whole = isinstance(value, float) and value.is_integer()
    if (whole or isinstance(value, int)) and not isinstance(value, bool) and 0 <= value < 100000:
        return None, int(value)
    return "应为不带单位的整数", None


COLUMNS = (
    Column("seq", "序号", "integer"),
    Column("matter_name", "事项名称", "text"),
    Column("sub_item", "子项名称", "text", required=False),
    Column("matter_type", "事项类型", "text"),
    Column("service_object", "服务对象", "text"),
    Column("department", "主管部门", "text"),
    Column("local_basic_code", "本地基本编码", "text"),
    Column("local_implement_code", "本地实施编码", "text"),
    Column("partner_basic_code", "对方基本编码", "text"),
    Column("partner_implement_code", "对方实施编码", "text"),
    Column("mode", "通办模式", "mode"),
    Column("direction", "办理方向", "direction"),
    Column("statutory_days", "法定时限(工作日)", "integer"),
    Column("promised_days", "承诺时限(工作日)", "integer"),
    Column("instant", "是否即办", "yes_no"),
    Column("materials", "申请材料", "text"),
    Column("result_name", "结果名称", "text"),
    Column("result_delivery", "结果送达方式", "delivery"),
    Column("fee", "收费标准", "text"),
    Column("contact_window", "联系窗口", "text"),
    Column("remarks", "备注", "text", required=False),
)
GUIDE_ONLY = Column("guide_only", "仅导办", "flag", required=False)  # not every list has it
# Columns that a workbook may have beside these: when a line holds, and what `exporting.py` writes so nothing is lost.
EXTRAS = (
    GUIDE_ONLY,
    Column("effective_from", "生效日期", "date", required=False),
    Column("effective_to", "失效日期", "date", required=False),
    Column("form", "表单", "text", required=False),
    Column("members", "成员编码", "json", required=False),
    Column("joint", "联办约定", "json", required=False),
    Column("duties", "办理分工", "json", required=False),
)
