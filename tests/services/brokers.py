"""Brokers of this process: a node for each house that runs at once, lent empty, and used again when it comes back.

A partner's virtual host has the same name on every broker, so two houses never share a node.
"""

import atexit
import base64
import http.client
import json
import threading
from typing import Any
from urllib.parse import quote

from tests.services import rabbitmq
from tests.services.rabbitmq import ADMIN, PASSWORD, Broker

_idle: list[Broker] = []
_lock = threading.Lock()


def lent() -> Broker:
    """A node that runs and holds nothing of any partner. Blocks while a new one starts."""
    with _lock:
        node = _idle.pop() if _idle else None
    if node is None:
        node = rabbitmq.made()
        atexit.register(node.close)
    else:
        node.go_on()
    node.start()
    _empty(node)
    return node


def given_back(node: Broker) -> None:
    """For the next house; whatever was done to it, it is started and emptied when it is lent anew."""
    with _lock:
        _idle.append(node)


def _empty(node: Broker) -> None:
    """Take away every virtual host and every user but the administrator's own."""
    for host in _asked(node, "GET", "vhosts"):
        if host["name"] != "/":
            _asked(node, "DELETE", f"vhosts/{quote(host['name'], safe='')}")
    for user in _asked(node, "GET", "users"):
        if user["name"] != ADMIN:
            _asked(node, "DELETE", f"users/{quote(user['name'], safe='')}")


def _asked(node: Broker, method: str, path: str) -> Any:
    line = http.client.HTTPConnection("127.0.0.1", node.admin_port, timeout=30)
    try:
        login = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
        line.request(method, f"/api/{path}", headers={"Authorization": f"Basic {login}"})
        answer = line.getresponse()
        said = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {said!r}"
        return json.loads(said) if said else None
    finally:
        line.close()
