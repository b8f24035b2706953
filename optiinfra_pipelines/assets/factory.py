"""One factory: (provider, metric type) -> one partitioned asset."""

from collections.abc import Iterator

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.metrics import Metric
from optiinfra_core.settings import Settings
from optiinfra_pipelines.assets.collect import collect_partitions
from optiinfra_pipelines.policies import retry_policy
from optiinfra_pipelines.resources.collection import CollectionResource

OWNER = "team:platform"


def pool_of(provider: str) -> str:
    """The pool that bounds steps calling one provider at the same time, in all runs together."""
    return f"{provider}_api"


def collection_asset(
    cloud: Provider, metric: Metric, partitions: dg.PartitionsDefinition, settings: Settings
) -> dg.AssetsDefinition:
    """The asset that collects ``metric`` from ``cloud``.

    One run may cover many partitions (``single_run``): a run costs 2.6 CPU seconds before it does
    anything, so never one run per customer.
    """

    @dg.asset(
        key=[cloud.slug, metric.name],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=cloud.slug,
        kinds={cloud.slug, "clickhouse"},
        owners=[OWNER],
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": metric.name},
        description=_description(cloud, metric),
        metadata={
            "dagster/table_name": metric.table,
            "dagster/column_schema": column_schema(metric),
            "provider_docs": dg.MetadataValue.url(cloud.docs),
        },
        retry_policy=retry_policy(settings),
        pool=pool_of(cloud.slug),
        output_required=False,
    )
    def collect(
        context: dg.AssetExecutionContext, collection: CollectionResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        collect_partitions(context, collection.doors, cloud, metric)
        # Each partition has logged its own event; an event of the whole would mark them all.
        yield from ()

    return collect


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
    )
