"""Sources that tell what they changed, that state sums, and whose periods settle: one account."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.contract import Changes, Item, Provider, Rhythm
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.errors import PartFailure, Transient
from optiinfra_core.metrics import COST, ControlTotal
from optiinfra_core.windows import DAY, QUARTER_HOUR, FixedClock, Window, day_window
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script, charge
from tests.pipelines.test_collection import once

MONTHS = Closing(settles=timedelta(days=7))
BILLS = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=DAY,
    reread=timedelta(0),
    history=400 * DAY,
    closing=MONTHS,
    recheck=60 * DAY,
)
AUGUST = day_window(datetime(2026, 8, 3, tzinfo=UTC).date())


class Ticks:
    """One customer whose cost source tells its changes; a tick each quarter of an hour."""

    def __init__(self, doors: Doors, cloud: Provider, script: Script, tenants: Tenants) -> None:
        self.doors = doors
        self.cloud = cloud
        self.script = script
        self.customer = tenants.add()
        self.asked: list[tuple[str | None, Window]] = []
        self.answer = Changes(version="v1", spans=())
        script.rhythms["cost"] = BILLS
        script.changes["cost"] = self._tell
        self._ticks = 0

    def _tell(self, since: str | None, horizon: Window) -> Changes:
        self.asked.append((since, horizon))
        return self.answer

    def tick(self, after: timedelta = QUARTER_HOUR, **fields: object) -> Outcome:
        """The next tick."""
        clock = self.doors.clock
        assert isinstance(clock, FixedClock)
        clock.advance(after)
        self._ticks += 1
        given = {"run_id": f"tick-{self._ticks}", "days": (clock.now().date(),)}
        return once(self.doors, self.cloud, COST, self.customer, **(given | fields))

    def state(self) -> SourceState:
        """What is remembered of the source."""
        (state,) = self.doors.states.list(self.customer, "toy", "cost")
        return state


@pytest.fixture
def ticks(doors: Doors, cloud: Provider, script: Script, tenants: Tenants) -> Ticks:
    """A customer to tick for."""
    return Ticks(doors, cloud, script, tenants)


def test_a_tick_of_an_unchanged_source_pays_nothing_and_says_why(ticks: Ticks) -> None:
    """One free question; the state remembers that there was nothing to fetch."""
    first = ticks.tick()
    assert (first.status, first.usd) == ("succeeded", Decimal("0.01"))
    assert ticks.asked[0][0] is None
    idle = ticks.tick()
    assert (idle.status, idle.usd, idle.windows) == ("skipped", 0, ())
    assert idle.ok
    assert ticks.state().reason == "the source is unchanged since 2026-11-22T12:16Z"
    assert ticks.asked[1][0] == "v1"


def test_a_tick_that_time_alone_forbids_opens_no_credential(ticks: Ticks, script: Script) -> None:
    """Nothing is unsealed, connected or called before the source can have something new."""
    ticks.tick()
    opened = script.opened
    waits = ticks.tick(timedelta(minutes=5))
    assert waits.reason == "not due before 2026-11-22T12:30Z"
    assert script.opened == opened


def test_what_the_source_names_is_replaced_whatever_its_age(ticks: Ticks, script: Script) -> None:
    """A refund of August arrives in November."""
    ticks.tick()
    ticks.answer = Changes(version="v2", spans=(AUGUST,))
    assert ticks.tick().windows == (AUGUST,)
    assert [span for _, _, span in script.asked][1:] == [AUGUST]
    assert ticks.state().source_version == "v2"


def test_a_version_is_remembered_only_when_all_of_it_is_committed(
    ticks: Ticks, script: Script
) -> None:
    """A region failed: the source is asked from the same version again, and gives the rest."""
    ticks.tick()
    key = (ticks.customer, "cost")

    def partly(span: Window) -> Iterator[Item]:
        yield charge(span.first_day, "1")
        yield PartFailure.of("south", Transient("no answer"))

    ticks.answer = Changes(version="v2", spans=(AUGUST,))
    script.answers[key] = partly
    assert ticks.tick().status == "partial"
    assert ticks.state().source_version == "v1"
    script.answers[key] = lambda span: iter([charge(span.first_day, "2", region="south")])
    assert ticks.tick().windows == (AUGUST,)
    assert [since for since, _ in ticks.asked] == [None, "v1", "v1"]
    assert ticks.state().source_version == "v2"


def test_a_backfill_says_nothing_about_what_the_source_changed(ticks: Ticks) -> None:
    """Somebody wants August: the next tick still asks from where the last one was."""
    ticks.tick()
    ticks.answer = Changes(version="v2", spans=())
    ticks.tick(trigger="backfill", days=(AUGUST.first_day,))
    assert len(ticks.asked) == 1
    assert ticks.state().source_version == "v1"


def test_another_source_is_asked_as_for_the_first_time(ticks: Ticks, script: Script) -> None:
    """Versions of one data set mean nothing to another."""
    ticks.tick()
    script.sources["cost"] = "export"
    ticks.tick()
    assert [since for since, _ in ticks.asked] == [None, None]
    assert ticks.state().source == "export"


def test_a_period_that_settles_is_read_once_more(ticks: Ticks) -> None:
    """On the eighth of December the source is unchanged, and November's charges become final."""
    ticks.tick()
    until = datetime(2026, 12, 8, 0, 1, tzinfo=UTC)
    settled = ticks.tick(until - NOON - QUARTER_HOUR)
    assert min(settled.windows).first_day.isoformat() == "2026-11-01"
    assert ticks.tick().windows == ()


def test_a_probe_that_is_unchanged_spares_no_period_that_has_settled(
    ticks: Ticks, script: Script
) -> None:
    """The data is the same, what it is called is not."""
    del script.changes["cost"]
    script.versions["cost"] = "etag-1"
    script.rhythms["cost"] = replace(BILLS, recheck=timedelta(0))
    ticks.tick()
    assert "unchanged" in ticks.tick().reason
    until = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)
    assert min(ticks.tick(until - NOON).windows).first_day.isoformat() == "2026-11-01"


def test_rows_that_an_invoice_contradicts_are_not_served(
    ticks: Ticks, script: Script, doors: Doors
) -> None:
    """Both figures are told with what to do; what was served before stays, the version too."""
    ticks.tick()

    def contradicted(span: Window) -> Iterator[Item]:
        yield charge(span.first_day, "9")
        yield ControlTotal(name="invoice", span=span, amount=Decimal(8), invoice_id="")

    script.answers[ticks.customer, "cost"] = contradicted
    today = day_window(NOON.date())
    ticks.answer = Changes(version="v2", spans=(today,))
    refused = ticks.tick()
    assert refused.fault is not None
    assert refused.fault.code == "permanent"
    assert "states 8 USD" in refused.fault.detail
    assert "9.000000000000" in refused.fault.detail
    (record,) = doors.commits.committed(ticks.customer, "toy", COST, ticks.customer, today)
    assert record.run_id == "tick-1"
    assert ticks.state().source_version == "v1"
