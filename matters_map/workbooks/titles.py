"""What people call the columns: synonyms of each title, and titles in two layers."""

import re
import unicodedata
from collections.abc import Mapping

from matters_map.columns import COLUMNS, EXTRAS, Column

BY_NAME: Mapping[str, Column] = {column.name: column for column in (*COLUMNS, *EXTRAS)}

_ALIASES = {
    "seq": "编号 项号 序 NO NO. 行号",
    "matter_name": "事项 事项名 政务服务事项名称 通办事项 通办事项名称 服务事项名称 主项名称",
    "sub_item": "子项 业务办理项 业务办理项名称 办理项名称",
    "matter_type": "类型 事项类别 权力类型 职权类型",
    "service_object": "办理对象 申请人类型 面向对象 服务对象类型",
    "department": "部门 实施主体 主管单位 责任部门 实施部门 承办部门 责任单位",
    "local_basic_code": "本方基本编码 本县基本编码 我方基本编码 国家基本编码 事项基本编码",
    "local_implement_code": "本方实施编码 本县实施编码 我方实施编码",
    "partner_basic_code": "协作方基本编码 对口基本编码 对方事项基本编码",
    "partner_implement_code": "协作方实施编码 对口实施编码 对方事项实施编码",
    "mode": "办理模式 办理方式 通办方式 通办类型 模式",
    "direction": "通办方向 收件方向 方向",
    "statutory_days": "法定时限 法定办结时限 法定期限 法定办理时限 办理时限/法定 办理时限/法定时限 时限/法定 办结时限/法定",
    "promised_days": "承诺时限 承诺办结时限 承诺期限 承诺办理时限 办理时限/承诺 办理时限/承诺时限 时限/承诺 办结时限/承诺",
    "instant": "即办 即办件 是否即办件 是否即时办结",
    "materials": "材料 所需材料 申报材料 材料清单 申请材料清单 所需申请材料",
    "result_name": "办理结果 结果 办结结果 结果样本名称 证照名称",
    "result_delivery": "送达方式 结果送达 结果领取方式 领取方式 取件方式",
    "fee": "收费 费用 收费标准及依据 收费情况",
    "contact_window": "联系方式 窗口 联系电话 咨询电话 窗口及电话 办理窗口",
    "remarks": "说明 备注说明 其他 注",
    "guide_only": "是否仅导办 导办",
    "effective_from": "起始日期 开始日期 实施日期 生效时间",
    "effective_to": "终止日期 截止日期 到期日期 失效时间 有效期至",
}
_LONGEST = 100  # characters of a title
# A title that promises something else than the column holds: it is read all the same, and said more loudly.
MISLEADING = {"是否收费": ("fee", "列名“是否收费”与内容（收费标准）不符")}
# What stands beside the name of a place in a title of two layers.
CODE_GROUPS = {
    "实施编码": "implement_code",
    "事项实施编码": "implement_code",
    "基本编码": "basic_code",
    "事项基本编码": "basic_code",
}


def folded(title: object) -> str:
    """A title without what people write differently: width, white space, marks of a required column, units."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", "" if title is None else str(title)))
    return re.sub(r"[*:]|\((?:必填|选填|可选|工作日|单位:?工作日|个工作日)\)", "", text)


_WHOSE = {"local": "本地 本方 本县 我方 甲方", "partner": "对方 协作方 对口 乙方"}
_LAYERED = {
    layers: f"{side}_{code}"
    for side, words in _WHOSE.items()
    for whose in words.split()
    for kind, code in CODE_GROUPS.items()
    for layers in (f"{whose}/{kind}", f"{kind}/{whose}")
}
_BY_TITLE = {
    **{folded(alias): name for name, aliases in _ALIASES.items() for alias in aliases.split()},
    **{title: name for title, (name, _) in MISLEADING.items()},
    **_LAYERED,
    **{folded(title): column.name for column in BY_NAME.values() for title in (column.zh, column.name)},
}


def column_of(title: object) -> str | None:
    """The name of the column with this title, a synonym of it, or `upper/lower`; None when nobody knows it."""
    text = str(title)
    return _BY_TITLE.get(folded(text)) if len(text) <= _LONGEST else None


def exact(title: object, name: str) -> bool:
    """Is this the title of the template (or the name of the column in programs)?"""
    column = BY_NAME[name]
    return str(title).strip() in (column.zh, column.name)


def aliases_of(name: str) -> list[str]:
    """Other titles that are read as this column."""
    misleading = [title for title, (column, _) in MISLEADING.items() if column == name]
    return [*_ALIASES.get(name, "").split(), *misleading]
