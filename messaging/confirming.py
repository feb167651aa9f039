"""The first confirmation of what was written, in one statement and without reading its bytes."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from messaging import outbox
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection

# As `outbox.confirmed` says for a row that waits for its first confirmation; $2 is now, $3 when it goes again.
_CHANGES = (
    "state = CASE WHEN sequence IS NULL THEN 'closed' ELSE 'confirmed' END, attempts = 1, confirmed_at = $2,"
    " due_at = CASE WHEN sequence IS NULL THEN NULL ELSE $3 END,"
    " reason = CASE WHEN outcome IS NULL THEN NULL ELSE reason END"
)
_FIRST = "state = 'written' AND confirmed_at IS NULL AND due_at IS NOT NULL"
_MINE = f"SELECT id AS mine FROM post_outgoing WHERE id = ANY($1::bigint[]) AND {_FIRST} ORDER BY id FOR UPDATE"  # noqa: S608
_SHARED = (
    f"WITH first AS ({_MINE}) UPDATE post_outgoing SET {_CHANGES} FROM first WHERE id = mine RETURNING id"  # noqa: S608
).replace("$2", "$2::timestamptz").replace("$3", "$3::timestamptz")  # fmt: skip
_SINGLE = (
    f"UPDATE post_outgoing SET {_CHANGES}"  # noqa: S608
    f" WHERE id IN (SELECT value FROM json_each($1)) AND {_FIRST} RETURNING id"
).replace("$1", "?1").replace("$2", "?2").replace("$3", "?3")  # fmt: skip


async def first(connection: Connection, rows: Sequence[Outgoing], now: datetime) -> list[Outgoing]:
    """Of these rows those that the bus has newly, confirmed in the table and in hand; the others are as they were."""
    if not rows:
        return []
    by_id = {row.id: row for row in rows}
    due_at = outbox.due_again(1, now)
    if connection.capabilities.dialect == "postgres":
        found = await connection.execute_query_dict(_SHARED, [list(by_id), now, due_at])
    else:
        given = [orjson.dumps(list(by_id)).decode(), now, due_at]
        found = await connection.execute_query_dict(_SINGLE, given)
    newly = [by_id[int(one["id"])] for one in sorted(found, key=lambda one: int(one["id"]))]
    for row in newly:
        row.state = "written"
        outbox.confirmed(row, now)
    return newly
