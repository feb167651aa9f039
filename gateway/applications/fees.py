"""Notes about fees: how they begin, and what a case keeps of them. The platform takes no money."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

NOTICE, VOUCHER = "缴费通知：", "缴费凭证："  # how such a note begins


def noted(said: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """What a case keeps of fees after a note; None when the note is about something else.

    `{"fee": {"notice": {"text","attachments","at"} or None, "vouchers": [{"text","attachments","at"}]}}`
    """
    text = str(data.get("text") or "")
    known = said.get("fee") or {"notice": None, "vouchers": []}
    for word in (NOTICE, VOUCHER):
        if text.startswith(word):
            files = [dict(one) for one in data.get("attachments") or []]
            one = {"text": text.removeprefix(word), "attachments": files, "at": now.isoformat()}
            more = {"notice": one} if word == NOTICE else {"vouchers": [*known["vouchers"], one]}
            return {**said, "fee": known | more}
    return None
