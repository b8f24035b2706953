"""One factory: (provider, metric type) -> one partitioned asset."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.redaction import scrub
from optiinfra_core.settings import Settings
from optiinfra_core.windows import QUARTER_HOUR
from optiinfra_pipelines.assets import describing
from optiinfra_pipelines.assets.collect import collect_partitions
from optiinfra_pipelines.assets.columns import column_schema, stored_schema
from optiinfra_pipelines.assets.reading import links
from optiinfra_pipelines.assets.rollup import Rollups, rollup_key
from optiinfra_pipelines.partitions import by_customer
from optiinfra_pipelines.policies import retry_policy
from optiinfra_pipelines.resources.collection import CollectionResource

# Why a provider has no collector of a metric type, where its manifest does not say.
NO_REASON = "Its API does not offer it."

# Every tick reports every partition it looked at: two that are missed warn, four are a failure.
# What is late of one account is told by the check `every_account_on_time`.
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=2 * QUARTER_HOUR + timedelta(minutes=5),
    fail_window=4 * QUARTER_HOUR + timedelta(minutes=5),
)

# A run has fourteen minutes (policies.py); half a year of an account in one run would be cut off.
DAYS_PER_RUN = 31
BACKFILL = dg.BackfillPolicy.multi_run(max_partitions_per_run=DAYS_PER_RUN)


def pool_of(provider: str) -> str:
    """The pool that bounds steps calling one provider at the same time, in all runs together."""
    return f"{provider}_api"


def collection_asset(
    cloud: Provider, metric: Metric, partitions: dg.PartitionsDefinition[str], settings: Settings
) -> dg.AssetsDefinition:
    """The asset that collects ``metric`` from ``cloud``, with its daily rollup where there is one.

    One run may cover many partitions: a run costs 2.6 CPU seconds before it does anything, so a
    tick is never one run per customer. A backfill of the UI makes one run for each customer and
    ``DAYS_PER_RUN`` days, so that none outlives the time that a run has.
    """
    specs = [_spec(cloud, metric, settings)]
    if metric.daily_table:
        specs.append(_rollup_spec(cloud, metric, settings))

    @dg.multi_asset(
        name=f"{cloud.slug}__{metric.name}",
        specs=specs,
        can_subset=len(specs) > 1,
        partitions_def=partitions,
        backfill_policy=BACKFILL,
        retry_policy=retry_policy(settings),
        pool=pool_of(cloud.slug),
    )
    def collect(
        context: dg.AssetExecutionContext, collection: CollectionResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        doors = collection.doors
        try:
            if specs[0].key in context.selected_asset_keys:
                collect_partitions(context, doors, cloud, metric)
            else:
                with Rollups(context, doors, cloud, metric) as rollups:
                    for customer_id, days in by_customer(context.partition_keys).items():
                        rollups.add(customer_id, days)
        except OptiInfraError as error:
            raise dg.Failure(
                scrub(f"{error.detail} {error.remedy}"), allow_retries=error.retryable
            ) from None
        # Each partition has logged its own event; an event of the whole would mark them all.
        yield from ()

    return collect


def _spec(cloud: Provider, metric: Metric, knobs: Settings) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=[cloud.slug, metric.name],
        skippable=True,
        group_name=cloud.slug,
        kinds={cloud.slug, "clickhouse"},
        owners=[knobs.asset_owner],
        freshness_policy=FRESH,
        tags=_tags(cloud, metric),
        description=describing.collected(cloud, metric, knobs),
        metadata={
            "dagster/table_name": metric.table,
            "dagster/column_schema": column_schema(metric),
            **links(knobs, metric.name, cloud.slug),
            "provider_docs": cloud.docs,
            "not_supported": dg.MetadataValue.md(describing.missing(cloud)),
        },
    )


def unsupported_assets(cloud: Provider, knobs: Settings) -> Iterator[dg.AssetSpec]:
    """The metric types that ``cloud`` cannot supply: nothing to run, but there to be read about."""
    for metric in METRICS:
        if cloud.supplies(metric):
            continue
        why = cloud.not_supported.get(metric.name, NO_REASON)
        yield dg.AssetSpec(
            key=[cloud.slug, metric.name],
            group_name=cloud.slug,
            kinds={cloud.slug},
            owners=[knobs.asset_owner],
            tags={**_tags(cloud, metric), "optiinfra/supported": "no"},
            description=describing.not_offered(cloud, metric, why, knobs),
            metadata={"provider_docs": cloud.docs, "not_supported": why},
        )


def _rollup_spec(cloud: Provider, metric: Metric, knobs: Settings) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=rollup_key(cloud, metric),
        deps=[dg.AssetKey([cloud.slug, metric.name])],
        skippable=True,
        group_name=cloud.slug,
        kinds={"clickhouse", "sql"},
        owners=[knobs.asset_owner],
        tags=_tags(cloud, metric),
        description=describing.rolled_up(cloud, metric, knobs),
        metadata={
            "dagster/table_name": metric.daily_table,
            "dagster/column_schema": stored_schema(metric.daily_table),
            **links(knobs, metric.name, cloud.slug),
        },
    )


def _tags(cloud: Provider, metric: Metric) -> dict[str, str]:
    return {"optiinfra/provider": cloud.slug, "optiinfra/data_type": metric.name}
