"""Cells that hold one word, or several, of those that are laid down."""

import re
from collections.abc import Mapping
from typing import Any

from matters_map.columns import Column
from matters_map.matters import DELIVERIES, DIRECTIONS, MODES
from matters_map.workbooks import repairs
from matters_map.workbooks.finding import Said
from matters_map.workbooks.surroundings import Reading, Surroundings
from matters_map.workbooks.texts import as_text

_YES_NO = ("是", "否")
TYPES = (
    *("行政许可", "行政处罚", "行政强制", "行政征收", "行政给付", "行政检查", "行政确认", "行政奖励", "行政裁决"),
    *("其他行政权力", "公共服务"),
)
WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": tuple(MODES),
    "direction": tuple(DIRECTIONS),
    "instant": _YES_NO,
    "guide_only": _YES_NO,
    "result_delivery": tuple(DELIVERIES),
    "service_object": ("自然人", "法人", "其他组织"),
    "matter_type": TYPES,
}
_SAME = {
    "mode": {
        "全程网办": "全程网上办 全程网上办理 网上办 网办 全程在线办理 全网通办",
        "异地代收代办": "代收代办 异地代办 异地代收 代收代办模式 收件代办",
        "多地联办": "联办 多地联合办理 多地联合办 两地联办 多地联动办理",
    },
    "direction": {
        "双向": "双向办理 双向互办 互办 双方互办 双向通办 双向收件",
        "仅本地收件": "本地收件 仅本地 单向(本地收件) 仅我方收件 我方收件",
        "仅对方收件": "对方收件 仅对方 单向(对方收件) 仅协作方收件",
    },
    "instant": {"是": "√ ✓ ✔ Y YES TRUE 1 即办 即办件 有 ☑", "否": "× ✗ X N NO FALSE 0 承诺件 非即办 无 ☐"},
    "result_delivery": {
        "电子证照": "电子 电子证书 网上下载 自行下载 在线获取 电子送达",
        "窗口自取": "自取 窗口领取 窗口 现场领取 现场自取 自行领取",
        "邮寄": "快递 邮寄送达 EMS 寄递 物流",
    },
    "service_object": {
        "自然人": "个人 公民 群众 居民 自然人(个人)",
        "法人": "企业 单位 企业法人 法人单位 机构 企事业单位",
        "其他组织": "非法人组织 非法人",
    },
    "matter_type": {
        "行政许可": "许可 许可类",
        "行政确认": "确认 确认类",
        "行政给付": "给付",
        "其他行政权力": "其他权力 其他类 其他 其他行政职权",
        "公共服务": "服务 公共服务类 公共服务事项",
    },
}
_SAME["guide_only"] = {"是": "√ ✓ ✔ Y YES TRUE 1 ☑ 仅导办", "否": "× ✗ X N NO FALSE 0 ☐"}
SYNONYMS = {
    name: {synonym: word for word, synonyms in words.items() for synonym in synonyms.split()}
    for name, words in _SAME.items()
}
_BETWEEN = re.compile(r"[;/、,\n和及+或|]+")


def word_of(name: str, text: str) -> str | None:
    """The word that is laid down for a text, or None."""
    key = repairs.without_space(repairs.half_width(text))
    return key if key in WORDS[name] else SYNONYMS[name].get(key.upper())


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """One word."""
    word = word_of(column.name, as_text(value) if not isinstance(value, str) else value)
    return _unknown(column) if word is None else Reading(word, _said(value, word))


def read_flag(value: Any, column: Column, around: Surroundings) -> Reading:
    """是 or 否, as a bool."""
    word, said = read(value, column, around)
    return Reading(None if word is None else word == "是", said)


def read_several(value: Any, column: Column, around: Surroundings) -> Reading:
    """Words with `;` between them, in the order of the cell."""
    text = as_text(value) if not isinstance(value, str) else value
    parts = [part for part in _BETWEEN.split(repairs.half_width(text)) if part.strip()]
    words = [word_of(column.name, part) for part in parts]
    known = [word for word in words if word]
    if not known or len(known) < len(words):
        return _unknown(column)
    joined = ";".join(dict.fromkeys(known))
    return Reading(joined, _said(value, joined))


def _said(value: Any, word: str) -> tuple[Said, ...]:
    if value == word:
        return ()
    if isinstance(value, str) and repairs.without_space(value) == word:
        return (Said("ENUM_WHITESPACE", word),)
    return (Said("ENUM_SYNONYM", word, f"应为“{word}”"),)


def _unknown(column: Column) -> Reading:
    allowed = "、".join(WORDS[column.name])
    return Reading(None, (Said("ENUM_UNKNOWN", allowed, f"“{column.zh}”应为：{allowed}"),))
