"""Daily rollups: recomputed whole from what is committed, never incremented.

An incremental materialized view counts a re-collected window twice (20.0 where 4.0 was right).
"""

from collections.abc import Iterator

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.warehouse.rollup import recompute_daily
from optiinfra_pipelines.assets.factory import OWNER
from optiinfra_pipelines.partitions import by_customer, key_of
from optiinfra_pipelines.resources.collection import CollectionResource


def rollup_assets(
    cloud: Provider, partitions: dg.PartitionsDefinition
) -> Iterator[dg.AssetsDefinition]:
    """The rollup of every metric of ``cloud`` that has a daily table."""
    for metric in METRICS:
        if metric.daily_table and cloud.supplies(metric):
            yield rollup_asset(cloud, metric, partitions)


def rollup_asset(
    cloud: Provider, metric: Metric, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    """The asset that recomputes one customer's day from its samples."""

    @dg.asset(
        key=[cloud.slug, f"{metric.name}_daily"],
        deps=[dg.AssetKey([cloud.slug, metric.name])],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=cloud.slug,
        kinds={"clickhouse", "sql"},
        owners=[OWNER],
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": metric.name},
        description=(
            f"Count, sum, minimum, maximum, last and 95th percentile of each resource and UTC day, "
            f"in ClickHouse table `{metric.daily_table}`; recomputed from `{metric.table}`."
        ),
        metadata={"dagster/table_name": metric.daily_table},
        output_required=False,
    )
    def roll_up(
        context: dg.AssetExecutionContext, collection: CollectionResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        doors = collection.doors
        for customer_id, days in by_customer(context.partition_keys).items():
            for day in days:
                rows = recompute_daily(
                    doors.warehouse, customer_id, cloud.slug, day, clock=doors.clock
                )
                context.log_event(
                    dg.AssetMaterialization(
                        asset_key=context.asset_key,
                        partition=key_of(customer_id, day),
                        metadata={"dagster/partition_row_count": rows},
                    )
                )
        yield from ()

    return roll_up
