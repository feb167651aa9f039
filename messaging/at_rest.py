"""What sealed bodies are bound to, so that sealed bytes cannot be moved from one row or table to another."""


def outgoing(message_id: str) -> str:
    """A body in the outbox."""
    return f"post_outgoing.body:{message_id}"


def incoming(partner: str, message_id: str) -> str:
    """A body in the inbox."""
    return f"post_incoming.body:{partner}:{message_id}"


def apart(partner: str, sha256: str) -> str:
    """A body that was set apart."""
    return f"post_set_apart.body:{partner}:{sha256}"


def mail(message_id: str) -> str:
    """A body in the mailbox."""
    return f"post_mail.body:{message_id}"
