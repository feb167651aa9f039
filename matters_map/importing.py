"""Putting the sample agreements, forms and calendar into the tables, once."""

import json

from tortoise.backends.base.client import BaseDBAsyncClient

from matters_map import sample_lists
from matters_map.canonical import list_hash, list_text
from matters_map.forms import Forms
from matters_map.tables import Agreement, CalendarDay, FormVersion, ListVersion


async def import_samples(connection: BaseDBAsyncClient) -> None:
    """Write the samples as version 1, in force; what is there already is left as it is.

    The caller brings the connection and, if it wants all or nothing, the transaction.
    """
    await import_forms_and_calendar(connection)
    served_by = sample_lists.forms()
    for position, agreement in enumerate(sample_lists.AGREEMENTS):
        if not await ListVersion.filter(agreement=agreement.id).using_db(connection).exists():
            await _list(connection, agreement, position, served_by)


async def import_forms_and_calendar(connection: BaseDBAsyncClient) -> None:
    """Write the forms and the published calendar years that come with the product; what is there already stays."""
    await _forms(connection, sample_lists.forms())
    await _calendar(connection)


async def _list(
    connection: BaseDBAsyncClient, agreement: sample_lists.SampleAgreement, position: int, served_by: Forms
) -> None:
    await Agreement.get_or_create(
        {
            "name": agreement.name,
            "document_number": agreement.document_number,
            "members": agreement.members,
            "position": position,
        },
        using_db=connection,
        id=agreement.id,
    )
    lines = [line.to_json() for line in sample_lists.lines(agreement, served_by)]
    signed = (agreement.id, 1, sample_lists.EFFECTIVE_FROM.isoformat(), lines)
    await ListVersion.create(
        using_db=connection,
        agreement=agreement.id,
        version=1,
        state="in_force",
        effective_from=sample_lists.EFFECTIVE_FROM,
        hash=list_hash(*signed),
        text=list_text(*signed).decode(),
    )


async def _forms(connection: BaseDBAsyncClient, served_by: Forms) -> None:
    present = set(await FormVersion.all().using_db(connection).values_list("id", "version"))
    for form in served_by:
        if (form.id, form.version) not in present:
            text = json.dumps(form.schema, ensure_ascii=False)
            await FormVersion.create(using_db=connection, id=form.id, version=form.version, schema=text)


async def _calendar(connection: BaseDBAsyncClient) -> None:
    present = set(await CalendarDay.all().using_db(connection).values_list("date", flat=True))
    missing = [
        CalendarDay(date=day.day, working=day.working, kind=day.kind, name=day.name)
        for day in sample_lists.calendar_days()
        if day.day not in present
    ]
    await CalendarDay.bulk_create(missing, using_db=connection)
