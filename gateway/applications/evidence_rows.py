"""The rows that a case's evidence is made of: messages, the receipts that name them, and what contradicted them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.applications.errors import NotFound
from gateway.applications.tables import Application, Leg, Paper
from gateway.attachments.tables import Attachment, Mention
from matters_map.tables import ListVersion
from messaging.tables import Conversation, Incoming, Outgoing, SetApart
from messaging.unit_of_work import Connection

Json = dict[str, Any]


@dataclass
class Rows:
    """What the tables say about a case, still sealed."""

    application: Application
    legs: Sequence[Leg]
    version: ListVersion | None
    outgoing: list[Outgoing] = field(default_factory=list)
    incoming: list[Incoming] = field(default_factory=list)
    our_receipts: list[Outgoing] = field(default_factory=list)
    their_receipts: list[Incoming] = field(default_factory=list)
    conflicts: list[SetApart] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    our_signings: list[Outgoing] = field(default_factory=list)  # agreement.signed, of every version
    their_signings: list[Incoming] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The case's number, or that of the part that it is of."""
        return self.legs[0].number if len(self.legs) == 1 else self.application.number

    @property
    def key_ids(self) -> set[int]:
        """Keys that open it."""
        of_case = (self.outgoing, self.incoming, self.our_receipts, self.their_receipts, self.conflicts)
        rows = (*of_case, self.our_signings, self.their_signings, self.papers)
        return {row.key_id for some in rows for row in some}


async def numbers(connection: Connection, number: str) -> list[str]:
    """The numbers of an application's legs; of one part of a joint case only its own. Raises NotFound."""
    _, legs = await _case(connection, number)
    return [leg.number for leg in legs]


async def _case(connection: Connection, number: str) -> tuple[Application, list[Leg]]:
    """The application and those of its legs that the evidence is of: a part stands for itself alone."""
    leg = await Leg.get_or_none(number=number, using_db=connection)
    application = None
    if leg is not None:
        application = await Application.get_or_none(id=leg.application_id, using_db=connection)
    if leg is None or application is None:
        raise NotFound(number)
    if leg.part:
        return application, [leg]
    legs = await Leg.filter(application_id=application.id).using_db(connection).order_by("id")
    return application, list(legs)


def receipt_of(line: Mapping[str, Any]) -> str | None:
    """The partner's receipt that an audit line tells of."""
    receipt = (line["detail"] or {}).get("receipt")
    return receipt if isinstance(receipt, str) else None


async def gather(connection: Connection, number: str, receipt_ids: set[str]) -> Rows:
    """All rows of a case. `receipt_ids` are receipts of partners that the audit tells of. Raises NotFound."""
    application, legs = await _case(connection, number)
    subjects, partners = [leg.number for leg in legs], [leg.partner for leg in legs]
    version = ListVersion.filter(agreement=application.agreement, version=application.agreement_version)
    rows = Rows(application, legs, await version.using_db(connection).first())
    rows.outgoing = await Outgoing.filter(subject__in=subjects).using_db(connection).order_by("id")
    rows.incoming = await Incoming.filter(subject__in=subjects).using_db(connection).order_by("id")
    told = {row.receipt_id for row in rows.incoming if row.receipt_id is not None}
    rows.our_receipts = await Outgoing.filter(message_id__in=told).using_db(connection).order_by("id")
    heard = receipt_ids | {row.receipt_id for row in rows.outgoing if row.receipt_id is not None}
    theirs = Incoming.filter(message_id__in=heard, partner__in=partners)
    rows.their_receipts = await theirs.using_db(connection).order_by("id")
    talks = await Conversation.filter(subject__in=subjects).using_db(connection)
    apart = SetApart.filter(outcome="conflict", key_id__in={talk.key_id for talk in talks})
    rows.conflicts = await apart.using_db(connection).order_by("id")
    papers = Paper.filter(application_id=application.id, case_number__in=subjects)
    rows.papers = await papers.using_db(connection).order_by("id")
    signed = {"type": "agreement.signed", "subject": application.agreement}
    rows.our_signings = await Outgoing.filter(**signed).using_db(connection).order_by("id")
    rows.their_signings = await Incoming.filter(**signed).using_db(connection).order_by("id")
    rows.files = await _files(connection, subjects)
    return rows


async def _files(connection: Connection, subjects: Sequence[str]) -> list[Json]:
    digests = {row.sha256 for row in await Mention.filter(number__in=subjects).using_db(connection)}
    rows = await Attachment.filter(sha256__in=digests).using_db(connection).order_by("sha256", "-id")
    by_digest = {row.sha256: row for row in rows}
    return [
        {"sha256": row.sha256, "size": row.size, "name": row.name, "media_type": row.media_type}
        for row in by_digest.values()
    ]
