"""Three RabbitMQ nodes that are one broker, as three processes: names, ports, cookie and port mapper of their own."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tests.services.rabbitmq import Broker, free_port

FORMED = """\
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = {handling}
"""


class Node(Broker):
    """One of several. `name` is what the others call it."""

    def __init__(self, mapper: int) -> None:
        self._mapper = mapper
        super().__init__()

    def _environment(self, dist_port: int, mapper_port: int) -> dict[str, str]:
        return super()._environment(dist_port, self._mapper)

    @property
    def name(self) -> str:
        return self._env["RABBITMQ_NODENAME"]

    def joins(self, names: Sequence[str], cookie: str, handling: str) -> None:
        """Before its first start: whom it looks for, and the secret that they share."""
        lines = [f"cluster_formation.classic_config.nodes.{n} = {name}\n" for n, name in enumerate(names, 1)]
        with (self.folder / "rabbitmq.conf").open("a", encoding="utf-8") as config:
            config.write(FORMED.format(handling=handling) + "".join(lines))
        secret = self.folder / ".erlang.cookie"
        secret.write_text(cookie, encoding="ascii")
        secret.chmod(0o400)
        if self._account:
            shutil.chown(secret, "rabbitmq", "rabbitmq")


class Cluster:
    """Started nodes, each of which carries every queue. `url` names them all; `admin_url` is the first one's."""

    def __init__(self, size: int = 3, handling: str = "pause_minority") -> None:
        self.handling = handling
        mapper = free_port()
        self.nodes = [Node(mapper) for _ in range(size)]
        names, cookie = [node.name for node in self.nodes], secrets.token_hex(20).upper()
        for node in self.nodes:
            node.joins(names, cookie, handling)

    @property
    def url(self) -> str:
        """What a gateway is told."""
        return self.address(*(node.port for node in self.nodes))

    @property
    def admin_url(self) -> str:
        return self.nodes[0].admin_url

    @staticmethod
    def address(*ports: int) -> str:
        """One address for nodes, or for proxies before them."""
        return "amqp://gateway:gateway-secret@" + ",".join(f"127.0.0.1:{port}" for port in ports)

    def start(self) -> None:
        """Every node that does not run; the first one alone when there is no cluster yet."""
        first, *others = self.nodes
        first.start()
        with ThreadPoolExecutor(len(others)) as together:
            list(together.map(Node.start, others))
        self._until(lambda: len(self.running()) == len(self.nodes))

    def running(self) -> list[str]:
        """The names of the nodes that know each other, as the first one that answers says."""
        for node in self.nodes:
            try:
                said = json.loads(node.ctl("cluster_status", "--formatter", "json"))
            except (subprocess.SubprocessError, ValueError):
                continue
            return [str(name) for name in said["running_nodes"]]
        return []

    def leaders(self, vhost: str) -> dict[str, Node]:
        """Which node leads each queue of a virtual host."""
        by_name = {node.name: node for node in self.nodes}
        for node in self.nodes:
            try:
                rows = node.ctl("list_queues", "-p", vhost, "name", "leader", "--no-table-headers").splitlines()
            except subprocess.SubprocessError:
                continue
            found = [row.split("\t") for row in rows if "\t" in row]
            return {queue: by_name[leader] for queue, leader in found if leader in by_name}
        return {}

    def members(self, vhost: str, queue: str) -> int:
        """On how many nodes a queue lies."""
        rows = self.nodes[0].ctl("list_queues", "-p", vhost, "name", "members", "--no-table-headers").splitlines()
        found = {name: said for name, _, said in (row.partition("\t") for row in rows)}
        return found[queue].count("@")

    def log(self) -> bytes:
        """Everything that they wrote down for their operator."""
        return b"".join(node.log() for node in self.nodes)

    def _until(self, true: Any, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, "the nodes do not find each other"
            time.sleep(0.3)

    def close(self) -> None:
        """End every node, then their port mapper."""
        for node in self.nodes:
            if node.lives:
                node.kill()
        for node in self.nodes:
            node.close()


@contextmanager
def running(size: int = 3, handling: str = "pause_minority") -> Iterator[Cluster]:
    """A started cluster of one's own, gone afterwards."""
    cluster = Cluster(size, handling)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
