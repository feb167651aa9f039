"""An operation: one row of the table of routes, with what the document says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.api.schemas.parts import TEXT, Schema
from gateway.auth.decisions import Handler

JSON = "application/json"
EVENT = "application/cloudevents+json"


@dataclass(frozen=True)
class Body:
    """A request's or an answer's body: the name of its shape, and its media type."""

    schema: str | None
    media_type: str = JSON


@dataclass(frozen=True)
class Query:
    """A query parameter."""

    name: str
    says: str
    schema: Schema = field(default_factory=lambda: TEXT)


@dataclass(frozen=True)
class Operation:
    """Method and path, who answers, and the contract. `repeatable` tells of the Idempotency-Key: no, optional, required."""

    method: str
    path: str
    handler: Handler
    id: str
    tag: str
    says: str
    answers: Mapping[int, Body | None]
    takes: tuple[Body, ...] = ()
    query: tuple[Query, ...] = ()
    headers: tuple[Query, ...] = ()
    problems: tuple[int, ...] = ()
    repeatable: str = "no"
    more: str = ""


LIMIT = Query("limit", "每页条数，默认 50，最多 200", {"type": "integer", "minimum": 1, "default": 50})
AFTER = Query("after", "上一页的 next")
SIGNATURE = Query("Tongban-Signature", "请求体字节的分离式 JWS：<protected>..<signature>")
