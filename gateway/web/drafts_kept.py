"""What a draft of the pages holds: the form as it stood on the screen, half-typed values and empty rows included."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications.drafts import Drafts
from gateway.applications.errors import NotFound
from gateway.auth.actor import Actor
from gateway.web.filing_form import Filing
from gateway.web.forms import Filled
from gateway.web.posted import Pairs
from matters_map import regions
from matters_map.lookup import MatterIndex

COMMANDS = ("_add", "_remove", "_copy", "_more")


async def keep(drafts: Drafts, actor: Actor, draft_id: str | None, filing: Filing, filled: Filled, form: Pairs) -> str:
    """Keep the form; the draft's id. One that is gone (submitted elsewhere) begins anew."""
    applicant = filled.document.get("applicant")
    answers = {
        "applicant": applicant if isinstance(applicant, dict) else {},
        "pairs": [list(pair) for pair in form if pair[0] not in COMMANDS],
    }
    try:
        return await drafts.save(actor, draft_id or None, filing.matter.id, filing.handler.code, answers)
    except NotFound:
        return await drafts.save(actor, None, filing.matter.id, filing.handler.code, answers)


async def drop(drafts: Drafts, actor: Actor, draft_id: str | None) -> None:
    """Throw a draft away, if it is there."""
    if draft_id:
        with contextlib.suppress(NotFound):
            await drafts.delete(actor, draft_id)


def pairs(answers: Mapping[str, Any]) -> Pairs:
    """The form as it was kept."""
    return [(str(name), str(value)) for name, value in answers.get("pairs", [])]


def listed(drafts: Sequence[Mapping[str, Any]], index: MatterIndex) -> list[dict[str, Any]]:
    """Drafts as the list shows them: matter, place, applicant (masked), when."""
    shown = []
    for draft in drafts:
        matter = index.get(draft["matter"])
        shown.append(
            {
                "id": draft["id"],
                "matter": matter.name if matter else "已不在生效清单中的事项",
                "place": regions.name_of(draft["handler"] or "") or "",
                "applicant": draft["applicant"] or "未填姓名",
                "at": draft["updated_at"],
                "pending": draft["pending"],
                "refusal": draft["refusal"],
            }
        )
    return shown
