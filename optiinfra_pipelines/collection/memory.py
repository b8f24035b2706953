"""What an account's state is after an attempt: when it is due again, and what is wrong with it."""

from dataclasses import replace
from datetime import datetime, timedelta

from optiinfra_core.collecting.state import SourceState
from optiinfra_core.windows import DAY, QUARTER_HOUR, floor
from optiinfra_pipelines.collection.outcome import Fault, Outcome

# A refused credential or request is asked again this seldom: one alert, no storm of 401s
# (a peer's scheduler repeated one 405 5,363 times).
AFTER_A_REFUSAL = timedelta(hours=1)


def after(state: SourceState, outcome: Outcome, interval: timedelta) -> SourceState:
    """``state`` as it stands after ``outcome``; ``interval`` is the source's own rhythm."""
    tried = replace(
        state,
        source=outcome.source or state.source,
        source_version=_version(state, outcome),
        last_attempt_at=outcome.started,
        covered_at=outcome.started if outcome.covered else state.covered_at,
        reason=outcome.reason,
        slowed_until=outcome.slowed_until,
        next_due_at=next_due(outcome, interval) if _current(outcome) else state.next_due_at,
    )
    if outcome.postponed:
        return tried
    committed = _with_commits(tried, outcome)
    if outcome.fault is not None:
        return _with_fault(committed, outcome.fault)
    return replace(
        committed,
        last_success_at=outcome.finished,
        last_error_code=None,
        last_error_detail=None,
        last_error_remedy=None,
        consecutive_failures=0,
    )


def next_due(outcome: Outcome, interval: timedelta) -> datetime | None:
    """When the next tick may look again; None means at once."""
    fault = outcome.fault
    if fault is None:
        # Aligned to ticks: a tick that starts two seconds early must not skip a whole interval.
        return floor(outcome.started, QUARTER_HOUR) + interval
    if fault.retry_after:
        return outcome.finished + timedelta(seconds=fault.retry_after)
    if fault.retryable:
        return None
    if outcome.progress:
        return floor(outcome.started, QUARTER_HOUR) + interval
    return outcome.finished + AFTER_A_REFUSAL


def _version(state: SourceState, outcome: Outcome) -> str | None:
    """The version that the next question about changes starts from; another source has none."""
    if outcome.covered and outcome.source_version is not None:
        return outcome.source_version
    same = outcome.source in ("", state.source)
    return state.source_version if same else None


def _current(outcome: Outcome) -> bool:
    """Whether the attempt looked at the present; a backfill of May says nothing of today."""
    return not outcome.progress or max(w.end for w in outcome.windows) > outcome.started - DAY


def _with_commits(state: SourceState, outcome: Outcome) -> SourceState:
    if not outcome.progress:
        return state
    newest = max(window.end for window in outcome.windows)
    return replace(
        state,
        watermark=max(newest, state.watermark) if state.watermark else newest,
        data_version=max(state.data_version, *(step.version for step in outcome.progress)),
        committed_at=outcome.finished,
        windows_committed=state.windows_committed + len(outcome.windows),
    )


def _with_fault(state: SourceState, fault: Fault) -> SourceState:
    return replace(
        state,
        last_error_code=fault.code,
        last_error_detail=fault.detail,
        last_error_remedy=fault.remedy,
        consecutive_failures=state.consecutive_failures + 1,
    )
