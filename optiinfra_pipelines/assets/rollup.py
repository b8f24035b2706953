"""Daily rollups: recomputed whole from what is committed, never incremented.

An incremental materialized view counts a re-collected window twice (20.0 where 4.0 was right).
"""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.rollup import recompute_daily
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.partitions import key_of


def rollup_key(cloud: Provider, metric: Metric) -> dg.AssetKey:
    """The asset of a metric's daily rollup."""
    return dg.AssetKey([cloud.slug, f"{metric.name}_daily"])


def roll_up(
    context: dg.AssetExecutionContext,
    doors: Doors,
    scope: tuple[Provider, Metric, str],
    days: Iterable[date],
) -> None:
    """Recompute the days of one customer and report each; ``scope`` ends with the customer.

    It follows its samples within their step, customer by customer: as a step of its own it would
    not run for anyone while one customer's collection fails.
    """
    cloud, metric, customer_id = scope
    for day in days:
        rows = recompute_daily(doors.warehouse, customer_id, cloud.slug, day, clock=doors.clock)
        context.log_event(
            dg.AssetMaterialization(
                asset_key=rollup_key(cloud, metric),
                partition=key_of(customer_id, day),
                metadata={"dagster/partition_row_count": rows},
            )
        )
