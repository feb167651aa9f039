"""Messages between counties as the HTTP door sees them."""

from gateway.api.schemas.parts import NUMBER, SHA256, STATE, TEXT, TIME, Schema, answer, maybe, page, request

EVENT_BODY: Schema = {
    "type": "object",
    "description": "a CloudEvent, see /api/asyncapi.json; the signature is over the very bytes of the body",
}
STORED = answer(
    {"id": TEXT, "sha256": SHA256, "stored_at": TIME, "duplicate": {"type": "boolean"}},
    examples=[
        {
            "id": "01JDG7Z3N5Q8S4T6V9W2X1Y0AB",
            "sha256": "9f" * 32,
            "stored_at": "2026-11-24T09:30:05+08:00",
            "duplicate": False,
        }
    ],
)
DELIVERY = answer(
    {
        "id": TEXT,
        "attempt": {"type": "integer", "minimum": 1},
        "body": {"type": "string", "description": "the event as text; UTF-8 of it are the signed bytes"},
        "signature": TEXT,
    },
    examples=[{"id": "01JDG7Z3N5Q8S4T6V9W2X1Y0AB", "attempt": 1, "body": "{…}", "signature": "eyJ…..MEQ…"}],
)
DELIVERY_LIST = page({"$ref": "#/components/schemas/Delivery"})
CUSTODIAL_RECEIPT = request(
    {"outcome": {"type": "string", "enum": ["applied", "held", "parked", "conflict"], "title": "结果"}},
    required=("outcome",),
    description="only from a partner that cannot sign: the gateway signs for it with a key that it holds",
    examples=[{"outcome": "applied"}],
)
CHANGE = answer(
    {
        "number": NUMBER,
        "type": TEXT,
        "state": STATE,
        "delivery": maybe(TEXT),
        "version": {"type": "integer"},
        "at": TIME,
    },
    description="`data` of an event of the stream",
    examples=[
        {
            "number": "421321202611242000001G",
            "type": "application.accepted",
            "state": "ACCEPTED",
            "delivery": "receipted",
            "version": 3,
            "at": "2026-11-24T09:30:05+08:00",
        }
    ],
)
