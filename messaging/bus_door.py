"""The door for what comes by the bus: it stores, and keeps apart what is no message, so that nothing comes round for ever."""

from messaging.inbox import Inbox, Unverified
from messaging.strict_json import Malformed

DOOR = "amqp"


class BusDoor:
    """Returns once a delivery need not come again; raises when the database could not keep it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def arrive(self, partner: str, body: bytes, signature: str | None) -> None:
        """A partner published this on its own virtual host."""
        try:
            await self._inbox.store(partner, body, signature, door=DOOR)
        except Unverified:
            return  # the inbox has set it apart
        except Malformed:
            await self.set_apart(partner, body, signature or "", "not JSON")

    async def set_apart(self, partner: str, body: bytes, signature: str, reason: str) -> None:
        """Keep it without effect, shown to people and told to the link's owner by digest."""
        await self._inbox.set_apart(partner, body, signature, "quarantined", reason, DOOR)
