"""Both simulated projects, collected whole and compared with what is true of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import ControlTotal, CostRow, PerformanceRow, ResourceRow
from optiinfra_core.windows import DAY, FixedClock, Window, day_window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.cost import CLOSING, CostCollector
from optiinfra_pipelines.providers.gcp.credential import GcpCredential
from optiinfra_pipelines.providers.gcp.performance import PerformanceCollector
from optiinfra_pipelines.providers.gcp.resource import ResourceCollector
from optiinfra_pipelines.providers.gcp.verification import verify
from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.world.world import World

NOW = datetime(2026, 11, 21, 9, 40, tzinfo=UTC)
ACME, GLOBEX = "acme-prod-314159", "globex-platform-271828"
ACCOUNTS = [pytest.param(ACME, id="acme"), pytest.param(GLOBEX, id="globex")]
SPAN = Window(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
HORIZON = Window(NOW - timedelta(days=396), NOW + DAY)
COST = CostCollector()

Open = Callable[..., Gcp]


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    """The time of the simulated world and of its connections."""
    return FixedClock(NOW)


@pytest.fixture(scope="module")
def cloud(clock: FixedClock) -> Iterator[GoogleCloud]:
    """The simulated Google Cloud, serving."""
    with GoogleCloud(World(clock=clock, instances=4)) as serving:
        yield serving


@pytest.fixture
def connections(cloud: GoogleCloud, clock: FixedClock) -> Iterator[Open]:
    """Opens the account's credential as its customer enters it."""
    held: list[Gcp] = []

    def opened(account: str, **export: str) -> Gcp:
        told = cloud.credential(account)
        told = {**told, "billing_export": {**told["billing_export"], **export}}
        credential = GcpCredential.model_validate(told)

        def sleep(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))

        gate = Gate(ledger=CallLog(), clock=clock, sleep=sleep, private_endpoints=True)
        held.append(Gcp(credential, gate))
        return held[-1]

    clock.instant = NOW
    yield opened
    clock.instant = NOW
    for connection in held:
        connection.close()


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_permission_is_there(account: str, connections: Open) -> None:
    """The simulated role is the one we ask for."""
    found = verify(connections(account))
    assert found.account_id == account
    assert found.permissions_missing == ()
    assert found.principal.endswith(f"@{account}.iam.gserviceaccount.com")


def days(rows: list[CostRow]) -> dict[date, Decimal]:
    """Billed cost by day."""
    told: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        told[row.charge_period_start.date()] += row.billed_cost
    return told


@pytest.mark.parametrize("account", ACCOUNTS)
def test_cost_equals_what_google_had_exported(
    account: str, connections: Open, cloud: GoogleCloud
) -> None:
    """Each day and each service to the last decimal; BigQuery's own sum agrees."""
    items = list(COST.collect(connections(account), SPAN))
    rows = [one for one in items if isinstance(one, CostRow)]
    [total] = [one for one in items if isinstance(one, ControlTotal)]
    truth = cloud.cost_by_day(account, SPAN.first_day, SPAN.last_day + DAY, NOW)
    assert days(rows) == {day: cost for day, cost in truth.items() if cost or day in days(rows)}
    assert total.amount == sum(truth.values())
    services: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        services[row.service_name] += row.billed_cost
    assert services == dict(
        cloud.cost_by_service(account, SPAN.first_day, SPAN.last_day + DAY, NOW)
    )
    assert {"Usage", "Credit", "Tax"} <= {row.charge_category for row in rows}


def test_the_standard_export_tells_the_same_total_without_resources(
    connections: Open, cloud: GoogleCloud
) -> None:
    """It stands beside the detailed one in the dataset."""
    span = day_window(date(2026, 11, 18))
    items = list(COST.collect(connections(ACME, kind="standard"), span))
    rows = [one for one in items if isinstance(one, CostRow)]
    truth = cloud.cost_by_day(ACME, span.first_day, span.last_day + DAY, NOW)
    assert sum(row.billed_cost for row in rows) == sum(truth.values())
    assert {row.resource_id for row in rows} == {""}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_changed_days_are_exactly_those_whose_truth_moved(
    account: str, connections: Open, cloud: GoogleCloud, clock: FixedClock
) -> None:
    """A day later no total differs from what was served outside the days that are named."""
    gcp = connections(account)
    first = COST.changes(gcp, None, HORIZON)
    assert first is not None
    assert [span.start for span in first.spans] == [CLOSING.unsettled(NOW).start]
    again = COST.changes(gcp, first.version, HORIZON)
    assert again is not None
    assert (again.version, again.spans) == (first.version, ())
    clock.advance(DAY)
    later = COST.changes(gcp, first.version, Window(HORIZON.start, HORIZON.end + DAY))
    assert later is not None
    assert later.version != first.version
    named = {day.first_day for span in later.spans for day in span.split(DAY)}
    start, end = date(2026, 9, 1), date(2026, 11, 23)
    before = cloud.cost_by_day(account, start, end, NOW)
    after = cloud.cost_by_day(account, start, end, clock.now())
    moved = {day for day in after if after[day] != before.get(day, Decimal(0))}
    assert moved <= named
    assert len(named) < 20


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_inventory_is_what_exists(account: str, connections: Open, cloud: GoogleCloud) -> None:
    """Every resource of every kind, by the name that truth has for it."""
    span = Window(NOW, NOW + timedelta(minutes=15))
    items = list(ResourceCollector().collect(connections(account), span))
    assert not [one for one in items if isinstance(one, PartFailure)]
    found: dict[str, set[str]] = defaultdict(set)
    for row in items:
        assert isinstance(row, ResourceRow)
        found[row.resource_type].add(row.resource_id)
    truth = cloud.resources(account, NOW)
    assert found == {kind: set(names) for kind, names in truth.items() if names}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_sample_is_there_once(account: str, connections: Open, cloud: GoogleCloud) -> None:
    """By resource, for an hour of which the last minutes are not visible yet."""
    span = Window(NOW - timedelta(hours=1, minutes=10), NOW - timedelta(minutes=10))
    rows = list(PerformanceCollector().collect(connections(account), span))
    assert rows
    found = Counter(row.resource_id for row in rows if isinstance(row, PerformanceRow))
    truth = cloud.points(account, span, NOW)
    assert found == {name: count for name, count in truth.items() if count}
    assert len({(row.resource_id, row.metric, row.ts) for row in rows}) == len(rows)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_cost_inventory_and_samples_call_a_machine_the_same(
    account: str, connections: Open
) -> None:
    """What joins them is one name."""
    gcp = connections(account)
    span = Window(NOW - timedelta(minutes=40), NOW - timedelta(minutes=10))
    measured = {row.resource_id for row in PerformanceCollector().collect(gcp, span)}
    listed = {
        row.resource_id
        for row in ResourceCollector().collect(gcp, Window(NOW, NOW + timedelta(minutes=15)))
        if isinstance(row, ResourceRow)
    }
    billed = {
        row.resource_id
        for row in COST.collect(gcp, day_window(date(2026, 11, 19)))
        if isinstance(row, CostRow)
    }
    assert measured
    assert measured <= listed
    assert measured & billed
