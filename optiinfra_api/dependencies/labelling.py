"""Labels on their way in: of calls that are there, and again whenever they are sent again."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.schemas.labels import NewLabel
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.errors import NotFound
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.tenancy.application_news import ApplicationNews
from optiinfra_core.tenancy.customers import Customer
from optiinfra_core.warehouse.labels import HumanLabel, LabelWriter
from optiinfra_core.warehouse.questions.application_labels import (
    INTERACTIONS_NAMED,
    LABELS,
    Label,
    NamedCall,
)
from optiinfra_core.windows import DAY

# Calls are kept for so long by default; an older one cannot be shown to a person either.
REACHES_BACK = 400 * DAY
TOLD = 5

Named = Mapping[tuple[str, str], NamedCall]


async def store(
    doors: Doors,
    customer: Customer,
    providers: tuple[str, ...],
    key: ApiKey,
    labels: list[NewLabel],
) -> int:
    """Write ``labels``, all or none, and return how many.

    Raises:
        NotFound: one is of a call that the customer does not have at these providers.
    """
    calls = await named(doors, customer, providers, labels)
    now = doors.clock.now()
    rows = [label_of(each, calls, customer, key, now) for each in labels]
    await written(doors, rows)
    return len(rows)


async def named(
    doors: Doors, customer: Customer, providers: tuple[str, ...], labels: Iterable[NewLabel]
) -> Named:
    """The calls that ``labels`` are of, by application and id."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in labels:
        wanted[each.application_id].add(each.interaction_id)
    now = doors.clock.now()
    found = await asyncio.gather(
        *(
            doors.warehouse.rows(
                INTERACTIONS_NAMED,
                {
                    "customer_id": customer.slug,
                    "providers": providers,
                    "application": application,
                    "interactions": tuple(sorted(calls)),
                    "traces": tuple(sorted({each.partition("-")[0] for each in calls})),
                    "start": now - REACHES_BACK,
                    "end": now + DAY,
                },
            )
            for application, calls in wanted.items()
        )
    )
    known = {
        (application, call.interaction_id): call
        for application, calls in zip(wanted, found, strict=True)
        for call in calls
    }
    asked = {(name, call) for name, calls in wanted.items() for call in calls}
    missing = [call for _, call in sorted(asked - known.keys())]
    if missing:
        raise NotFound(
            f"{len(missing)} calls are not there: {', '.join(missing[:TOLD])}",
            remedy="Name calls as /worst and /to-label do, with the application they are of;"
            " nothing of the batch was stored.",
        )
    return known


def label_of(
    label: NewLabel, calls: Named, customer: Customer, key: ApiKey, now: datetime
) -> HumanLabel:
    """One row; its comment goes when the call's text goes."""
    call = calls[label.application_id, label.interaction_id]
    return HumanLabel(
        customer_id=customer.slug,
        application_id=label.application_id,
        timestamp=call.timestamp,
        interaction_id=label.interaction_id,
        metric_name=label.metric_name,
        rater=label.rater,
        flagged=label.flagged,
        comment=label.comment,
        text_expires_on=call.text_expires_on,
        key_id=key.id,
        labelled_at=now,
    )


async def take_back(
    doors: Doors,
    customer: Customer,
    providers: tuple[str, ...],
    key: ApiKey,
    label: Mapping[str, Any],
) -> None:
    """End one label; ``label`` names its application, interaction, metric_name and rater.

    Raises:
        NotFound: there is none.
    """
    now = doors.clock.now()
    asked = {
        "customer_id": customer.slug,
        "start": now - REACHES_BACK,
        "end": now + DAY,
        "providers": providers,
        **label,
    }
    found = await doors.warehouse.rows(LABELS, asked)
    if not found:
        raise NotFound("there is no such label", remedy="GET .../labels lists those there are.")
    await written(doors, [ended(each, customer, key, now) for each in found])


def ended(label: Label, customer: Customer, key: ApiKey, now: datetime) -> HumanLabel:
    """The row that replaces a label by nothing, always a later one."""
    return HumanLabel(
        customer_id=customer.slug,
        application_id=label.application_id,
        timestamp=label.timestamp,
        interaction_id=label.interaction_id,
        metric_name=label.metric_name,
        rater=label.rater,
        flagged=label.flagged,
        text_expires_on=date(now.year, now.month, now.day),
        key_id=key.id,
        labelled_at=max(now, label.labelled_at + timedelta(milliseconds=1)),
        is_deleted=True,
    )


async def written(doors: Doors, rows: list[HumanLabel]) -> None:
    """Write the rows; from then on answers that were held are old."""
    await run_in_threadpool(LabelWriter(doors.writer).write, rows)
    news, now = ApplicationNews(doors.database), doors.clock.now()
    for customer, application in {(row.customer_id, row.application_id) for row in rows}:
        await run_in_threadpool(news.changed, customer, application, now)


def slugs_of(providers: tuple[ProviderInfo, ...], provider: str) -> tuple[str, ...]:
    """The clouds that a path means, with calls that tell none under ``all``."""
    slugs = tuple(info.slug for info in providers)
    return (*slugs, "") if provider == "all" else slugs
