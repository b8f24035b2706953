"""Sensors: the reaper of dead runs, and the alert when a job starts to fail or recovers."""

from datetime import timedelta

import dagster as dg
import httpx
import structlog

from optiinfra_core.settings import settings
from optiinfra_core.windows import SystemClock
from optiinfra_pipelines.collection.doors import open_doors
from optiinfra_pipelines.reaper import reap

log = structlog.get_logger(__name__)

# A worker takes its lease 3 to 5 seconds after its run is STARTED; a dead run is gone in a minute.
GRACE = timedelta(seconds=30)
WEBHOOK_SECONDS = 10.0


@dg.sensor(
    name="dead_runs",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fails runs whose process is gone and frees the pool slots they hold.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Reap, and say what was reaped."""
    with open_doors(settings()) as doors:
        reaped = reap(context.instance, doors.database, SystemClock(), GRACE)
    return dg.SkipReason(f"reaped {', '.join(reaped)}" if reaped else "every run is alive")


@dg.run_failure_sensor(
    name="job_failed",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells once when a job starts to fail; repeated failures stay silent.",
)
def job_failed(context: dg.RunFailureSensorContext) -> None:
    """An alert on the first failure after a success: 96 ticks a day must not be 96 alerts."""
    if _previous(context) != dg.DagsterRunStatus.FAILURE:
        _tell("job.failed", context, context.failure_event.message or "no message")


@dg.run_status_sensor(
    name="job_recovered",
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells once when a job that failed succeeds again.",
)
def job_recovered(context: dg.RunStatusSensorContext) -> None:
    """An all-clear on the first success after a failure."""
    if _previous(context) == dg.DagsterRunStatus.FAILURE:
        _tell("job.recovered", context, "the job succeeds again")


def _previous(context: dg.RunStatusSensorContext) -> dg.DagsterRunStatus | None:
    """How the job's last finished run before this one ended."""
    finished = dg.RunsFilter(
        job_name=context.dagster_run.job_name,
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE],
    )
    runs = list(context.instance.get_runs(finished, limit=20))
    ids = [run.run_id for run in runs]
    if context.dagster_run.run_id not in ids:
        return None
    earlier = runs[ids.index(context.dagster_run.run_id) + 1 :]
    return earlier[0].status if earlier else None


def _tell(event: str, context: dg.RunStatusSensorContext, message: str) -> None:
    run = context.dagster_run
    log.warning(event, job=run.job_name, run_id=run.run_id, message=message)
    webhook = settings().alert_webhook_url
    if webhook is None:
        return
    httpx.post(
        webhook.get_secret_value(),
        json={
            "event": event,
            "job": run.job_name,
            "run_id": run.run_id,
            "message": message,
            "link": f"{settings().dagster_public_url or settings().dagster_url}/runs/{run.run_id}",
        },
        timeout=WEBHOOK_SECONDS,
    ).raise_for_status()
