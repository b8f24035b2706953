"""Standing checks: is what is served what was committed, is it on time, is any partition failed."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from optiinfra_core.collecting.state import SourceState
from optiinfra_core.errors import WindowBusy
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.settings import settings
from optiinfra_core.warehouse.audit import unlike_their_commit
from optiinfra_core.windows import Window, day_window
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.assets.verdict import verdict
from optiinfra_pipelines.collection.doors import Doors, collection_lock
from optiinfra_pipelines.money_checks import money_checks
from optiinfra_pipelines.resources.collection import CollectionResource

LATE_AFTER_FAILURES = 4
AUDITED = timedelta(days=3)


def standing_checks(asset: dg.AssetsDefinition) -> Iterator[dg.AssetChecksDefinition]:
    """The checks of one asset; those on windows only where the asset collects windows."""
    for key in asset.keys:
        if asset.partitions_def is not None:
            yield no_failed_partitions(key, asset.partitions_def)
        provider, name = key.path
        for metric in METRICS:
            if metric.name == name:
                yield on_time(key, provider, metric)
                yield served_as_committed(key, provider, metric)
                yield from money_checks(key, provider, metric)


def no_failed_partitions(
    key: dg.AssetKey, partitions: dg.PartitionsDefinition
) -> dg.AssetChecksDefinition:
    """No partition may be left in the failed state once a tick has had its chances."""

    @dg.asset_check(
        asset=key,
        name="no_partition_left_failed",
        metadata=about(settings(), "faults"),
        description=(
            "No partition is failed. If one is, its last run names the fault and the remedy; "
            "once that is done, the next tick or a backfill of the partition clears it."
        ),
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        keys = partitions.get_partition_keys(dynamic_partitions_store=context.instance)
        statuses = context.instance.get_status_by_partition(key, keys, partitions) or {}
        failed = [
            name for name, status in statuses.items() if status == AssetPartitionStatus.FAILED
        ]
        return verdict(
            len(failed),
            "partitions are failed",
            "Open the last run of each: its failure names the fault and what to do. Then the next"
            " tick clears today's; materialize older ones.",
            {"failed": len(failed), "partitions": dg.MetadataValue.json(failed)},
        )

    return check


def on_time(key: dg.AssetKey, provider: str, metric: Metric) -> dg.AssetChecksDefinition:
    """Every account is collected, or its trouble is named."""

    @dg.asset_check(
        asset=key,
        name="every_account_on_time",
        metadata=about(settings(), "faults"),
        description=(
            f"No account failed {LATE_AFTER_FAILURES} times in a row. The metadata names each one "
            "that did, what the provider said and what to do about it."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        late = [
            state
            for state in collection.doors.states.list(provider=provider, dataset=metric.name)
            if state.consecutive_failures >= LATE_AFTER_FAILURES
        ]
        lines = [
            f"- {state.customer_id} {state.account_id}: {state.last_error_detail} "
            f"**{state.last_error_remedy}**"
            for state in late
        ]
        return verdict(
            len(late),
            "accounts are late",
            "Do what stands in bold behind each of them; the next tick then collects what was"
            " missed.",
            {"late": len(late), "accounts": dg.MetadataValue.md("\n".join(lines))},
        )

    return check


def served_as_committed(
    key: dg.AssetKey, provider: str, metric: Metric
) -> dg.AssetChecksDefinition:
    """What readers get is what was committed, to the checksum."""

    @dg.asset_check(
        asset=key,
        name="served_as_committed",
        metadata=about(settings(), "concepts"),
        blocking=True,
        description=(
            f"Rows and checksums in `{metric.table}` are those of the commit records of the last "
            f"{AUDITED.days} days. A window that differs was cut short by a crash; collecting its "
            "day again repairs it."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        doors = collection.doors
        now = doors.clock.now()
        span = Window(day_window((now - AUDITED).date()).start, day_window(now.date()).end)
        differing = [
            f"{state.customer_id} {state.account_id} {window}"
            for state in doors.states.list(provider=provider, dataset=metric.name)
            for window in _audit(doors, metric, state, span)
        ]
        return verdict(
            len(differing),
            "windows differ from their commit record",
            "Materialize the days of these customers again; if they still differ, somebody else"
            " writes to the table.",
            {"differing": len(differing), "windows": dg.MetadataValue.json(differing[:100])},
        )

    return check


def _audit(doors: Doors, metric: Metric, state: SourceState, span: Window) -> list[Window]:
    """The windows of one account that differ; none while a run is writing it."""
    account = (state.customer_id, state.provider, state.account_id)
    try:
        with collection_lock(doors, metric, account):
            return unlike_their_commit(doors.warehouse, metric, account, span)
    except WindowBusy:
        return []
