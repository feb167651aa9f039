"""One broker or several nodes of a cluster in one address: `amqp://user:password@one:5672,two:5672,three:5672`."""

import random
from urllib.parse import urlsplit


def each(url: str) -> list[str]:
    """The address of every node, in the order in which they are named. Raises ValueError for a port that is none."""
    parts = urlsplit(url)
    login, at, nodes = parts.netloc.rpartition("@")
    found = [parts._replace(netloc=login + at + node.strip()) for node in nodes.split(",")]
    for one in found:
        _ = one.port
    return [one.geturl() for one in found]


def in_turn(url: str) -> list[str]:
    """The same, beginning anywhere: connections spread over the nodes, and the next try may begin at another one."""
    nodes = each(url)
    first = random.randrange(len(nodes))  # noqa: S311
    return nodes[first:] + nodes[:first]
