"""A line that several places share, in force for a test's county: 枣阳市, 京山市 and 桐柏县, and 随县 itself."""

from collections.abc import Mapping
from typing import Any

from matters_map.canonical import list_hash, list_text
from matters_map.lines import Line, LineMember
from matters_map.sample_lists import EFFECTIVE_FROM
from matters_map.tables import Agreement, ListVersion
from tests.county import HOME, JINGSHAN, TONGBAI, ZAOYANG, County, plain_answers

CODE = "009999000001"
MATTER = f"three.{CODE}"


async def agree(county: County, joint: Mapping[str, Any], **changes: Any) -> None:
    """An agreement of all four, with one joint line."""
    index = county.parts.library.index
    like = next(one.line for one in index.matters(handler=ZAOYANG, mode="joint") if one.form == "plain")
    codes = {ZAOYANG: "Z", JINGSHAN: "J", TONGBAI: "T"}
    members = [LineMember(code, CODE, f"11{code}MB9T00000{letter}4{CODE}") for code, letter in codes.items()]
    line = Line.from_json(
        {
            **like.to_json(),
            "seq": 1,
            "matter_name": "三地联办事项",
            "local_basic_code": CODE,
            "joint": dict(joint),
            "members": [vars(member) for member in members],
            **changes,
        }
    )
    await Agreement.create(id="three", name="三地联办协议", document_number="示例", members=[], position=9)
    signed = ("three", 1, EFFECTIVE_FROM.isoformat(), [line.to_json()])
    await ListVersion.create(
        agreement="three",
        version=1,
        state="in_force",
        effective_from=EFFECTIVE_FROM,
        hash=list_hash(*signed),
        text=list_text(*signed).decode(),
    )
    await county.parts.reload_lists()


def filing(**changes: Any) -> dict[str, Any]:
    """A body for the joint line; the filing names 京山."""
    document = plain_answers(JINGSHAN, matterCode=CODE, **changes.pop("answers", {}))
    return {"matter": MATTER, "handler": JINGSHAN, "answers": document, **changes}


def stages(*places: str | tuple[str, ...], **more: Any) -> dict[str, Any]:
    """One stage after the other; places in a tuple stand in one stage."""
    parts = [
        {"at": place, "stage": stage, **more}
        for stage, some in enumerate(places, 1)
        for place in ((some,) if isinstance(some, str) else some)
    ]
    return {"parts": parts}


__all__ = ["CODE", "HOME", "MATTER", "agree", "filing", "stages"]
