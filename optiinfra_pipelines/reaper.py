"""Finds runs whose process is dead, fails them, and frees the pool slots they hold.

After a host crash the DefaultRunLauncher leaves a run STARTED for ever, and the pool it holds is
blocked for every later run (measured). A live run holds a Postgres advisory lock, its lease, in a
session of its own; the server frees it 4 ms after the process is gone.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import dagster as dg

from optiinfra_core.database import Database
from optiinfra_core.errors import WindowBusy
from optiinfra_core.settings import settings
from optiinfra_core.windows import Clock, SystemClock
from optiinfra_pipelines.collection.doors import RUN_LEASE, open_doors

UNFINISHED = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# A worker that was launched and has not started holds no slot yet; sixteen at once on two busy
# cores took 55 s. Dagster's own start time-out ends it after 180 s.
STARTING_GRACE = timedelta(seconds=180)
# Between the end of a run's lease and the word how it ended 0.1 s were seen on a busy machine.
SETTLES_SECONDS = 5.0


def reap(
    instance: dg.DagsterInstance,
    database: Database,
    clock: Clock,
    grace: timedelta,
    wait: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Fail every unfinished run without a lease that is older than ``grace``; returns their ids.

    With a grace there are live workers, and it looks twice.
    """
    found = leaseless(instance, database, clock, grace)
    if grace and found:
        wait(SETTLES_SECONDS)
        suspects = {run.run_id for run in found}
        again = leaseless(instance, database, clock, grace)
        found = [run for run in again if run.run_id in suspects]
    return fail(instance, found)


def leaseless(
    instance: dg.DagsterInstance, database: Database, clock: Clock, grace: timedelta
) -> list[dg.DagsterRun]:
    """The unfinished runs without a lease that are older than ``grace``.

    ``grace`` covers a worker that has started: it takes its lease with its first step. With a
    grace at all, one that was only launched has ``STARTING_GRACE``. A run that is just ending lets
    its lease go before it says how it ended: beside live workers, only who is found twice is dead.
    """
    found = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        run = record.dagster_run
        patience = grace
        if grace and run.status is dg.DagsterRunStatus.STARTING:
            patience = max(grace, STARTING_GRACE)
        if clock.now() - _since(record) < patience or alive(database, run.run_id):
            continue
        found.append(run)
    return found


def fail(instance: dg.DagsterInstance, runs: Iterable[dg.DagsterRun]) -> list[str]:
    """Fail these runs and free the pool slots they hold; returns their ids."""
    failed = []
    for run in runs:
        instance.report_run_failed(
            run, "The run's process is gone (host or worker crash); what it committed is kept."
        )
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        failed.append(run.run_id)
    return failed


def _since(record: dg.RunRecord) -> datetime:
    if record.start_time:
        return datetime.fromtimestamp(record.start_time, UTC)
    return record.update_timestamp.astimezone(UTC)


def alive(database: Database, run_id: str) -> bool:
    """Whether the run's process holds its lease."""
    try:
        with database.try_lock(RUN_LEASE, run_id):
            return False
    except WindowBusy:
        return True


def main() -> int:
    """At start-up, once the code server answers and before the daemon retries what is reaped.

    Where no other process of the installation runs, whatever is unfinished is dead: no grace.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--grace", type=float, default=0.0, metavar="SECONDS")
    grace = timedelta(seconds=parser.parse_args().grace)
    with open_doors(settings()) as doors, dg.DagsterInstance.get() as instance:
        reaped = reap(instance, doors.database, SystemClock(), grace)
    sys.stderr.write(f"reaped {len(reaped)} runs left over from a crash\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
