"""Sensors: the reaper of dead runs, and alerts: a job fails or recovers, a budget slows."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import dagster as dg

from optiinfra_core.collecting.state import SourceState
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms
from optiinfra_core.windows import DAY, SystemClock
from optiinfra_pipelines.alerts import tell
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.collection.doors import open_doors
from optiinfra_pipelines.jobs import KIND_TAG
from optiinfra_pipelines.judging.watching import told as fields_of
from optiinfra_pipelines.reaper import fail, leaseless

# A worker takes its lease 3 to 5 seconds after its run is STARTED; a dead run is gone in a minute.
GRACE = timedelta(seconds=30)


@dg.sensor(
    name="dead_runs",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Fails runs whose process is gone and frees the pool slots they hold, so that they are"
        " started again. **Stop it** and a crashed run blocks its cloud until somebody cancels it."
    ),
    owners=[settings().asset_owner],
    metadata=about(settings(), "faults"),
    tags={KIND_TAG: "upkeep"},
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Reap whom the look before this one found dead too, and say who that was."""
    suspects = json.loads(context.cursor or "[]")
    with open_doors(settings()) as doors:
        found = leaseless(context.instance, doors.database, SystemClock(), GRACE)
    reaped = fail(context.instance, (run for run in found if run.run_id in suspects))
    rest = sorted(run.run_id for run in found if run.run_id not in reaped)
    context.update_cursor(json.dumps(rest))
    return dg.SkipReason(f"reaped {', '.join(reaped)}" if reaped else "every run is alive")


@dg.run_failure_sensor(
    name="job_failed",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells the webhook (OPTIINFRA_ALERT_WEBHOOK_URL) and the log once when a job begins to"
        " fail; repeated failures stay silent. The run it links to says what to do."
    ),
    metadata=about(settings(), "faults"),
    tags={KIND_TAG: "alerts"},
)
def job_failed(context: dg.RunFailureSensorContext) -> None:
    """An alert on the first failure after a success: 96 ticks a day must not be 96 alerts."""
    if _previous(context) != dg.DagsterRunStatus.FAILURE:
        _tell("job.failed", context, context.failure_event.message or "no message")


@dg.run_status_sensor(
    name="job_recovered",
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells the webhook and the log once when a job that failed succeeds again; nothing is left"
        " to do."
    ),
    metadata=about(settings(), "faults"),
    tags={KIND_TAG: "alerts"},
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
    tell(
        event,
        job=run.job_name,
        run_id=run.run_id,
        message=message,
        link=f"{settings().dagster_public_url or settings().dagster_url}/runs/{run.run_id}",
    )


@dg.sensor(
    name="budgets",
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells once when a budget begins to slow an account's collection, and when it no longer"
        " does. A higher budget (`optiinfra credentials budget`) counts from the next tick on."
    ),
    owners=[settings().asset_owner],
    metadata=about(settings(), "operating"),
    tags={KIND_TAG: "alerts"},
)
def budgets(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """An alert for each account that is slowed from now on; an all-clear a day after the last."""
    with open_doors(settings()) as doors:
        states = doors.states.list()
    told = json.loads(context.cursor or "{}")
    after = told_of_budgets(states, told, SystemClock().now())
    context.update_cursor(json.dumps(after, sort_keys=True))
    return dg.SkipReason(f"slowed: {', '.join(after) or 'none'}")


@dg.sensor(
    name="quality_alarms",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells once when the answers of an application get worse, and when they recover. The alarm"
        " names application, metric and windows; the API lists and clears alarms."
    ),
    owners=[settings().asset_owner],
    metadata=about(settings(), "application-quality"),
    tags={KIND_TAG: "alerts"},
)
def quality_alarms(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """An alert for each alarm that was raised or cleared within the last day."""
    with open_doors(settings()) as doors:
        alarms = QualityAlarms(doors.database)
        found = [
            alarm
            for customer in Customers(doors.database).list()
            for alarm in alarms.list(customer.slug)
        ]
    after = told_of_alarms(found, json.loads(context.cursor or "[]"), SystemClock().now())
    context.update_cursor(json.dumps(after))
    return dg.SkipReason(f"{len(after)} alarms were raised or cleared within a day")


def told_of_alarms(
    alarms: Iterable[QualityAlarm], told: Collection[str], now: datetime
) -> list[str]:
    """Tell what was raised or cleared within a day and is not in ``told``; what to hold on to."""
    recent = []
    for alarm in alarms:
        for event, at in (("regressed", alarm.raised_at), ("recovered", alarm.cleared_at)):
            if at is None or now - at > DAY:
                continue
            name = f"{alarm.id}/{event}"
            if name not in told:
                tell(f"quality.{event}", **fields_of(alarm))
            recent.append(name)
    return recent


def told_of_budgets(
    states: Iterable[SourceState], told: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Tell what changed since ``told``: when each account was last seen to be slowed.

    A slowed source is free for the moment in which it collects, so that an account is given the
    all-clear only when none of its sources was slowed for a day.
    """
    seen = dict(told)
    for state in states:
        if state.slowed_until is None:
            continue
        account = f"{state.customer_id}/{state.provider}/{state.account_id}"
        if account not in seen:
            until = f"{state.slowed_until:%Y-%m-%dT%H:%MZ}"
            tell(
                "budget.slowed",
                account=account,
                data_type=state.dataset,
                message=f"the budget slows paid calls: the next {state.dataset} is due {until}",
            )
        seen[account] = now.isoformat()
    for account, last in tuple(seen.items()):
        if now - datetime.fromisoformat(last) > DAY:
            tell("budget.recovered", account=account, message="the budget slows nothing any more")
            del seen[account]
    return seen
