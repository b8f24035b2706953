"""A run that was launched and has not started yet is not taken for dead."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from optiinfra_core.windows import FixedClock, SystemClock
from optiinfra_pipelines import sensors
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.reaper import reap

GRACE = timedelta(seconds=30)
# What a run says at its end.
SUCCEEDED = dg.DagsterEvent(event_type_value=dg.DagsterEventType.RUN_SUCCESS.value, job_name="j")


@pytest.mark.parametrize(
    ("status", "seconds", "reaped"),
    [
        (dg.DagsterRunStatus.STARTED, 20, False),
        (dg.DagsterRunStatus.STARTED, 60, True),
        (dg.DagsterRunStatus.STARTING, 60, False),
        (dg.DagsterRunStatus.STARTING, 200, True),
    ],
)
def test_a_launched_run_has_longer_than_a_started_one(
    doors: Doors, status: dg.DagsterRunStatus, seconds: int, *, reaped: bool
) -> None:
    """On a busy machine a minute passes between launch and start; a started one has its lease."""
    later = FixedClock(SystemClock().now() + timedelta(seconds=seconds))
    with dg.instance_for_test() as instance:
        run = create_run_for_test(instance, job_name="j", status=status)
        expected = [run.run_id] if reaped else []
        assert reap(instance, doors.database, later, GRACE, lambda _: None) == expected


def test_a_run_that_is_just_ending_is_not_taken_for_dead(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets its lease go before it says how it ended: only who is found twice is dead."""
    monkeypatch.setattr(sensors, "GRACE", timedelta(0))
    started = dg.DagsterRunStatus.STARTED
    with dg.instance_for_test() as instance:
        ending = create_run_for_test(instance, job_name="j", status=started)
        dead = create_run_for_test(instance, job_name="j", status=started)
        context = dg.build_sensor_context(instance=instance)
        first = sensors.dead_runs(context)
        assert isinstance(first, dg.SkipReason)
        assert first.skip_message == "every run is alive"
        instance.handle_run_event(ending.run_id, SUCCEEDED)
        again = dg.build_sensor_context(instance=instance, cursor=context.cursor)
        second = sensors.dead_runs(again)
        assert isinstance(second, dg.SkipReason)
        assert second.skip_message == f"reaped {dead.run_id}"
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses[ending.run_id] is dg.DagsterRunStatus.SUCCESS
    assert statuses[dead.run_id] is dg.DagsterRunStatus.FAILURE


def test_beside_a_live_daemon_the_start_looks_twice_too(doors: Doors) -> None:
    """What ends while it waits is left as it ended."""
    later = FixedClock(SystemClock().now() + timedelta(seconds=60))
    with dg.instance_for_test() as instance:
        run = create_run_for_test(instance, job_name="j", status=dg.DagsterRunStatus.STARTED)

        def ends(_seconds: float) -> None:
            instance.handle_run_event(run.run_id, SUCCEEDED)

        assert reap(instance, doors.database, later, GRACE, ends) == []
