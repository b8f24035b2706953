"""The provider against the simulated Vultr: cost to the cent, every resource, every sample."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import CredentialRejected, Malformed, OptiInfraError, Transient
from optiinfra_core.metrics import ControlTotal, CostRow, PerformanceRow, ResourceRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, month_window
from optiinfra_pipelines.providers.vultr import PROVIDER
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.vultr.accounts import ACME, GLOBEX
from optiinfra_simulator.vultr.cloud import VultrCloud
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World

COST, PERFORMANCE, RESOURCE = PROVIDER.collectors
NOON = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)
QUARTER = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@dataclass
class Scene:
    """A simulated Vultr and its clock."""

    clock: WorldClock
    cloud: VultrCloud

    @contextmanager
    def opened(self, account: str) -> Iterator[Vultr]:
        """A connection with the credential that the account's customer enters."""
        credential = PROVIDER.credential.model_validate(self.cloud.credential(account))
        gate = Gate(
            ledger=CallLog(),
            clock=self.clock,
            sleep=lambda _seconds: None,
            deadline_seconds=5.0,
            private_endpoints=True,
        )
        connection = PROVIDER.connect(credential, gate)
        assert isinstance(connection, Vultr)
        with connection:
            yield connection


@pytest.fixture
def scene() -> Iterator[Scene]:
    """The default world at noon of 20 November 2026."""
    clock = WorldClock(NOON)
    with VultrCloud(World(clock=clock)) as cloud:
        yield Scene(clock, cloud)


def by_day(rows: list[CostRow]) -> Mapping[date, Decimal]:
    """What rows add up to, day by day."""
    found: dict[date, Decimal] = {}
    for row in rows:
        day = row.charge_period_start.date()
        found[day] = found.get(day, Decimal(0)) + row.billed_cost
    return found


def held(control: ControlTotal, rows: list[CostRow]) -> bool:
    """Whether rows add up to what a control total says."""
    counted = [
        row.billed_cost
        for row in rows
        if row.charge_period_start in control.span and control.invoice_id in ("", row.invoice_id)
    ]
    return abs(sum(counted, Decimal(0)) - control.amount) <= control.tolerance


@pytest.mark.parametrize("account", [ACME.email, GLOBEX.email])
@pytest.mark.parametrize(
    "as_of",
    [
        datetime(2026, 9, 1, 0, 10, tzinfo=UTC),
        datetime(2026, 9, 30, 23, 59, tzinfo=UTC),
        datetime(2026, 10, 1, 0, 10, tzinfo=UTC),
        datetime(2026, 10, 1, 0, 31, tzinfo=UTC),
        datetime(2026, 10, 9, 14, 1, tzinfo=UTC),
        datetime(2026, 11, 29, 5, 0, tzinfo=UTC),
    ],
    ids=["month begins", "month ends", "not invoiced", "invoiced", "refunded", "capped"],
)
def test_cost_is_what_vultr_says_at_every_instant(
    account: str, as_of: datetime, scene: Scene
) -> None:
    """Each day of the quarter to the last decimal, each control total, each service to the cent."""
    scene.clock.set(as_of)
    with scene.opened(account) as vultr:
        found = list(COST.collect(vultr, QUARTER))
    rows = [one for one in found if isinstance(one, CostRow)]
    controls = [one for one in found if isinstance(one, ControlTotal)]
    start, end = QUARTER.start.date(), QUARTER.end.date()
    truth = scene.cloud.cost_by_day(account, start, end, as_of)
    told = by_day(rows)
    assert {day for day in told | truth if told.get(day, 0) != truth.get(day, 0)} == set()
    services: Counter[str] = Counter()
    for row in rows:
        services[row.service_name] += row.billed_cost  # type: ignore[assignment]
    assert dict(services) == scene.cloud.cost_by_service(account, start, end, as_of)
    assert all(held(control, rows) for control in controls)
    assert {row.finality for row in rows if row.invoice_id} <= {"final"}


def test_most_charges_name_the_resource_they_are_for(scene: Scene) -> None:
    """Of what exists now every line whose words fit one thing; the names are not unique."""
    with scene.opened(ACME.email) as vultr:
        rows = [r for r in COST.collect(vultr, QUARTER) if isinstance(r, CostRow)]
    owned = {i for ids in scene.cloud.resources(ACME.email, NOON).values() for i in ids}
    named = {row.resource_id for row in rows if row.resource_id}
    assert named <= owned
    assert len(named) > 0.8 * len(owned)
    kinds = {row.resource_type for row in rows}
    assert {"vultr.compute.instance", "vultr.storage.block", "vultr.database.instance"} <= kinds


def test_a_quarter_is_kept_right_by_what_changes(scene: Scene) -> None:
    """Day by day only what ``changes`` names is read again, and all of it is always right."""
    served: dict[date, list[CostRow]] = {}
    version: str | None = None
    with scene.opened(GLOBEX.email) as vultr:
        for day in range(0, 91, 7):
            scene.clock.set(QUARTER.start + day * DAY + timedelta(hours=15, minutes=5))
            now = scene.clock.now()
            horizon = Window(QUARTER.start, month_window(now.date()).end)
            told = COST.changes(vultr, version, horizon)
            assert told is not None
            for span in told.spans:
                extent = COST.extent(vultr, span)
                rows = [r for r in COST.collect(vultr, extent) if isinstance(r, CostRow)]
                for row in rows:
                    assert row.charge_period_start in extent
                _replace(served, extent, rows)
            version = told.version
            truth = scene.cloud.cost_by_day(
                GLOBEX.email, QUARTER.start.date(), QUARTER.end.date(), now
            )
            assert by_day([row for rows in served.values() for row in rows]) == truth


def _replace(served: dict[date, list[CostRow]], extent: Window, rows: list[CostRow]) -> None:
    for month in [m for m in served if extent.first_day <= m <= extent.last_day]:
        del served[month]
    for row in rows:
        served.setdefault(row.billing_period_start, []).append(row)


@pytest.mark.parametrize("account", [ACME.email, GLOBEX.email])
def test_every_resource_is_found(account: str, scene: Scene) -> None:
    """Each once, by its identifier and type, and no secret of any payload."""
    now = scene.clock.now()
    span = Window(NOON.replace(minute=0), NOON.replace(minute=15))
    with scene.opened(account) as vultr:
        rows = [row for row in RESOURCE.collect(vultr, span) if isinstance(row, ResourceRow)]
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.resource_type, []).append(row.resource_id)
    truth = scene.cloud.resources(account, now)
    assert {kind: tuple(sorted(ids)) for kind, ids in found.items()} == truth
    assert "canary" not in repr(rows)


@pytest.mark.parametrize("account", [ACME.email, GLOBEX.email])
@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 20, 11, 45, tzinfo=UTC),
        datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
        datetime(2026, 11, 19, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
        datetime(2026, 10, 1, tzinfo=UTC),
    ],
    ids=["last window", "night", "midnight", "today's midnight", "month"],
)
def test_every_sample_of_what_exists_is_found(account: str, start: datetime, scene: Scene) -> None:
    """As many as there are of each resource; what is gone since cannot be asked for."""
    span = Window(start, start + QUARTER_HOUR)
    with scene.opened(account) as vultr:
        rows = [r for r in PERFORMANCE.collect(vultr, span) if isinstance(r, PerformanceRow)]
    now = scene.clock.now()
    here = {i for ids in scene.cloud.resources(account, now).values() for i in ids}
    truth = scene.cloud.points(account, span, now)
    assert Counter(row.resource_id for row in rows) == {
        resource: count for resource, count in truth.items() if resource in here
    }
    assert all(row.ts in span for row in rows)


def test_samples_have_the_values_of_the_world(scene: Scene) -> None:
    """Shares are shares: nothing is off by a factor of 100 or 300."""
    span = Window(NOON.replace(hour=11, minute=45), NOON.replace(hour=12, minute=0))
    with scene.opened(ACME.email) as vultr:
        rows = [r for r in PERFORMANCE.collect(vultr, span) if isinstance(r, PerformanceRow)]
    shares = [row.value for row in rows if row.unit == "%"]
    assert 0 <= min(shares) < 30 < max(shares) <= 100
    traffic = [row.value for row in rows if row.metric == "network_in"]
    assert 20_000 <= min(traffic) < max(traffic) <= 900 * 1024 * 1024


def test_the_first_look_tells_account_and_acls(scene: Scene) -> None:
    """The account is the address in lower case, however it is written."""
    for holder in scene.cloud.holders():
        with scene.opened(holder.account_id) as vultr:
            found = PROVIDER.verify(vultr)
        assert found.account_id == holder.account_id
        assert found.permissions_missing == ()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.THROTTLE, Transient),
        (FaultKind.ERROR_500, Transient),
        (FaultKind.RESET, Transient),
        (FaultKind.TRUNCATE, Transient),
        (FaultKind.GARBAGE, Malformed),
        (FaultKind.CYCLIC_TOKEN, Malformed),
        (FaultKind.EMPTY_PAGE, Malformed),
        (FaultKind.DENY, CredentialRejected),
        (FaultKind.EXPIRED, CredentialRejected),
    ],
)
def test_a_lasting_fault_is_never_an_empty_account(
    kind: FaultKind, error: type[OptiInfraError], scene: Scene
) -> None:
    """Each is raised by its name; no row of the invoices is served without the others."""
    scene.cloud.faults.add(Fault(kind=kind, service="vultr", operation="billing/invoices"))
    with scene.opened(ACME.email) as vultr, pytest.raises(error):
        list(COST.collect(vultr, QUARTER))


@pytest.mark.parametrize(
    "kind", [FaultKind.THROTTLE, FaultKind.ERROR_500, FaultKind.RESET, FaultKind.TRUNCATE]
)
def test_a_fault_that_passes_leaves_no_trace(kind: FaultKind, scene: Scene) -> None:
    """Every third call fails once; what is collected is the same."""
    span = Window(NOON.replace(minute=0), NOON.replace(minute=15))
    with scene.opened(ACME.email) as vultr:
        clean: list[Any] = list(RESOURCE.collect(vultr, span))
        scene.cloud.faults.add(Fault(kind=kind, service="vultr", times=3, after=2))
        assert list(RESOURCE.collect(vultr, span)) == clean


def test_the_rate_limit_is_waited_out() -> None:
    """With Vultr's 30 requests a second in force nothing is lost."""
    with VultrCloud(World(clock=WorldClock(NOON)), rate_limit=30) as cloud:
        scene = Scene(WorldClock(NOON), cloud)
        with scene.opened(GLOBEX.email) as vultr:
            found = list(COST.collect(vultr, QUARTER))
    assert len(found) > 1000
