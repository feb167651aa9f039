"""What stands on the broker: the definitions file is the same as what is declared, and can be imported."""

import json

import pytest

from messaging.bus import topology
from messaging.bus.administration import Administration
from messaging.bus.topology import Account, definitions, gateway_account, password_hash
from tests.county import JINGSHAN, ZAOYANG
from tests.services.rabbitmq import Broker

NEW = "411330"  # a county that no other test declares


def test_a_password_is_salted_and_hashed_as_the_broker_documents_it() -> None:
    """Source: the worked example in RabbitMQ's "Credentials and Passwords"."""
    assert password_hash("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_a_partner_gets_a_user_only_with_a_password_and_never_a_right_to_configure() -> None:
    told = definitions([ZAOYANG, JINGSHAN], Account("gateway", "secret"), {ZAOYANG: "open sesame"})
    assert [one["name"] for one in told["users"]] == ["gateway", f"partner-{ZAOYANG}"]
    assert {one["configure"] for one in told["permissions"]} == {"^$"}
    rights = [one for one in told["permissions"] if one["user"] == f"partner-{ZAOYANG}"]
    assert rights == [{"vhost": f"partner-{ZAOYANG}", "user": f"partner-{ZAOYANG}", **topology.PARTNER_RIGHTS}]
    assert "open sesame" not in json.dumps(told)


def test_every_queue_that_carries_refuses_when_full_and_keeps_what_is_dead() -> None:
    for name in ("to-partner", "to-gateway"):
        arguments = topology.QUEUES[name]
        assert arguments["x-overflow"] == "reject-publish"
        assert arguments["x-dead-letter-strategy"] == "at-least-once"
        assert (arguments["x-dead-letter-exchange"], arguments["x-dead-letter-routing-key"]) == ("", "parked")


@pytest.mark.rabbitmq
async def test_the_definitions_can_be_imported_and_say_what_would_have_been_declared(broker: Broker) -> None:
    gateway = gateway_account(broker.url)
    path = broker.folder / "definitions.json"
    path.write_text(json.dumps(definitions([NEW], gateway, {NEW: "word"})), encoding="utf-8")
    path.chmod(0o644)
    broker.ctl("import_definitions", str(path))
    imported = await standing(broker)
    async with Administration(broker.admin_url) as administration:
        await administration.ensure_link(NEW, gateway)
        await administration.ensure_user(NEW, "word")
    assert await standing(broker) == imported
    assert broker.ctl("authenticate_user", f"partner-{NEW}", "word")


async def standing(broker: Broker) -> object:
    async with Administration(broker.admin_url) as administration:
        host = await administration._get(f"definitions/partner-{NEW}")
        rights = await administration._get(f"users/partner-{NEW}/permissions")
    assert host is not None
    return {name: host[name] for name in ("queues", "exchanges", "bindings", "policies")}, rights
