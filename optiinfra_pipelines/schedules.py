"""When things run: a tick for each provider every quarter of an hour, checks and upkeep apart."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.interaction_source import SLUG
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.applications import customers_with_applications
from optiinfra_core.tenancy.judge_batches import JudgeBatches
from optiinfra_core.windows import DAY
from optiinfra_pipelines.assets.collect import TRIGGER_TAG
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.collection.doors import Doors, open_doors
from optiinfra_pipelines.jobs import (
    CHECKS_JOB,
    JUDGING_TAG,
    KIND_TAG,
    UPKEEP_JOB,
    collection_job_name,
    judging_job_name,
)
from optiinfra_pipelines.partitions import customers_of, key_of
from optiinfra_pipelines.policies import MAX_RUNTIME_SECONDS

# An application that sent nothing for longer has nothing that is still to be judged.
SEEN_WITHIN = 2 * DAY
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
# In the queue a tick goes before a backfill of the UI, which has priority 0.
PRIORITY, TICKS_FIRST = "dagster/priority", "10"
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
        description=(
            f"Collects what is due of every {cloud.title} account, in one run. While that run is"
            " going on, the next tick is skipped; nothing is lost by it, for a run makes up for"
            " what was missed. **Stop it** to stop collecting this cloud."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "dagster-ui"),
        tags={KIND_TAG: "collection", "optiinfra/provider": cloud.slug},
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at = context.scheduled_execution_time
        if _busy(context.instance, collection_job_name(cloud.slug)):
            return dg.SkipReason("the last tick is still running; it will not be doubled")
        customers = sync_customers(context.instance, cloud.slug)
        if not customers or not _connected(cloud.slug):
            return dg.SkipReason(f"no customer has a {cloud.title} credential")
        days = (at.date(), at.date())
        tags = {"optiinfra/provider": cloud.slug, KIND_TAG: "collection"}
        return _run(cloud.slug, at, customers, days, tags)

    return tick


def judging_schedule(cloud: Provider, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The tick of a provider's applications: yesterday and today of every customer it has.

    Yesterday, for the last quarter of an hour settles after midnight, calls come late, and what a
    budget kept from being judged is judged from the next day's.
    """

    @dg.schedule(
        name=f"{judging_job_name(cloud.slug)}_every_15_minutes",
        cron_schedule="*/15 * * * *",
        execution_timezone="UTC",
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            f"Judges new answers of the applications at {cloud.title}, of yesterday and today. It"
            " is skipped while its last run is going on, and where no application was seen for two"
            " days. **Stop it** to judge nothing and spend nothing on judging this cloud."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "judging"),
        tags={KIND_TAG: "judging"},
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at = context.scheduled_execution_time
        if _busy(context.instance, judging_job_name(cloud.slug)):
            return dg.SkipReason("the last tick is still running; it will not be doubled")
        if not _seen(cloud.slug, at - SEEN_WITHIN):
            return dg.SkipReason(f"no application at {cloud.title} was seen for two days")
        customers = sync_customers(context.instance, cloud.slug)
        days = ((at - DAY).date(), at.date())
        tags = {JUDGING_TAG: cloud.slug, KIND_TAG: "judging"}
        return _run(f"judge-{cloud.slug}", at, customers, days, tags)

    return tick


def _run(
    name: str,
    at: datetime,
    customers: Sequence[str],
    days: tuple[date, date],
    tags: Mapping[str, str],
) -> dg.RunRequest:
    """The one run of a tick, over ``days`` of every customer; asked for again it is the same."""
    return dg.RunRequest(
        run_key=f"{name}-{at:%Y-%m-%dT%H:%M}",
        tags={
            RANGE_START: key_of(customers[0], days[0]),
            RANGE_END: key_of(customers[-1], days[1]),
            TRIGGER_TAG: "schedule",
            "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
            PRIORITY: TICKS_FIRST,
            **tags,
        },
    )


def _seen(provider: str, since: datetime) -> bool:
    with open_doors(settings()) as doors:
        seen = customers_with_applications(doors.database, provider, since)
        batches = JudgeBatches(doors.database).waiting(provider)
        return bool(seen or batches or _pulled_from(doors))


def _pulled_from(doors: Doors) -> set[str]:
    """Customers whose own tables are read; which clouds their calls come from shows only then."""
    return {each.customer_id for each in doors.vault.for_provider(SLUG)}


def _connected(provider: str) -> bool:
    with open_doors(settings()) as doors:
        return any(each.status != "deleted" for each in doors.vault.for_provider(provider))


def sync_customers(instance: dg.DagsterInstance, provider: str) -> list[str]:
    """Bring the provider's customer partitions up to date; returns them in Dagster's order.

    Those with a credential for it and those with an application at it. A customer that lost both
    stays a partition while a run is in flight: Dagster fails a run whose partition vanishes.
    """
    with open_doors(settings()) as doors:
        wanted = {
            record.customer_id
            for record in doors.vault.for_provider(provider)
            if record.status != "deleted"
        }
        wanted |= customers_with_applications(doors.database, provider)
        wanted |= _pulled_from(doors)
    name = customers_of(provider)
    held = set(instance.get_dynamic_partitions(name))
    jobs = (collection_job_name(provider), judging_job_name(provider))
    if not any(_busy(instance, job) for job in jobs):
        for gone in held - wanted:
            instance.delete_dynamic_partition(name, gone)
    if wanted - held:
        instance.add_dynamic_partitions(name, sorted(wanted - held))
    return list(instance.get_dynamic_partitions(name))


def _busy(instance: dg.DagsterInstance, job: str) -> bool:
    runs = dg.RunsFilter(
        job_name=job,
        statuses=IN_FLIGHT,
        tags={TRIGGER_TAG: "schedule"},
    )
    return instance.get_runs_count(runs) > 0


def upkeep_schedules() -> Iterator[dg.ScheduleDefinition]:
    """The hourly checks and the nightly purge."""
    yield dg.ScheduleDefinition(
        name="checks_every_hour",
        job_name=CHECKS_JOB,
        description=(
            "Every standing check once an hour, seven minutes past: what is served, what was"
            " committed, what is late. Reads our own servers only and costs nothing."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "dagster-ui"),
        tags={KIND_TAG: "checks"},
        cron_schedule="7 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    yield dg.ScheduleDefinition(
        name="upkeep_every_night",
        job_name=UPKEEP_JOB,
        description=(
            "Every night at 03:23 UTC: promises about texts and persons, and Dagster's own tables."
            " **Stop it** and they grow by 4 KB for each materialisation."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "operating"),
        tags={KIND_TAG: "upkeep"},
        cron_schedule="23 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
