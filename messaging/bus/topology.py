"""What stands on the broker: for each partner a virtual host, its queues, a user with the least rights, and limits.

Queues cannot be changed once they stand, so only what no operator may take away is an argument of theirs: replicated,
nothing dropped when full or dead, and of ours one reader at a time. (`to-partner` is free of that: a partner may have
several readers, or fetch with `basic.get`, which a queue with a single reader refuses.) Limits are a policy. Nothing else is ever declared; a running
gateway needs no right to configure anything.
"""

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from messaging.bus.names import FROM_PARTNER, PARKED, TO_GATEWAY, TO_PARTNER, vhost

MOST_MESSAGES = 200_000  # in one queue; then the broker refuses, and the outbox keeps what waits
DELIVERIES = 10_000  # of one message before it goes to `parked`: poison is counted in our own tables long before

_CARRYING = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": PARKED,
    "x-dead-letter-strategy": "at-least-once",
}
QUEUES: Mapping[str, Mapping[str, Any]] = {
    TO_PARTNER: _CARRYING,
    TO_GATEWAY: {**_CARRYING, "x-single-active-consumer": True},
    PARKED: {"x-queue-type": "quorum", "x-overflow": "reject-publish"},
}
POLICIES: Mapping[str, Mapping[str, Any]] = {
    "tongban-limits": {
        "pattern": f"^({TO_PARTNER}|{TO_GATEWAY})$",
        "apply-to": "queues",
        "priority": 0,
        "definition": {"max-length": MOST_MESSAGES, "delivery-limit": DELIVERIES},
    },
    "tongban-parked": {
        "pattern": f"^{PARKED}$",
        "apply-to": "queues",
        "priority": 0,
        "definition": {"delivery-limit": DELIVERIES},
    },
}
PARTNER_RIGHTS = {"configure": "^$", "write": f"^{FROM_PARTNER}$", "read": f"^{TO_PARTNER}$"}
GATEWAY_RIGHTS = {  # the default exchange is called amq.default where rights are checked
    "configure": "^$",
    "write": r"^amq\.default$",
    "read": f"^({TO_PARTNER}|{TO_GATEWAY}|{PARKED})$",
}


@dataclass(frozen=True)
class Account:
    """A user of the broker."""

    name: str
    password: str


def gateway_account(bus_url: str) -> Account:
    """The account that the gateway's own setting names."""
    parts = urlsplit(bus_url)
    return Account(unquote(parts.username or "guest"), unquote(parts.password or "guest"))


def partner_user(partner: str) -> str:
    """A partner's user is called like its virtual host."""
    return vhost(partner)


def definitions(
    partners: Sequence[str], gateway: Account, passwords: Mapping[str, str], salt: bytes | None = None
) -> dict[str, Any]:
    """Everything as one definitions file. `passwords`: for the partners that get a user; `salt`: 4 bytes, random if None."""
    users = [_user(gateway, salt, ["monitoring"])]
    users += [_user(Account(partner_user(code), passwords[code]), salt, []) for code in partners if code in passwords]
    vhosts = [vhost(code) for code in partners]
    return {
        "vhosts": [{"name": name} for name in vhosts],
        "users": users,
        "permissions": [right for code in partners for right in _rights(code, gateway, code in passwords)],
        "policies": [{"vhost": host, "name": name, **policy} for host in vhosts for name, policy in POLICIES.items()],
        "queues": [
            {"vhost": host, "name": name, "durable": True, "auto_delete": False, "arguments": dict(arguments)}
            for host in vhosts
            for name, arguments in QUEUES.items()
        ],
        "exchanges": [{"vhost": host, "name": FROM_PARTNER, **EXCHANGE} for host in vhosts],
        "bindings": [
            {
                "vhost": host,
                "source": FROM_PARTNER,
                "destination": TO_GATEWAY,
                "destination_type": "queue",
                "routing_key": "",
                "arguments": {},
            }
            for host in vhosts
        ],
    }


EXCHANGE: Mapping[str, Any] = {
    "type": "fanout",
    "durable": True,
    "auto_delete": False,
    "internal": False,
    "arguments": {},
}


def _rights(code: str, gateway: Account, with_user: bool) -> list[dict[str, str]]:
    ours = {"vhost": vhost(code), "user": gateway.name, **GATEWAY_RIGHTS}
    theirs = {"vhost": vhost(code), "user": partner_user(code), **PARTNER_RIGHTS}
    return [ours, theirs] if with_user else [ours]


def _user(account: Account, salt: bytes | None, tags: Sequence[str]) -> dict[str, Any]:
    hashed = password_hash(account.password, salt)
    algorithm = "rabbit_password_hashing_sha256"
    return {"name": account.name, "password_hash": hashed, "hashing_algorithm": algorithm, "tags": list(tags)}


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's salted SHA-256, base64. Source: "Credentials and Passwords" of its documentation."""
    salt = os.urandom(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode("ascii")
