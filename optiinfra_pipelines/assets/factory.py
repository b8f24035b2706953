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
from optiinfra_pipelines.assets.collect import collect_partitions
from optiinfra_pipelines.assets.rollup import Rollups, rollup_key
from optiinfra_pipelines.partitions import by_customer
from optiinfra_pipelines.policies import retry_policy
from optiinfra_pipelines.resources.collection import CollectionResource

OWNER = "team:platform"

# Why a provider has no collector of a metric type, where its manifest does not say.
NO_REASON = "Its API does not offer it."

# Every tick reports every partition it looked at: two that are missed warn, four are a failure.
# What is late of one account is told by the check `every_account_on_time`.
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=2 * QUARTER_HOUR + timedelta(minutes=5),
    fail_window=4 * QUARTER_HOUR + timedelta(minutes=5),
)


def pool_of(provider: str) -> str:
    """The pool that bounds steps calling one provider at the same time, in all runs together."""
    return f"{provider}_api"


def collection_asset(
    cloud: Provider, metric: Metric, partitions: dg.PartitionsDefinition[str], settings: Settings
) -> dg.AssetsDefinition:
    """The asset that collects ``metric`` from ``cloud``, with its daily rollup where there is one.

    One run may cover many partitions (``single_run``): a run costs 2.6 CPU seconds before it does
    anything, so never one run per customer.
    """
    specs = [_spec(cloud, metric)]
    if metric.daily_table:
        specs.append(_rollup_spec(cloud, metric))

    @dg.multi_asset(
        name=f"{cloud.slug}__{metric.name}",
        specs=specs,
        can_subset=len(specs) > 1,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
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


def _spec(cloud: Provider, metric: Metric) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=[cloud.slug, metric.name],
        skippable=True,
        group_name=cloud.slug,
        kinds={cloud.slug, "clickhouse"},
        owners=[OWNER],
        freshness_policy=FRESH,
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": metric.name},
        description=_description(cloud, metric),
        metadata={
            "dagster/table_name": metric.table,
            "dagster/column_schema": column_schema(metric),
            "provider_docs": cloud.docs,
            "not_supported": dg.MetadataValue.md(_not_supported(cloud)),
        },
    )


def unsupported_assets(cloud: Provider) -> Iterator[dg.AssetSpec]:
    """The metric types that ``cloud`` cannot supply: nothing to run, but there to be read about."""
    for metric in METRICS:
        if cloud.supplies(metric):
            continue
        why = cloud.not_supported.get(metric.name, NO_REASON)
        yield dg.AssetSpec(
            key=[cloud.slug, metric.name],
            group_name=cloud.slug,
            kinds={cloud.slug},
            owners=[OWNER],
            tags={
                "optiinfra/provider": cloud.slug,
                "optiinfra/data_type": metric.name,
                "optiinfra/supported": "no",
            },
            description=f"Not supported: {cloud.title} has no {metric.title.lower()} data. {why}",
            metadata={"provider_docs": cloud.docs, "not_supported": why},
        )


def _not_supported(cloud: Provider) -> str:
    """What the cloud cannot give, line by line."""
    lines = [f"- {name}: {why}" for name, why in cloud.not_supported.items()]
    return "\n".join(lines) or "nothing is known to be missing"


def _rollup_spec(cloud: Provider, metric: Metric) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=rollup_key(cloud, metric),
        deps=[dg.AssetKey([cloud.slug, metric.name])],
        skippable=True,
        group_name=cloud.slug,
        kinds={"clickhouse", "sql"},
        owners=[OWNER],
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": metric.name},
        description=(
            "Count, sum, minimum, maximum, last and 95th percentile of each resource and UTC day, "
            f"in ClickHouse table `{metric.daily_table}`; recomputed whole from `{metric.table}` "
            "after each collection."
        ),
        metadata={"dagster/table_name": metric.daily_table},
    )


def column_schema(metric: Metric) -> dg.TableSchema:
    """The columns of a metric's table as the Dagster UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.kind.value,
                description=f"{column.caption} ({column.unit})" if column.unit else column.caption,
            )
            for column in metric.columns
        ]
    )


def _description(cloud: Provider, metric: Metric) -> str:
    window = "UTC day" if metric.window.days else f"{metric.window.seconds // 60} minutes"
    return (
        f"{metric.title} of {cloud.title}, one partition per customer and UTC day, "
        f"in ClickHouse table `{metric.table}`.\n\n"
        f"One write replaces one account's {window}; running it again changes nothing. "
        "A partition is green when every window that is due is committed. "
        "A red one names what failed and what to do; the next tick tries it again."
        f"{_told_missing(cloud)}"
    )


def _told_missing(cloud: Provider) -> str:
    """What the cloud cannot give, as the end of a description."""
    if not cloud.not_supported:
        return ""
    return f"\n\nNot supported by {cloud.title}:\n{_not_supported(cloud)}"
