"""The body of every collection asset: partitions in, one event for each customer's day out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.crash import crash_point
from optiinfra_core.metrics import Metric
from optiinfra_pipelines.assets.collection_report import metadata_of
from optiinfra_pipelines.assets.rollup import Rollups
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.partitions import by_customer, key_of
from optiinfra_pipelines.policies import failure_of

TASK_TAG = "optiinfra/task_id"
TRIGGER_TAG = "optiinfra/trigger"
ROOT_RUN_TAG = "dagster/root_run_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A customer's days after one attempt: the good ones, and the ones to try again."""

    good: tuple[date, ...]
    bad: tuple[date, ...]


def collect_partitions(
    context: dg.AssetExecutionContext, doors: Doors, cloud: Provider, metric: Metric
) -> None:
    """Collect every partition of the run; each committed day logs its own materialisation.

    Raises:
        dagster.Failure: some partitions failed; it names them, and exactly those turn FAILED.
    """
    asset = dg.AssetKey([cloud.slug, metric.name])
    oldest = doors.clock.now().date() - timedelta(days=doors.settings.partition_days)
    failed: dict[str, tuple[Outcome, ...]] = {}
    with Rollups(context, doors, cloud, metric) as rollups:
        for request, outcomes in collect(doors, cloud, metric, _requests(context)):
            settled = settle(request.days, outcomes)
            crash_point("before_event")
            for day in settled.good:
                # A refund may reach days that are no partition any more; their data is kept.
                if day >= oldest:
                    _report(context, asset, request, outcomes, day)
            crash_point("after_event")
            rollups.add(request.customer_id, settled.good)
            failed |= {key_of(request.customer_id, day): outcomes for day in settled.bad}
    if failed:
        raise failure_of(failed)


def settle(days: Iterable[date], outcomes: Sequence[Outcome]) -> Settled:
    """Which days are whole in every account, and which of those asked for are not."""
    asked = set(days)
    good, bad = set(asked), set[date]()
    for outcome in outcomes:
        whole = {
            w.first_day for step in outcome.progress if not step.failures for w in step.windows
        }
        good |= whole
        bad |= set() if outcome.ok else {*outcome.days, *asked} - whole
    return Settled(good=tuple(sorted(good - bad)), bad=tuple(sorted(bad & asked)))


def _requests(context: dg.AssetExecutionContext) -> list[Request]:
    tags = context.run.tags
    return [
        Request(
            customer_id=customer_id,
            days=days,
            # A run that replaces a crashed one goes on where that one stopped.
            run_id=tags.get(ROOT_RUN_TAG, context.run.run_id),
            trigger=tags.get(TRIGGER_TAG, "dagster"),
            task_id=UUID(tags[TASK_TAG]) if TASK_TAG in tags else None,
            attempt=context.retry_number + 1,
        )
        for customer_id, days in by_customer(context.partition_keys).items()
    ]


def _report(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    request: Request,
    outcomes: Sequence[Outcome],
    day: date,
) -> None:
    """Tell Dagster of one day: materialised, or only looked at where nothing can be collected."""
    beyond = sorted({outcome.limit for outcome in outcomes if day in outcome.beyond})
    possible = bool(outcomes) and not beyond and all(outcome.possible for outcome in outcomes)
    event = dg.AssetMaterialization if possible else dg.AssetObservation
    partition = key_of(request.customer_id, day)
    if beyond and request.forced:
        context.log.warning("%s was not collected: %s", partition, "; ".join(beyond))
    context.log_event(
        event(
            asset_key=key,
            partition=partition,
            metadata=metadata_of(request, outcomes, day),
        )
    )
