"""All that a page needs of one agreement, read at once: versions, confirmations, comments, draft, what is suspended."""

import json
from dataclasses import dataclass
from typing import TypeAlias

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination.errors import Forbidden, NotFound
from matters_map.lines import Line
from matters_map.tables import Agreement, ListChange, ListComment, ListDraft, ListSignature, ListVersion, MatterRest
from matters_map.version_life import State

Version: TypeAlias = ListVersion
Signature: TypeAlias = ListSignature
Draft: TypeAlias = ListDraft
Change: TypeAlias = ListChange


@dataclass(frozen=True)
class Shelf:
    """One agreement. `live`: the lines in force, as signed; versions newest first, the rest oldest first."""

    agreement: Agreement
    versions: list[ListVersion]
    signatures: list[ListSignature]
    comments: list[ListComment]
    draft: ListDraft | None
    rests: list[MatterRest]
    live: list[Line]

    def lines(self, version: int) -> list[Line]:
        """The lines of a version; none for one that is not there."""
        row = next((row for row in self.versions if row.version == version), None)
        return _lines(row)

    def before(self, version: int) -> int | None:
        """The newest version with force before this one: what it is compared with."""
        older = [row.version for row in self.versions if row.version < version and row.state != State.RETURNED]
        return max(older, default=None)

    def said_of(self, version: int) -> list[ListComment]:
        """What was wanted otherwise in a version."""
        return [one for one in self.comments if one.version == version]

    @property
    def returned(self) -> list[ListComment]:
        """What was said of the version that was returned last, if nothing was proposed since."""
        newest = self.versions[0] if self.versions else None
        return self.said_of(newest.version) if newest is not None and newest.state == State.RETURNED else []


async def shelf(home: str, actor: Actor, name: str) -> Shelf:
    """An agreement that the actor's county is a party of. Raises NotFound, Forbidden."""
    if not roles.may(actor.role, "lists.view"):
        raise Forbidden("lists.view")
    agreement = await Agreement.filter(id=name).first()
    if agreement is None or actor.jurisdiction not in {home, *(one["code"] for one in agreement.members)}:
        raise NotFound(name)
    versions = list(await ListVersion.filter(agreement=name, version__gt=0).order_by("-version"))
    live = [row for row in versions if row.state == State.IN_FORCE]
    return Shelf(
        agreement,
        versions,
        list(await ListSignature.filter(agreement=name, version__gt=0).order_by("at", "id")),
        list(await ListComment.filter(agreement=name).order_by("id")),
        await ListDraft.filter(agreement=name).first(),
        list(await MatterRest.filter(agreement=name, ended_at__isnull=True).order_by("since")),
        _lines(max(live, key=lambda row: row.effective_from, default=None)),
    )


def _lines(row: ListVersion | None) -> list[Line]:
    return [] if row is None else [Line.from_json(one) for one in json.loads(row.text)["lines"]]
