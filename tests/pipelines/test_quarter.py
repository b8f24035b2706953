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
EVENING = timedelta(hours=20, minutes=5)
# From 28 July to 14 August, when a month is closed, invoiced, rerated and refunded.
TURN = range(27, 45)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """After how many days a cloud's first and its second customer are looked at.

    The first is looked at every evening while a month turns; a pause is like a downtime.
    """

    first: int
    second: int

    def due(self, day: int, tenant: Tenant) -> bool:
        """Whether ``tenant`` is looked at in the evening of ``day``, counted from 0."""
        if tenant.holder == tenant.cloud.holders()[0]:
            return day in TURN or day % self.first == 0
        return day % self.second == 0


RHYTHMS = (
    pytest.param(Rhythm(4, 7), id="the-turn-of-a-month"),
    pytest.param(Rhythm(1, 3), id="all", marks=pytest.mark.long),
)


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
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_evenings_of_a_quarter_serve_what_the_provider_would_answer(
    doors: Doors, clock: FixedClock, rhythm: Rhythm
) -> None:
    """Late rows, a rerating, refunds and invoices: totals, ledger and memory agree to the cent."""
    clock.instant = FIRST + EVENING
    with clouds(doors, clock, instances=2) as installed:
        diaries = [(tenant, Diary()) for tenant in installed.tenants]
        with ThreadPoolExecutor(2) as side_by_side:
            for day in range(DAYS):
                tick = partial(evening, installed, clock.now())
                due = [one for one in diaries if rhythm.due(day, one[0])]
                list(side_by_side.map(lambda one, tick=tick: tick(*one), due))
                clock.advance(DAY)
        for tenant, diary in diaries:
            _agrees(installed, tenant, diary)


def _agrees(installed: Clouds, tenant: Tenant, diary: Diary) -> None:
    """The ledger explains each difference, and each evening is remembered as it was."""
    evenings = list(diary.served)
    assert diary.restated > 0
    for before, now in pairwise(evenings):
        assert diary.served[now] - diary.served[before] == diary.explained[now], (tenant, now)
    for at in evenings:
        span = Window(FIRST, day_window(at.date()).end)
        assert installed.as_known(tenant, span, at) == diary.served[at], (tenant, at)
