"""Both simulated subscriptions, collected whole and compared with what is true of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.metrics import ControlTotal, CostRow, PerformanceRow, ResourceRow
from optiinfra_core.windows import FixedClock, Window, month_window
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.cost import CostCollector
from optiinfra_pipelines.providers.azure.credential import AzureCredential
from optiinfra_pipelines.providers.azure.performance import PerformanceCollector
from optiinfra_pipelines.providers.azure.resource import ResourceCollector
from optiinfra_pipelines.providers.azure.verification import verify
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.world.world import World

NOW = datetime(2026, 11, 21, 9, 40, tzinfo=UTC)
OK = (200, 206)
NOVEMBER = month_window(NOW.date())
CENT = Decimal("0.01")
ACME = "a0000000-0000-4000-8000-000000000001"
GLOBEX = "a0000000-0000-4000-8000-000000000002"
ACCOUNTS = [pytest.param(ACME, id="acme"), pytest.param(GLOBEX, id="globex")]


@pytest.fixture
def clock() -> FixedClock:
    """The time of the simulated world and of its connections."""
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificate authority is kept."""
    return tmp_path_factory.mktemp("azure")


@pytest.fixture
def cloud(clock: FixedClock, state: Path) -> Iterator[AzureCloud]:
    """The simulated Azure, serving; quotas count by the clock of each test."""
    with AzureCloud(World(clock=clock, instances=4), state=state) as serving:
        yield serving


@pytest.fixture
def connections(cloud: AzureCloud, clock: FixedClock) -> Iterator[Any]:
    """Opens the account's credential as its customer enters it."""
    held: list[Azure] = []

    def opened(account: str) -> Azure:
        credential = AzureCredential.model_validate(cloud.credential(account))

        def sleep(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))

        gate = Gate(ledger=CallLog(), clock=clock, sleep=sleep, private_endpoints=True)
        held.append(Azure(credential, gate))
        return held[-1]

    yield opened
    for connection in held:
        connection.close()


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_permission_is_there(account: str, connections: Any) -> None:
    """The simulated role is the one we ask for."""
    found = verify(connections(account))
    assert found.account_id == account
    assert found.permissions_missing == ()


@pytest.mark.parametrize("month", [10, 11])
@pytest.mark.parametrize("account", ACCOUNTS)
def test_cost_equals_what_azure_says_that_day(
    account: str, month: int, connections: Any, cloud: AzureCloud
) -> None:
    """Each day and each service to the cent; the total that Azure adds up itself agrees."""
    connection = connections(account)
    span = month_window(datetime(2026, month, 1, tzinfo=UTC).date())
    items = list(CostCollector().collect(connection, span))
    rows = [one for one in items if isinstance(one, CostRow)]
    days, services = Counter[Any](), Counter[str]()
    for row in rows:
        days[row.charge_period_start.date()] += row.billed_cost  # type: ignore[assignment]
        services[row.service_name] += row.billed_cost  # type: ignore[assignment]
    bounds = (account, span.start.date(), span.end.date(), NOW)
    truth = cloud.cost_by_day(*bounds)
    assert sum(truth.values()) > 0
    assert {day: told.quantize(CENT) for day, told in days.items() if told} == {
        day: told.quantize(CENT) for day, told in truth.items() if told
    }
    by_service = cloud.cost_by_service(*bounds)
    assert {name: told.quantize(CENT) for name, told in services.items() if told} == {
        name: told.quantize(CENT) for name, told in by_service.items() if told
    }
    for control in (one for one in items if isinstance(one, ControlTotal)):
        assert abs(control.amount - sum(days.values())) <= control.tolerance


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_resource_is_there(account: str, connections: Any, cloud: AzureCloud) -> None:
    """Identifiers by kind, those of the truth and no others; machines have their sizes."""
    span = Window(NOW.replace(minute=30), NOW.replace(minute=45))
    rows = list(ResourceCollector().collect(connections(account), span))
    found: dict[str, list[str]] = {}
    for row in rows:
        assert isinstance(row, ResourceRow), row
        found.setdefault(row.resource_type, []).append(row.resource_id)
    truth = {kind: ids for kind, ids in cloud.resources(account, NOW).items() if ids}
    assert {kind: sorted(ids) for kind, ids in found.items()} == {
        kind: sorted(ids) for kind, ids in truth.items()
    }
    machines = [row for row in rows if getattr(row, "resource_type", "").endswith("machine")]
    assert all(getattr(row, "vcpus", None) for row in machines)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_sample_is_there(account: str, connections: Any, cloud: AzureCloud) -> None:
    """As many samples of each resource as Azure shows of the metrics that are collected."""
    span = Window(NOW.replace(hour=8, minute=0), NOW.replace(hour=9, minute=0))
    rows = list(PerformanceCollector().collect(connections(account), span))
    counted = Counter(row.resource_id for row in rows if isinstance(row, PerformanceRow))
    assert sum(counted.values()) == len(rows) > 0
    truth = {name: count for name, count in cloud.points(account, span, NOW).items() if count}
    assert dict(counted) == truth


STORY = [
    pytest.param(datetime(2026, 11, 18, 7, tzinfo=UTC), id="before the rerating"),
    pytest.param(datetime(2026, 11, 19, 9, tzinfo=UTC), id="after the rerating"),
    pytest.param(datetime(2026, 12, 2, 9, tzinfo=UTC), id="the month is over"),
    pytest.param(datetime(2026, 12, 4, 23, tzinfo=UTC), id="after the last charge"),
    pytest.param(datetime(2026, 12, 7, 9, tzinfo=UTC), id="settled"),
]


@pytest.mark.parametrize("now", STORY)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_month_is_what_azure_says_at_every_time_of_its_life(
    account: str, now: datetime, connections: Any, cloud: AzureCloud, clock: FixedClock
) -> None:
    """Rerated, closed, changed once more, settled: the total is always Azure's of that moment."""
    clock.instant = now
    rows = [
        one
        for one in CostCollector().collect(connections(account), NOVEMBER)
        if isinstance(one, CostRow)
    ]
    truth = cloud.cost_by_day(account, NOVEMBER.start.date(), NOVEMBER.end.date(), now)
    assert sum(row.billed_cost for row in rows).quantize(CENT) == sum(truth.values()).quantize(CENT)  # type: ignore[union-attr]
    finality = {row.finality for row in rows}
    assert finality == {"open" if now.month == 11 else "closing" if now.day < 6 else "final"}


def test_an_export_names_the_month_it_delivered_again(
    connections: Any, cloud: AzureCloud, clock: FixedClock
) -> None:
    """A look between two runs names nothing; the next run names the running month."""
    collector, azure = CostCollector(), connections(ACME)
    horizon = Window(month_window(NOVEMBER.start.date()).start - timedelta(days=31), NOVEMBER.end)
    first = collector.changes(azure, None, horizon)
    assert first is not None
    assert NOVEMBER in first.spans
    again = collector.changes(azure, first.version, horizon)
    assert again is not None
    assert again.spans == ()
    clock.advance(timedelta(hours=5))
    later = collector.changes(azure, first.version, horizon)
    assert later is not None
    assert later.spans == (NOVEMBER,)


FAULTS = [
    *((GLOBEX, kind) for kind in (
        FaultKind.THROTTLE, FaultKind.THROTTLE_QUOTA, FaultKind.ERROR_500, FaultKind.RESET,
    )),
    *((ACME, kind) for kind in (FaultKind.THROTTLE_BARE, FaultKind.TRUNCATE, FaultKind.EXPIRED)),
]  # fmt: skip


@pytest.mark.parametrize(("account", "kind"), FAULTS)
def test_a_fault_that_passes_changes_nothing_of_what_is_collected(
    account: str, kind: FaultKind, connections: Any, cloud: AzureCloud, clock: FixedClock
) -> None:
    """Each service fails once; what is collected is what a quiet day brings."""
    span = Window(NOW.replace(hour=8, minute=0), NOW.replace(hour=8, minute=15))
    expected = _everything(connections(account), span)
    clock.advance(timedelta(minutes=2))  # the quota of the first time is free again
    source = "storage" if account == ACME else "costmanagement"
    services = ("resourcegraph", "compute", "metrics", source)
    for service in services:
        cloud.faults.add(Fault(kind=kind, service=service, times=1))
    struck = connections(account)
    assert _everything(struck, span) == expected
    assert len([call for call in struck.gate.ledger.calls if call.status not in OK]) == len(
        services
    )


def _everything(azure: Azure, span: Window) -> list[str]:
    items = [
        *PerformanceCollector().collect(azure, span),
        *ResourceCollector().collect(azure, span),
        *CostCollector().collect(azure, NOVEMBER),
    ]
    return sorted(map(repr, items))
