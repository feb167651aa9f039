"""Names on the broker that both sides of a link rely on."""

TO_PARTNER = "to-partner"  # queue: what we say
FROM_PARTNER = "from-partner"  # fanout exchange: what the partner says
TO_GATEWAY = "to-gateway"  # queue behind it
PARKED = "parked"  # queue: what the broker could not deliver in a great many tries

CONTENT_TYPE, SIGNATURE = "application/cloudevents+json", "tongban-signature"  # property and header of a message


def vhost(partner: str) -> str:
    """The virtual host that is a partner's alone."""
    return f"partner-{partner}"
