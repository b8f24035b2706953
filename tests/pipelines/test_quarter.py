"""A quarter of days at every cloud: what is served each evening, and what is said of it later."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

import pytest

from optiinfra_core.metrics import COST
from optiinfra_core.windows import DAY, FixedClock, Window, day_window
from optiinfra_pipelines.collection.doors import Doors
from tests.pipelines.simulated import Clouds, Tenant, clouds

FIRST = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 92
# One customer of each cloud is looked at every evening, the other after pauses, as after downtime.
PAUSE = 3
EVENING = timedelta(hours=20, minutes=5)


@dataclass
class Diary:
    """What was served of one customer each evening, and how it came about."""

    served: dict[datetime, Decimal] = field(default_factory=dict)
    explained: dict[datetime, Decimal] = field(default_factory=dict)
    restated: int = 0


def evening(installed: Clouds, now: datetime, tenant: Tenant, diary: Diary) -> None:
    """One tick of one customer; the served total is what the provider would answer now."""
    today = day_window(now.date())
    span = Window(FIRST, today.end)
    before = set(diary.served)
    known = {
        record.window.start
        for record in installed.doors.commits.committed(
            tenant.customer, tenant.cloud.slug, COST, tenant.holder.account_id, span
        )
    }
    outcome = installed.collect(tenant, COST, [now.date()], f"run-{now:%m%d}", "schedule")
    assert outcome.status in ("succeeded", "skipped"), (now, outcome.fault)
    served = installed.served(tenant, span)
    assert served == tenant.true_cost(span, now), (tenant.cloud.slug, tenant.customer, now)
    changes = installed.restatements(tenant, span, now)
    arrived = sum(
        (
            installed.served(tenant, window)
            for window in outcome.windows
            if window.start >= FIRST and window.start not in known
        ),
        Decimal(0),
    )
    diary.restated += len(changes)
    diary.served[now] = served
    if before:
        diary.explained[now] = arrived + sum((each.delta for each in changes), Decimal(0))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_evening_of_a_quarter_serves_what_the_provider_would_answer(
    doors: Doors, clock: FixedClock
) -> None:
    """Late rows, a rerating, refunds and invoices: totals, ledger and memory agree to the cent."""
    clock.instant = FIRST + EVENING
    with clouds(doors, clock, instances=2) as installed:
        diaries = [(tenant, Diary()) for tenant in installed.tenants]
        with ThreadPoolExecutor(2) as side_by_side:
            for day in range(DAYS):
                due = diaries if day % PAUSE == 0 else [one for one in diaries if daily(one[0])]
                tick = partial(evening, installed, clock.now())
                list(side_by_side.map(tick, *zip(*due, strict=True)))
                clock.advance(DAY)
        for tenant, diary in diaries:
            _agrees(installed, tenant, diary)


def daily(tenant: Tenant) -> bool:
    """Whether it is the customer of its cloud that is looked at every evening."""
    return tenant.holder == tenant.cloud.holders()[0]


def _agrees(installed: Clouds, tenant: Tenant, diary: Diary) -> None:
    """The ledger explains each difference, and each evening is remembered as it was."""
    evenings = list(diary.served)
    assert diary.restated > 0
    for before, now in pairwise(evenings):
        assert diary.served[now] - diary.served[before] == diary.explained[now], (tenant, now)
    for at in evenings:
        span = Window(FIRST, day_window(at.date()).end)
        assert installed.as_known(tenant, span, at) == diary.served[at], (tenant, at)
