"""Simulated AWS through boto3, collectors and ClickHouse, compared with its truth to the cent."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from urllib.request import urlopen

import pytest

from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.warehouse.questions.cost import TOTAL
from optiinfra_core.windows import DAY, QUARTER_HOUR, FixedClock, Window, day_window
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.registry import provider
from optiinfra_simulator import truth
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.world import World
from tests.pipelines.conftest import NOON

TODAY = NOON.date()
FORTNIGHT = tuple(TODAY - timedelta(days=n) for n in range(13, -1, -1))


@pytest.fixture
def world(clock: FixedClock) -> World:
    """A small cloud on the test's clock."""
    return World(seed=11, clock=clock, instances=4)


@pytest.fixture
def simulator(world: World) -> Iterator[SimulatorServer]:
    """The cloud over HTTP."""
    with SimulatorServer(world) as server:
        # Role sessions expire by the clock that the collector asks.
        server.gateway.cloud.identities.wall = world.clock
        yield server


@pytest.fixture
def customers(doors: Doors, simulator: SimulatorServer) -> dict[str, str]:
    """Every customer of the simulated cloud with its credential in the vault, and its account."""
    aws = provider("aws")
    known = {customer.slug for customer in Customers(doors.database).list()}
    with urlopen(f"{simulator.url}/_simulator/accounts", timeout=30) as answer:  # noqa: S310
        accounts = json.load(answer)
    for account in accounts:
        slug = account["customer"]
        if slug not in known:
            Customers(doors.database).add(slug, account["name"])
        for stale in doors.vault.list(slug):
            doors.vault.delete(stale.id, "test")
        credential = aws.credential.model_validate(account["credential"])
        doors.vault.add(slug, "aws", credential, account["label"], "test")
    return {account["customer"]: account["account_id"] for account in accounts}


def attempt(
    doors: Doors, metric: Metric, customer: str, days: tuple[date, ...], run: str
) -> Outcome:
    """One forced collection."""
    request = Request(customer_id=customer, days=days, run_id=run, trigger="backfill")
    ((_, (outcome,)),) = collect(doors, provider("aws"), metric, [request])
    return outcome


def served(doors: Doors, customer: str, span: Window) -> Decimal:
    """What the warehouse says the span cost."""
    rows = doors.warehouse.rows(
        TOTAL,
        {
            "customer_id": customer,
            "providers": ["aws"],
            "start": span.start,
            "end": span.end,
            "basis": "billed",
        },
    )
    return sum((row.cost or Decimal(0) for row in rows), Decimal(0))


def test_costs_equal_the_truth_to_the_cent_from_both_sources(
    doors: Doors, customers: dict[str, str], world: World, clock: FixedClock
) -> None:
    """Fourteen days from Cost Explorer and from an export: no cent more, no cent less."""
    span = Window(day_window(FORTNIGHT[0]).start, day_window(TODAY).end)
    sources = set()
    for customer, account in customers.items():
        outcome = attempt(doors, COST, customer, FORTNIGHT, "run-1")
        assert outcome.status == "succeeded", outcome.fault
        sources.add(outcome.source)
        want = truth.cost_total(world, account, FORTNIGHT[0], TODAY + DAY, clock.now())
        assert want > 0
        assert served(doors, customer, span) == want
    assert sources == {"ce_daily", "focus_export"}


def test_restated_days_follow_the_truth_of_each_day(
    doors: Doors, customers: dict[str, str], world: World, clock: FixedClock
) -> None:
    """A provider changes its mind for two days; what is served is what it says now."""
    span = Window(day_window(FORTNIGHT[-4]).start, day_window(TODAY).end)
    changes = set()
    for step in range(4):
        for customer, account in customers.items():
            outcome = attempt(doors, COST, customer, FORTNIGHT[-4:], f"run-{step}")
            assert outcome.status == "succeeded", outcome.fault
            want = truth.cost_total(world, account, FORTNIGHT[-4], TODAY + DAY, clock.now())
            assert served(doors, customer, span) == want
            changes.add((customer, want))
        clock.advance(timedelta(hours=16))
    assert len(changes) > len(customers)


def test_every_sample_arrives_once_with_its_value(
    doors: Doors, customers: dict[str, str], simulator: SimulatorServer, clock: FixedClock
) -> None:
    """Counts equal the truth after two overlapping collections of the same hours."""
    for customer, account in customers.items():
        for run in ("run-1", "run-2"):
            outcome = attempt(doors, PERFORMANCE, customer, (TODAY,), run)
            assert outcome.status == "succeeded", outcome.fault
        newest = max(window.end for window in outcome.windows)
        span = Window(day_window(TODAY).start, newest)
        watched = simulator.gateway.cloud.watched[account]
        want = truth.collectable(simulator.world, account, span, clock.now(), watched)
        records = doors.commits.committed(customer, "aws", PERFORMANCE, account, span)
        assert sum(record.rows for record in records) == want > 0


def test_every_resource_is_in_the_inventory(
    doors: Doors, customers: dict[str, str], world: World, clock: FixedClock
) -> None:
    """What exists in the cloud now is what the snapshot holds, nothing more."""
    for customer, account in customers.items():
        outcome = attempt(doors, RESOURCE, customer, (TODAY,), "run-1")
        assert outcome.status == "succeeded", outcome.fault
        exist = sum(len(ids) for ids in truth.resources(world, account, clock.now()).values())
        assert outcome.rows == exist > 0
        assert [window.length for window in outcome.windows] == [QUARTER_HOUR]
