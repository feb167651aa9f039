"""Which stack the tests of this process stand on, chosen once: the ORM keeps statements of one dialect in memory.

TONGBAN_TEST_STACK=embedded|postgres|real
    embedded   SQLite files and the embedded bus
    postgres   databases of one PostgreSQL server and the embedded bus
    real       PostgreSQL and RabbitMQ: some counties read their queue themselves, others poll or work at the desk
"""

import os

KINDS = ("embedded", "postgres", "real")
KIND = os.environ.pop(
    "TONGBAN_TEST_STACK", "embedded"
)  # taken out: programs under test refuse settings unknown to them
if KIND not in KINDS:
    raise ValueError(f"TONGBAN_TEST_STACK={KIND}: one of {', '.join(KINDS)}")

ON_POSTGRES = KIND != "embedded"
ON_RABBITMQ = KIND == "real"
