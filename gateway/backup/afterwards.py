"""What a restored installation writes first: that it is one, a gap in the day's numbers, and a question to every partner."""

from datetime import datetime, timedelta

from gateway.applications import numbers
from gateway.audit import house
from gateway.auth.tables import Session
from gateway.backup.archive import Contents
from gateway.settings import Settings
from messaging import restored
from messaging.key_ring import KeyRing
from messaging.outbox import Sender
from messaging.sealing import Sealer
from messaging.unit_of_work import Connection, run_tx
from partners.registry import Way
from partners.tables import PartnerRow

RESTORED = "installation.restored"
MARGIN = timedelta(hours=1)  # by which a partner's clock may be behind ours
WHO = "system:command line"


async def write_down(settings: Settings, contents: Contents, now: datetime) -> None:
    """All of it in one transaction. A desk partner's words lie here alone: it has nothing that could be asked for."""
    made = datetime.fromisoformat(contents.manifest["at"])
    keys = KeyRing(Sealer(settings.sealing_key, settings.index_key, settings.cipher))
    sender = Sender(settings.home, keys)

    async def unit(connection: Connection) -> None:
        await numbers.leave_gap(connection, now)
        await Session.all().using_db(connection).delete()
        asked = await PartnerRow.exclude(connection=Way.DESK.value).using_db(connection).order_by("code")
        for partner in asked:
            await restored.ask_for_everything(connection, sender, partner.code, made - MARGIN, now)
        detail = {"backup": contents.sha256, "made_at": contents.manifest["at"], "asked": [row.code for row in asked]}
        await house.note(connection, WHO, RESTORED, None, detail, now=now)

    await run_tx(unit)
