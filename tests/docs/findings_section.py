"""docs/coordinators.md: every finding, every word and every column title that the rules for lists know."""

from collections.abc import Iterator

from matters_map.columns import COLUMNS, EXTRAS
from matters_map.workbooks import choices, titles
from matters_map.workbooks.codes import CODES
from matters_map.workbooks.marking import SEVERITY_NAMES


def text() -> str:
    """The whole section."""
    return "\n".join([*_codes(), "", *_words(), "", *_titles(), ""])


def _codes() -> Iterator[str]:
    yield from ("| 代码 | 严重程度 | 意思 | 系统怎样处理 |", "|---|---|---|---|")
    for code, kind in CODES.items():
        severities = "或".join(SEVERITY_NAMES[severity] for severity in kind.severities)
        handled = kind.repair or ("阻止导入，由人改正" if "error" in kind.severities else "只提示")
        yield f"| `{code}` | {severities} | {kind.means} | {handled} |"


def _words() -> Iterator[str]:
    yield from ("| 列 | 规定用语 | 认得的同义词 |", "|---|---|---|")
    for name, words in choices.WORDS.items():
        for word in words:
            same = [one for one, meant in choices.SYNONYMS[name].items() if meant == word]
            yield f"| {titles.BY_NAME[name].zh} | {word} | {'、'.join(same)} |"


def _titles() -> Iterator[str]:
    yield from ("| 列 | 必填 | 认得的同义列名 |", "|---|---|---|")
    for column in (*COLUMNS, *EXTRAS):
        required = "是" if column.required else ""
        yield f"| {column.zh} | {required} | {'、'.join(titles.aliases_of(column.name))} |"
