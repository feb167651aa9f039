"""The nodes of a cluster in one address."""

from pathlib import Path

import pytest

from gateway import settings
from messaging.bus import addresses
from messaging.bus.topology import Account, gateway_account

THREE = "amqps://gateway:a%3Ab@one:5671,two:5672,[::1]:5673?cafile=/etc/ca.pem"


def test_every_node_has_the_login_and_the_options_of_the_whole() -> None:
    assert addresses.each(THREE) == [
        "amqps://gateway:a%3Ab@one:5671?cafile=/etc/ca.pem",
        "amqps://gateway:a%3Ab@two:5672?cafile=/etc/ca.pem",
        "amqps://gateway:a%3Ab@[::1]:5673?cafile=/etc/ca.pem",
    ]
    assert gateway_account(THREE) == Account("gateway", "a:b")


def test_a_setting_may_name_them(tmp_path: Path) -> None:
    url = "amqp://a:b@one:5672,two:5673,three:5674"
    assert settings.read({"TONGBAN_BUS_URL": url}, data=tmp_path).bus_url == url


def test_one_node_is_a_list_of_one() -> None:
    assert addresses.each("amqp://a:b@host:5672") == ["amqp://a:b@host:5672"]


def test_connections_begin_at_any_node_and_come_to_each() -> None:
    turns = {tuple(addresses.in_turn(THREE)) for _ in range(200)}
    first, second, third = addresses.each(THREE)
    assert turns == {(first, second, third), (second, third, first), (third, first, second)}


def test_a_port_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="Port"):
        addresses.each("amqp://a:b@one:5672,two:none")
