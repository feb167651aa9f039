"""Every code that a finding can bear: how grave it is, what it means, and what is repaired by itself."""

from typing import NamedTuple

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)  # gravest first
ASK = "人工确认"  # expected, when no machine may decide it


class Kind(NamedTuple):
    """`severities`: the usual one first. `means` is what the finding says when it has nothing closer to say."""

    severities: tuple[str, ...]
    means: str
    repair: str = ""  # what is proposed; empty: a person has to mend it, or nothing needs mending


_E, _W, _I = (ERROR,), (WARNING,), (INFO,)

CODES = {
    "BAD_FILE": Kind(_E, "文件不能读取"),
    # where things stand in the sheet
    "TITLE_ROW": Kind(_I, "标题行，不是表头", "跳过"),
    "PREAMBLE_ROW": Kind(_I, "填报说明行，不是事项", "跳过"),
    "SECTION_ROW": Kind(_I, "分组标题行，不是事项", "跳过"),
    "REPEATED_HEADER": Kind(_I, "重复的表头，不是事项", "跳过"),
    "BLANK_ROW": Kind(_I, "清单中间的空行", "跳过"),
    "TOTAL_ROW": Kind(_I, "合计行，不是事项", "跳过"),
    "FOOTNOTE_ROW": Kind(_I, "表尾注释行，不是事项", "跳过"),
    "MERGED_HEADER": Kind(_I, "双层表头，上下两层合起来读", "两层拼成一个列名"),
    "MERGED_DATA": Kind(_I, "纵向合并的单元格", "向下填充"),
    "HEADER_ALIAS": Kind((INFO, WARNING), "列名与标准模板不同", "按同义列名读取"),
    "COLUMN_ORDER": Kind(_I, "列顺序与标准模板不同，按列名读取", "按列名读取"),
    "HIDDEN_COLUMN": Kind(_W, "列被隐藏，仍会导入", "照常读取"),
    "HIDDEN_ROW": Kind(_W, "行被隐藏，仍会导入", "照常读取"),
    "HIDDEN_SHEET": Kind(_W, "隐藏的工作表里也有清单，没有导入"),
    "OTHER_SHEET": Kind((INFO, WARNING), "另有工作表，没有导入"),
    "UNKNOWN_COLUMN": Kind(_W, "不认识的列，内容不会导入"),
    "MISSING_COLUMN": Kind((WARNING, ERROR), "缺少列", "能由其他列推出的，推出；推不出的阻止导入"),
    "DUPLICATE_COLUMN": Kind(_E, "同一列出现两次"),
    "NO_HEADER": Kind(_E, "没有找到表头"),
    "NO_ROWS": Kind(_E, "表头下面没有任何事项"),
    "ROW_SHIFTED": Kind(_E, "整行内容左右错位，与表头对不上"),
    # any cell
    "FORMULA_CELL": Kind(_E, "公式单元格，不求值；请改为公式的结果（选择性粘贴为数值）"),
    "FORMULA_PREFIX": Kind(_W, "以 = + - @ 开头，导出后有公式注入风险", "去掉开头的符号"),
    "REQUIRED_EMPTY": Kind(_E, "必填项为空"),
    "EMPTY_MARK": Kind(_W, "用符号表示没有内容", "视为空"),
    "TEXT_CONTROL": Kind(_W, "含有不可见的控制字符", "去掉"),
    "TEXT_WHITESPACE": Kind(_W, "首尾有空格", "去掉"),
    "TEXT_TOO_LONG": Kind(_E, "超过 4000 字"),
    "TEXT_NUMBER": Kind(_W, "应为文本，单元格里是数字或日期", "照显示的写成文本"),
    "BAD_JSON": Kind(_E, "不是本系统导出的格式"),
    # names
    "NAME_LINEBREAK": Kind(_W, "名称内有换行或“（续）”字样", "去掉"),
    "NAME_WHITESPACE": Kind(_W, "名称内有空格（含全角、不换行空格）", "去掉"),
    "NAME_BRACKET_WIDTH": Kind(_W, "括号全角/半角与目录不一致，对照时视为同名", "改为一致"),
    # words to choose from
    "ENUM_WHITESPACE": Kind(_W, "规定用语中有空格", "去掉"),
    "ENUM_SYNONYM": Kind(_W, "不是规定用语", "改为同义的规定用语"),
    "ENUM_UNKNOWN": Kind(_E, "不是规定用语，也不是已知的同义词"),
    # materials
    "MATERIAL_SEPARATOR": Kind(_W, "材料应以英文分号隔开，不写序号", "拆开并补上[电子证照]标记"),
    "MATERIAL_MARK": Kind(_W, "材料后的标记应写在半角方括号里", "改为半角方括号"),
    # codes
    "CODE_MISSING": Kind(_E, "编码缺失"),
    "CODE_WHITESPACE": Kind(_W, "编码内外有空格（含全角空格）", "去掉"),
    "FULLWIDTH_CODE": Kind(_W, "编码为全角字符", "改为半角"),
    "CODE_CASE": Kind(_W, "编码含小写字母", "改为大写"),
    "CODE_LEADING_ZERO": Kind(_W, "编码存为数字，前导零丢失", "补足 12 位"),
    "CODE_SCIENTIFIC": Kind(_E, "编码变成了科学计数法，后面的数字已丢失"),
    "CODE_LENGTH": Kind(_E, "编码位数不对"),
    "CODE_CHARSET": Kind(_E, "编码含不允许的字符"),
    "CODE_CHECK": Kind(_E, "实施编码前 18 位（统一社会信用代码）校验码不对"),
    "CODE_MISMATCH": Kind(_E, "基本编码与实施编码末 12 位不一致"),
    "REGION_NOT_LOCAL": Kind(_E, "本地实施编码的区划不是本地"),
    "REGION_LOCAL": Kind(_E, "对方实施编码的区划与本地相同"),
    "REGION_UNKNOWN": Kind(_E, "对方实施编码的区划不在现行区划表中"),
    "REGION_NOT_PARTNER": Kind(_E, "对方实施编码的区划不是协议成员"),
    "MEMBERS_MISSING": Kind(_E, "“成员编码”表与清单对不上"),
    # limits
    "FULLWIDTH_DIGIT": Kind(_W, "全角数字", "改为半角数字"),
    "DAYS_TEXT": Kind(_W, "时限写为文字", "改为数字"),
    "DAYS_AMBIGUOUS": Kind(_E, "时限不能取单一的工作日数"),
    "DAYS_DATE": Kind(_E, "时限处是日期（常由“3-5”自动变成）"),
    "PROMISED_GT_STATUTORY": Kind(_E, "承诺时限长于法定时限"),
    "INSTANT_CONFLICT": Kind(_E, "是否即办与承诺时限矛盾"),
    # dates
    "DATE_SERIAL": Kind(_W, "日期为未设格式的 Excel 序列号", "换算为日期"),
    "DATE_TEXT": Kind((WARNING, ERROR), "日期写法不规范", "改为 2026-01-01 的写法"),
    "DATE_AMBIGUOUS": Kind(_E, "日期有歧义"),
    "DATE_INVALID": Kind(_E, "不是日期，或没有这一天"),
    "DATE_ORDER": Kind(_E, "失效日期早于生效日期"),
    # the list as a whole
    "SEQ_NOT_INTEGER": Kind(_W, "序号不是整数", "按次序编号"),
    "SEQ_DUPLICATE": Kind(_W, "序号重复", "按次序编号"),
    "DUPLICATE_ROW": Kind(_E, "与前面的行重复"),
    "DUPLICATE_CODE": Kind(_E, "同一事项编码在前面已经出现"),
    "ROW_COUNT": Kind(_E, "行数与协议约定不符"),
}  # fmt: skip
