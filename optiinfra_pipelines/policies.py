"""Our errors in Dagster's terms: what a step retries, and what no retry can change."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import dagster as dg

from optiinfra_core.settings import Settings
from optiinfra_pipelines.collection.outcome import Outcome

# A step and its retries must end before the next tick: 60 + 120 + 240 s of waiting fit in 840 s.
MAX_RUNTIME_SECONDS = 840


def retry_policy(settings: Settings) -> dg.RetryPolicy:
    """Three retries for faults that pass; the first wait is a setting, each further one doubles."""
    if settings.retry_delay_seconds == 0:
        return dg.RetryPolicy(max_retries=3)
    return dg.RetryPolicy(
        max_retries=3,
        delay=settings.retry_delay_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )


def failure_of(failed: Mapping[str, Sequence[Outcome]]) -> dg.Failure:
    """One failure that names every partition that failed, and why, and what to do.

    Retries are allowed when any of them may pass by waiting. The run-retry daemon ignores this
    (a peer's 405 was retried 5,363 times): dagster.yaml keeps it away from step failures.
    """
    faults = [
        (key, outcome.fault)
        for key, outcomes in failed.items()
        for outcome in outcomes
        if outcome.fault is not None
    ]
    # A customer's days share one outcome for each account: it is counted once.
    outcomes = {id(outcome): outcome for held in failed.values() for outcome in held}.values()
    lines = [f"- `{key}` {fault.code}: {fault.detail} **{fault.remedy}**" for key, fault in faults]
    first_key, first = faults[0]
    return dg.Failure(
        description=f"{len(failed)} partitions failed; {first_key}: {first.detail} {first.remedy}",
        metadata={
            "failed_partitions": dg.MetadataValue.json(sorted(failed)),
            "failures": dg.MetadataValue.md("\n".join(lines)),
            "api_calls": dg.MetadataValue.int(sum(outcome.calls for outcome in outcomes)),
            "api_dollars": dg.MetadataValue.float(
                float(sum((outcome.usd for outcome in outcomes), Decimal(0)))
            ),
        },
        allow_retries=any(
            _worth_retrying(fault.retryable, fault.retry_after) for _, fault in faults
        ),
    )


def _worth_retrying(retryable: bool, retry_after: float | None) -> bool:  # noqa: FBT001
    """A provider that asks for more than the step has left is asked at a later tick instead."""
    return retryable and (retry_after or 0) < MAX_RUNTIME_SECONDS / 2
