"""The bodies that the API tests send: one application, and words of the partner about it."""

import copy
import json
from pathlib import Path
from typing import Any

from messaging import envelope, ids
from partners import signing
from partners.keys import SigningKey
from tests.gateway.api.conftest import HOME

FORMS = Path(__file__).resolve().parents[2] / "data" / "forms"
MATTER = "zaoyang.002014006001"


def answers(place: str = "420683") -> dict[str, Any]:
    """A document of the 社保查询 form that is right."""
    examples = json.loads((FORMS / "shebao_canbao_jilu_chaxun.examples.json").read_text(encoding="utf-8"))
    return next(copy.deepcopy(valid) for valid in examples["valid"] if valid["targetRegion"] == place)


def plain() -> dict[str, Any]:
    """A document of the plain form that is right."""
    common = ("applicant", "byAgent", "materials", "delivery", "consent")
    return {name: value for name, value in answers().items() if name in common}


def filing(**changes: Any) -> dict[str, Any]:
    """A body of POST applications."""
    return {"matter": MATTER, "answers": answers(), "reference": "A-1", **changes}


def letter(
    key: SigningKey,
    type_: str,
    subject: str,
    data: dict[str, Any],
    now: Any,
    sequence: int | None,
    sender: str = "420683",
) -> tuple[bytes, str]:
    """A signed message of a partner to home, as bytes and detached signature."""
    id_ = ids.message_id()
    body = envelope.build(
        id=id_,
        source=sender,
        type=type_,
        subject=subject,
        time=now,
        recipient=HOME,
        sequence=sequence,
        seen=None if sequence is None else 1,
        replaces=None,
        traceparent=None,
        data=data,
    )
    return body, signing.sign(body, key, iss=sender, aud=HOME, jti=id_, iat=int(now.timestamp()))


def accepted(now: Any) -> dict[str, Any]:
    """`data` of application.accepted."""
    at = envelope.rfc3339(now)
    return {
        "reference": "ZY-2026-1",
        "accepted_at": at,
        "promised_by": "2030-01-01",
        "contact": {"name": "王五", "phone": "07100000001"},
    }
