"""A run that was launched and has not started yet is not taken for dead."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from optiinfra_core.windows import FixedClock, SystemClock
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.reaper import reap

GRACE = timedelta(seconds=30)


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
        assert reap(instance, doors.database, later, GRACE) == expected
