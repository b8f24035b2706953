"""Samples that are billed by the request: read at once when asked for, else by the hour."""

from datetime import timedelta

import pytest

from optiinfra_core.metrics import PERFORMANCE
from optiinfra_core.windows import QUARTER_HOUR, FixedClock
from optiinfra_pipelines.collection.doors import Doors
from tests.pipelines.simulated import clouds


@pytest.fixture(autouse=True)
def no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks look at today only: samples of the days before would take half a minute."""
    monkeypatch.setenv("OPTIINFRA_GAP_DAYS", "0")


def test_a_new_account_is_read_at_once_and_then_by_the_hour(
    doors: Doors, clock: FixedClock
) -> None:
    """Three ticks ask nothing and cost nothing, the fourth brings the hour; by hand is at once."""
    with clouds(doors, clock, instances=2, only=("aws",)) as installed:
        tenant = installed.tenants[0]

        def tick(trigger: str = "schedule") -> tuple[str, int, timedelta]:
            run = f"run-{clock.now():%H%M}-{trigger}"
            told = installed.collect(tenant, PERFORMANCE, [clock.now().date()], run, trigger)
            covered = sum((window.length for window in told.windows), timedelta(0))
            return told.status, told.calls, covered

        status, calls, _ = tick()
        assert status == "succeeded"
        assert calls > 0
        for _ in range(3):
            clock.advance(QUARTER_HOUR)
            assert tick() == ("skipped", 0, timedelta(0))
        assert tick("backfill")[0] == "succeeded"
        clock.advance(QUARTER_HOUR)
        assert tick()[0] == "skipped", "the next read is an hour after the one by hand"
        clock.advance(timedelta(minutes=45))
        status, calls, covered = tick()
        assert (status, calls > 0) == ("succeeded", True)
        assert covered >= timedelta(hours=1)
