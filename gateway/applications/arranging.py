"""How people look at a case's files: their order, and which are turned. The files themselves stay as they are. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications.errors import Finding, Invalid

TURNS = (0, 90, 180, 270)
STEPS = {"up": -1, "down": 1}

Json = dict[str, Any]


def ordered(files: Sequence[Mapping[str, Any]], arranged: Mapping[str, Any] | None) -> list[Json]:
    """The files, each with `turn`, in the order that was chosen; new ones at the end. Each file stands there once."""
    kept = arranged or {}
    turns, places = kept.get("turned") or {}, {sha256: place for place, sha256 in enumerate(kept.get("order") or [])}
    once = list({one["attachment"]["sha256"]: one for one in files}.values())
    found = sorted(once, key=lambda one: places.get(one["attachment"]["sha256"], len(places)))
    return [{**one, "turn": turns.get(one["attachment"]["sha256"], 0)} for one in found]


def changed(files: Sequence[Mapping[str, Any]], arranged: Mapping[str, Any] | None, sha256: str, step: str) -> Json:
    """After one step: `up`, `down`, `left` or `right`. Raises Invalid for another file or step."""
    before = ordered(files, arranged)
    order = [one["attachment"]["sha256"] for one in before]
    turned = {one["attachment"]["sha256"]: one["turn"] for one in before if one["turn"]}
    if sha256 not in order:
        raise Invalid([Finding("/sha256", "unknown", "没有这个文件")])
    if step in STEPS:
        place = order.index(sha256)
        other = min(max(place + STEPS[step], 0), len(order) - 1)
        order[place], order[other] = order[other], order[place]
    elif step in ("left", "right"):
        turn = (turned.get(sha256, 0) + (90 if step == "right" else 270)) % 360
        turned = {**turned, sha256: turn} if turn else {name: kept for name, kept in turned.items() if name != sha256}
    else:
        raise Invalid([Finding("/step", "enum", "没有这一步")])
    return {"order": order, "turned": turned}
