"""What became of one customer's applications, for states, the history and the Dagster UI."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

import dagster as dg

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.tenancy.quality_alarms import QualityAlarm
from optiinfra_core.windows import milliseconds
from optiinfra_pipelines.collection.outcome import Fault, Outcome, Progress
from optiinfra_pipelines.judging.customer_run import Report
from optiinfra_pipelines.judging.judging_run import Judged
from optiinfra_pipelines.judging.sampling_run import Sampled
from optiinfra_pipelines.judging.steps import INTERACTIONS, JUDGEMENTS, QUALITY, SAMPLE

SOURCE = "interactions"
NOTHING_RUNS = "no application of the customer runs here"

Metadata = dict[str, dg.MetadataValue]


def outcomes_of(report: Report, started: datetime, finished: datetime) -> tuple[Outcome, ...]:
    """One outcome for each application, as an account of a cloud has one."""
    drawn = {each.application_id: each for each in report.sampled}
    judged = {each.application_id: each for each in report.judged}
    return tuple(
        _outcome(report, (name, drawn.get(name), judged.get(name)), started, finished)
        for name in report.applications
    )


def nothing(report: Report, started: datetime, finished: datetime) -> Outcome:
    """The outcome of a customer without an application there; the task that asked is told."""
    return Outcome(
        customer_id=report.scope.customer_id,
        provider=report.scope.provider,
        metric=APPLICATION.name,
        account_id="",
        status="skipped",
        started=started,
        finished=finished,
        reason=NOTHING_RUNS,
    )


def unread(report: Report, error: OptiInfraError, started: datetime, finished: datetime) -> Outcome:
    """The outcome where calls could not be taken in: of no application, so no state keeps it."""
    return Outcome(
        customer_id=report.scope.customer_id,
        provider=report.scope.provider,
        metric=APPLICATION.name,
        account_id="",
        status="failed",
        started=started,
        finished=finished,
        fault=Fault.of(error),
    )


def _outcome(
    report: Report,
    of: tuple[str, Sampled | None, Judged | None],
    started: datetime,
    finished: datetime,
) -> Outcome:
    name, drawn, judged = of
    faults = (report.faults.get(step) for step in (SAMPLE, JUDGEMENTS, QUALITY))
    others = next((fault for fault in faults if fault), None)
    fault = judged.fault if judged and judged.fault else others
    progress: tuple[Progress, ...] = ()
    if drawn is not None:
        rows = judged.rows if judged else 0
        windows = drawn.windows or (drawn.last,)
        progress = (Progress(windows=windows, rows=rows, version=milliseconds(finished)),)
    return Outcome(
        customer_id=report.scope.customer_id,
        provider=report.scope.provider,
        metric=APPLICATION.name,
        account_id=name,
        status="failed" if fault else "succeeded",
        started=started,
        finished=finished,
        source=SOURCE,
        progress=progress,
        calls=judged.calls if judged else 0,
        usd=judged.usd if judged else Decimal(0),
        reason="; ".join(_reasons(report, judged)),
        fault=Fault.of(fault) if fault else None,
        covered=not fault,
    )


def _reasons(report: Report, judged: Judged | None) -> Iterator[str]:
    """What is not whole, for people."""
    if report.missing:
        yield report.missing
    if judged and judged.spent:
        yield "the budget for judging is spent"
    if judged and judged.left and judged.waits:
        yield f"{judged.left} calls are left for a later run: {judged.waits}"


def metadata_of(step: str, report: Report, day: date) -> Metadata:
    """What an event of one step's asset tells of one day; effort stands on the newest only."""
    of_day = {INTERACTIONS: _stored, QUALITY: _windows}.get(step)
    told = of_day(report, day) if of_day else {}
    if day != max(report.days):
        return told
    effort = {SAMPLE: _drawing, JUDGEMENTS: _judging, QUALITY: _alarming}.get(step)
    return told | (effort(report) if effort else {})


def _stored(report: Report, day: date) -> Metadata:
    calls = report.calls.get(day, {})
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(sum(calls.values())),
        "calls": dg.MetadataValue.json(dict(calls)),
        **({"pulled": dg.MetadataValue.int(report.pulled)} if report.pulled else {}),
    }


def _windows(report: Report, day: date) -> Metadata:
    return {"dagster/partition_row_count": dg.MetadataValue.int(report.quality.get(day, 0))}


def _alarming(report: Report) -> Metadata:
    """The alarms by application and metric; what was sent on, where somebody wants it."""
    emitted = report.emitted
    told: Metadata = {
        "alarms_raised": dg.MetadataValue.json([_alarm(each) for each in report.raised]),
        "alarms_cleared": dg.MetadataValue.json([_alarm(each) for each in report.cleared]),
    }
    if emitted and (emitted.sent or emitted.stopped):
        told["scores_sent"] = dg.MetadataValue.int(emitted.sent)
        told["not_sent"] = dg.MetadataValue.text(emitted.stopped)
    return told


def _alarm(alarm: QualityAlarm) -> str:
    series = alarm.series
    return f"{series.application_id} {series.metric_name}: {alarm.detail}"


def _drawing(report: Report) -> Metadata:
    return {
        "calls": dg.MetadataValue.int(sum(each.calls for each in report.sampled)),
        "eligible": dg.MetadataValue.int(sum(each.eligible for each in report.sampled)),
        "drawn": dg.MetadataValue.int(sum(each.drawn for each in report.sampled)),
        "windows": dg.MetadataValue.int(sum(len(each.windows) for each in report.sampled)),
    }


def _judging(report: Report) -> Metadata:
    statuses: Mapping[str, int] = sum((each.statuses for each in report.judged), Counter())
    told: Metadata = {
        "rows": dg.MetadataValue.int(sum(each.rows for each in report.judged)),
        "statuses": dg.MetadataValue.json(dict(statuses)),
        "api_calls": dg.MetadataValue.int(sum(each.calls for each in report.judged)),
        "api_dollars": dg.MetadataValue.float(float(sum(each.usd for each in report.judged))),
        "left": dg.MetadataValue.int(sum(each.left for each in report.judged)),
    }
    reasons = sorted({why for each in report.judged for why in _reasons(report, each)})
    if report.missing and not reasons:
        reasons = [report.missing]
    if reasons:
        told["missing"] = dg.MetadataValue.text("; ".join(reasons))
    return told
