"""Tells the API which providers are installed: the registry, as data, into Postgres.

The API imports no provider and no SDK; it reads what this wrote at start-up.
"""

import sys
from collections.abc import Iterator

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.collecting.catalogue import (
    DataTypeInfo,
    ProviderCatalogue,
    ProviderInfo,
    fields_of,
)
from optiinfra_core.collecting.contract import Collector, Connection, Provider
from optiinfra_core.database import Database
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.metrics import METRICS
from optiinfra_core.settings import Settings, settings
from optiinfra_core.windows import DAY
from optiinfra_pipelines.judging.steps import JOB, STEPS
from optiinfra_pipelines.registry import providers


def describe(cloud: Provider) -> ProviderInfo:
    """A provider's manifest as the API knows it."""
    return ProviderInfo(
        slug=cloud.slug,
        title=cloud.title,
        docs=cloud.docs,
        credential=fields_of(cloud.credential),
        data_types=tuple(_data_types(cloud)),
        not_supported=dict(cloud.not_supported),
    )


def _data_types(cloud: Provider) -> Iterator[DataTypeInfo]:
    for metric in METRICS:
        if cloud.supplies(metric):
            yield _data_type(cloud.collector(metric))
    yield applications(settings())


def applications(knobs: Settings) -> DataTypeInfo:
    """What every provider may host: the customer's own applications, judged by the quarter hour."""
    window = int(APPLICATION.window.total_seconds())
    return DataTypeInfo(
        name=APPLICATION.name,
        window_seconds=window,
        min_interval_seconds=window,
        lag_seconds=60 * knobs.judge_settle_minutes,
        reread_seconds=int(DAY.total_seconds()),
        history_seconds=int(DAY.total_seconds()) * knobs.raw_days,
        job=JOB,
        assets=STEPS,
        supplied=False,
    )


def _data_type(collector: Collector[Connection]) -> DataTypeInfo:
    typical = collector.typical
    rhythm = typical.rhythm
    return DataTypeInfo(
        name=collector.metric.name,
        window_seconds=int(collector.metric.window.total_seconds()),
        min_interval_seconds=int(rhythm.min_interval.total_seconds()),
        lag_seconds=int(rhythm.lag.total_seconds()),
        reread_seconds=int(rhythm.reread.total_seconds()),
        history_seconds=int(rhythm.history.total_seconds()) if rhythm.history else None,
        calls_per_span=typical.calls_per_span,
        calls_per_day=typical.calls_per_day,
        usd_per_call=typical.usd_per_call,
    )


def main() -> int:
    """Publish every registered provider; run at each start, before the API."""
    database = Database(resolve(settings()).postgres)
    try:
        ProviderCatalogue(database).publish(describe(cloud) for cloud in providers().values())
    finally:
        database.close()
    sys.stderr.write(f"published {', '.join(providers())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
