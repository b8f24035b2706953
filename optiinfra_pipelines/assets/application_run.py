"""The body of the application assets: partitions in, one event for each customer's day out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import dagster as dg

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.crash import crash_point
from optiinfra_core.tenancy.judge_spending import settle_dead
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import QUARTER_HOUR, Window, day_window
from optiinfra_pipelines.assets.application_report import (
    NOTHING_RUNS,
    SOURCE,
    metadata_of,
    nothing,
    outcomes_of,
    unread,
)
from optiinfra_pipelines.assets.application_sources import pulled_now
from optiinfra_pipelines.assets.collect import ROOT_RUN_TAG, TASK_TAG, TRIGGER_TAG
from optiinfra_pipelines.collection.customer import reported
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.memory import after
from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.judging.controlling import controlled
from optiinfra_pipelines.judging.customer_run import CustomerRun, Report
from optiinfra_pipelines.judging.opening import open_panel
from optiinfra_pipelines.judging.scope import Scope, Tools
from optiinfra_pipelines.judging.steps import INTERACTIONS, STEPS
from optiinfra_pipelines.judging.watching import Steps
from optiinfra_pipelines.partitions import by_customer, key_of
from optiinfra_pipelines.policies import failure_of
from optiinfra_pipelines.reaper import alive

# Comma-separated: these judge instead of those in the settings, as series of their own.
MODELS_TAG = "optiinfra/judge_models"
# A run must end before the next tick; what is left then is judged by that one.
LONGEST = timedelta(minutes=10)
# A reservation is younger than this while its run takes its lease.
GRACE = timedelta(minutes=1)


def judge_partitions(context: dg.AssetExecutionContext, doors: Doors, cloud: Provider) -> None:
    """Look, draw, judge and sum up for every partition of the run, customer by customer.

    Raises:
        dagster.Failure: for some customers a step failed; it names their partitions.
    """
    tools = Tools(
        settings=doors.settings,
        clock=doors.clock,
        database=doors.database,
        warehouse=doors.warehouse,
    )
    before = doors.clock.now() - GRACE
    settle_dead(doors.database, before, lambda run_id: alive(doors.database, run_id))
    secret = KeyRing.load(doors.settings).pepper
    redactors = Redactors.of(doors.settings, secret)
    models = [name for name in context.run.tags.get(MODELS_TAG, "").split(",") if name]
    failed: dict[str, tuple[Outcome, ...]] = {}
    until = doors.clock.now() + LONGEST
    with open_panel(tools, secret, models) as (panel, refused):
        done: list[_Done] = []
        for request in _requests(context):
            run = CustomerRun(
                tools=tools,
                panel=panel,
                redactor=redactors.customer(request.customer_id),
                steps=_steps(context),
                refused=refused,
            )
            started = doors.clock.now()
            pulled = pulled_now(doors, redactors, request) if INTERACTIONS in run.steps else None
            report = run.run(_scope(context, cloud, request, until))
            if pulled is not None:
                report.pulled = pulled.rows
                report.faults |= {INTERACTIONS: pulled.error} if pulled.error else {}
            done.append(_Done(request, run, report, started))
        judge_steps = controlled(tools, panel, [each.report for each in done])
        for each in done:
            failed |= _closed(context, doors, each, judge_steps)
    if failed:
        raise failure_of(failed)


@dataclass(frozen=True, slots=True)
class _Done:
    """One customer's run after judging."""

    request: Request
    run: CustomerRun
    report: Report
    started: datetime


def _closed(
    context: dg.AssetExecutionContext, doors: Doors, done: _Done, judge_steps: Steps
) -> dict[str, tuple[Outcome, ...]]:
    """Sum up, write down and tell; the partitions that failed."""
    report, request = done.report, done.request
    done.run.close(report, judge_steps)
    now = doors.clock.now()
    outcomes = outcomes_of(report, done.started, now)
    _remember(doors, outcomes)
    error = report.faults.get(INTERACTIONS)
    if error is not None:
        outcomes = (*outcomes, unread(report, error, done.started, now))
    if not outcomes and request.forced:
        outcomes = (nothing(report, done.started, now),)
    if outcomes:
        doors.tasks.record_result(reported(request, outcomes))
    crash_point("before_event")
    _tell(context, report)
    if not report.faults:
        return {}
    return {key_of(request.customer_id, day): outcomes for day in report.days}


def _steps(context: dg.AssetExecutionContext) -> frozenset[str]:
    return frozenset(key.path[-1] for key in context.selected_asset_keys)


def _scope(
    context: dg.AssetExecutionContext, cloud: Provider, request: Request, until: datetime
) -> Scope:
    first, last = request.days[0], request.days[-1]
    return Scope(
        customer_id=request.customer_id,
        provider=cloud.slug,
        window=Window(day_window(first).start, day_window(last).end),
        run_id=request.run_id,
        holder=context.run.run_id,
        asked=request.forced,
        until=until,
    )


def _requests(context: dg.AssetExecutionContext) -> Iterable[Request]:
    tags = context.run.tags
    for customer_id, days in by_customer(context.partition_keys).items():
        yield Request(
            customer_id=customer_id,
            days=days,
            run_id=tags.get(ROOT_RUN_TAG, context.run.run_id),
            trigger=tags.get(TRIGGER_TAG, "dagster"),
            task_id=UUID(tags[TASK_TAG]) if TASK_TAG in tags else None,
            attempt=context.retry_number + 1,
        )


def _remember(doors: Doors, outcomes: tuple[Outcome, ...]) -> None:
    """Write down how each application stands."""
    for outcome in outcomes:
        scope = (outcome.customer_id, outcome.provider, APPLICATION.name, outcome.account_id)
        known = doors.states.get(*scope) or SourceState(
            customer_id=outcome.customer_id,
            provider=outcome.provider,
            dataset=APPLICATION.name,
            account_id=outcome.account_id,
            source=SOURCE,
        )
        doors.states.save(after(known, outcome, QUARTER_HOUR))


def _tell(context: dg.AssetExecutionContext, report: Report) -> None:
    """An event for each asset and day; where nothing runs, it was only looked at."""
    scope = report.scope
    event = dg.AssetMaterialization if report.applications else dg.AssetObservation
    for step in STEPS:
        if step not in _steps(context) - report.faults.keys():
            continue
        for day in report.days:
            told = metadata_of(step, report, day) if report.applications else {}
            told["status"] = dg.MetadataValue.text(
                "looked at" if report.applications else NOTHING_RUNS
            )
            context.log_event(
                event(
                    asset_key=dg.AssetKey([scope.provider, step]),
                    partition=key_of(scope.customer_id, day),
                    metadata=told,
                )
            )
