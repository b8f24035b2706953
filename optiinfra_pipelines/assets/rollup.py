"""Daily rollups: recomputed whole from what is committed, never incremented.

An incremental materialized view counts a re-collected window twice (20.0 where 4.0 was right).
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from types import TracebackType
from typing import Self

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.rollup import recompute_daily
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.partitions import key_of


def rollup_key(cloud: Provider, metric: Metric) -> dg.AssetKey:
    """The asset of a metric's daily rollup."""
    return dg.AssetKey([cloud.slug, f"{metric.name}_daily"])


class Rollups:
    """Recomputes days beside the collection, several at a time, and reports each when done.

    They follow their samples within their step, customer by customer: as a step of its own they
    would not run for anyone while one customer's collection fails. Leaving the block waits for
    them all; the first failure is raised then. A metric without a daily table has none.
    """

    def __init__(
        self, context: dg.AssetExecutionContext, doors: Doors, cloud: Provider, metric: Metric
    ) -> None:
        self._context = context
        self._doors = doors
        self._cloud = cloud
        self._metric = metric
        self._pool = ThreadPoolExecutor(
            doors.settings.max_parallel_customers, thread_name_prefix=f"{cloud.slug}-rollup"
        )
        self._under_way: list[tuple[str, date, Future[int]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._pool:
            if error is None:
                for customer_id, day, rows in self._under_way:
                    self._report(customer_id, day, rows.result())

    def add(self, customer_id: str, days: Iterable[date]) -> None:
        """Recompute the days of one customer."""
        if not self._metric.daily_table:
            return
        for day in days:
            rows = self._pool.submit(self._recompute, customer_id, day)
            self._under_way.append((customer_id, day, rows))

    def _recompute(self, customer_id: str, day: date) -> int:
        of = (customer_id, self._cloud.slug)
        return recompute_daily(self._doors.warehouse, self._doors.clock, self._metric, of, day)

    def _report(self, customer_id: str, day: date, rows: int) -> None:
        self._context.log_event(
            dg.AssetMaterialization(
                asset_key=rollup_key(self._cloud, self._metric),
                partition=key_of(customer_id, day),
                metadata={"dagster/partition_row_count": rows},
            )
        )
