"""When things run: a tick for each provider every quarter of an hour, checks and upkeep apart."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import settings
from optiinfra_pipelines.assets.collect import TRIGGER_TAG
from optiinfra_pipelines.collection.doors import open_doors
from optiinfra_pipelines.jobs import CHECKS_JOB, UPKEEP_JOB, collection_job_name
from optiinfra_pipelines.partitions import customers_of, key_of
from optiinfra_pipelines.policies import MAX_RUNTIME_SECONDS

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def tick_schedule(cloud: Provider, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The tick of one provider: one run over today's partition of every customer it has.

    Dagster does not catch up missed ticks (dagster-io/dagster#10335), and need not: the run finds
    gaps in the commit records. While a tick is still running the next one is skipped.
    """

    @dg.schedule(
        name=f"{collection_job_name(cloud.slug)}_every_15_minutes",
        cron_schedule="*/15 * * * *",
        execution_timezone="UTC",
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Collects what is due of every {cloud.title} account.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at = context.scheduled_execution_time
        if _busy(context.instance, cloud.slug):
            return dg.SkipReason("the last tick is still running; it will not be doubled")
        customers = sync_customers(context.instance, cloud.slug)
        if not customers:
            return dg.SkipReason(f"no customer has a {cloud.title} credential")
        return dg.RunRequest(
            run_key=f"{cloud.slug}-{at:%Y-%m-%dT%H:%M}",
            tags={
                RANGE_START: key_of(customers[0], at.date()),
                RANGE_END: key_of(customers[-1], at.date()),
                TRIGGER_TAG: "schedule",
                "optiinfra/provider": cloud.slug,
                "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
            },
        )

    return tick


def sync_customers(instance: dg.DagsterInstance, provider: str) -> list[str]:
    """Bring the provider's customer partitions up to date; returns them in Dagster's order.

    A customer that lost its credential stays a partition while a run is in flight: Dagster fails
    a run whose partition vanishes. The caller has made sure that none is.
    """
    with open_doors(settings()) as doors:
        wanted = {
            record.customer_id
            for record in doors.vault.for_provider(provider)
            if record.status != "deleted"
        }
    name = customers_of(provider)
    held = set(instance.get_dynamic_partitions(name))
    for gone in held - wanted:
        instance.delete_dynamic_partition(name, gone)
    if wanted - held:
        instance.add_dynamic_partitions(name, sorted(wanted - held))
    return list(instance.get_dynamic_partitions(name))


def _busy(instance: dg.DagsterInstance, provider: str) -> bool:
    runs = dg.RunsFilter(
        job_name=collection_job_name(provider),
        statuses=IN_FLIGHT,
        tags={TRIGGER_TAG: "schedule"},
    )
    return instance.get_runs_count(runs) > 0


def upkeep_schedules() -> Iterator[dg.ScheduleDefinition]:
    """The hourly checks and the nightly purge."""
    yield dg.ScheduleDefinition(
        name="checks_every_hour",
        job_name=CHECKS_JOB,
        cron_schedule="7 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    yield dg.ScheduleDefinition(
        name="upkeep_every_night",
        job_name=UPKEEP_JOB,
        cron_schedule="23 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
