"""The broker's settings that come with the product are taken by a real broker."""

import pytest

from tests.house.source_tree import ROOT
from tests.services.rabbitmq import BIN, Broker

pytestmark = pytest.mark.rabbitmq


class AsShipped(Broker):
    """A node with our own file beside the test's ports."""

    def _furnish(self) -> None:
        super()._furnish()
        docker, conf = ROOT / "docker", self.folder / "rabbitmq.conf"
        own = (docker / "rabbitmq.conf").read_text(encoding="utf-8").splitlines()
        own += (docker / "rabbitmq.cluster.conf").read_text(encoding="utf-8").splitlines()
        shipped = {
            line.partition(" ")[0]: line for line in own if line and not line.startswith(("#", "cluster_formation"))
        }
        kept = {line.partition(" ")[0]: line for line in conf.read_text(encoding="utf-8").splitlines()}
        del kept["vm_memory_high_watermark.absolute"], shipped["disk_free_limit.absolute"]  # this machine's own bounds
        conf.write_text("\n".join({**kept, **shipped}.values()) + "\n", encoding="utf-8")


def test_a_node_starts_with_them() -> None:
    if not (BIN / "rabbitmq-server").exists():
        pytest.fail("RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server")
    broker = AsShipped()
    try:
        broker.start()
        told = broker.ctl("environment")
        assert "{heartbeat,10}" in told
        assert "{channel_max,512}" in told
    finally:
        broker.close()
