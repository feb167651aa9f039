"""The one table of the API's routes; what is not in it does not exist, and the document is built from it."""

from aiohttp import web

from gateway.api import docs, health, wellknown
from gateway.api.operations import Operation
from gateway.api.v1 import (
    agreements,
    applications,
    attachments,
    checks,
    contacts,
    corrections,
    deliveries,
    events,
    events_of_application,
    evidence,
    handover,
    materials,
    matters,
    messages,
    notes,
    originals,
    progress,
    rating,
    supplements,
    token,
    uploads,
    urges,
    withdrawal,
)

OPERATIONS: tuple[Operation, ...] = (
    *token.OPERATIONS,
    *matters.OPERATIONS,
    *checks.OPERATIONS,
    *applications.OPERATIONS,
    *events_of_application.OPERATIONS,
    *evidence.OPERATIONS,
    *supplements.OPERATIONS,
    *corrections.OPERATIONS,
    *withdrawal.OPERATIONS,
    *urges.OPERATIONS,
    *notes.OPERATIONS,
    *materials.OPERATIONS,
    *contacts.OPERATIONS,
    *originals.OPERATIONS,
    *handover.OPERATIONS,
    *rating.OPERATIONS,
    *attachments.OPERATIONS,
    *uploads.OPERATIONS,
    *events.OPERATIONS,
    *deliveries.OPERATIONS,
    *messages.OPERATIONS,
    *agreements.OPERATIONS,
    *progress.OPERATIONS,
    *wellknown.OPERATIONS,
    *health.OPERATIONS,
)


def add(app: web.Application) -> None:
    """Add every route of the API, and the documents that describe them."""
    for operation in OPERATIONS:
        app.router.add_route(operation.method, operation.path, operation.handler)
    docs.add(app, OPERATIONS)
