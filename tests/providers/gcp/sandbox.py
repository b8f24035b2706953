"""A small Google Cloud project for the conformance suite: one of everything, and samples of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from tests.providers.gcp import inventories
from tests.providers.gcp.conftest import EXPORT, opened, private_key
from tests.providers.gcp.exports import DAY, credit, export_of, usage
from tests.providers.gcp.series import asked_for, page, series
from tests.providers.gcp.wire import GoogleDouble, MonitoringDouble, monitoring_server

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPANS: Mapping[str, Window] = {
    "cost": Window(DAY, DAY + timedelta(days=2)),
    "performance": Window(START, START + timedelta(minutes=15)),
    "resource": Window(START + timedelta(minutes=15), START + timedelta(minutes=30)),
}
SECRETS = (private_key().splitlines()[1], "token-1-of-the-test", *inventories.SECRETS)
COMPUTE = "compute.googleapis.com/instance/"


def _samples(request: Any) -> Any:
    if not asked_for(request).startswith(COMPUTE):
        return page()
    return page(series(request, [0.25, 0.5, 0.75]))


@contextmanager
def sandbox() -> Iterator[Gcp]:
    """A connection to the project; a zone of a region could not be asked for its disks."""
    cloud = GoogleDouble(bigquery=export_of("detailed"))
    inventories.furnish(cloud)
    held = inventories.aggregated("disks", zones__us_central1_a=[inventories.DISK])
    down = {"warning": {"code": "UNREACHABLE", "message": "down", "data": []}}
    cloud.on("/aggregated/disks", {"items": {**held["items"], "zones/us-east1-b": down}})
    if cloud.bigquery:
        cloud.bigquery.insert(
            [usage(credits=[credit(-0.03)]), usage(at=DAY + timedelta(days=1), cost=1 / 3)]
        )
    with (
        HttpDouble(cloud) as server,
        monitoring_server(MonitoringDouble(answer=_samples)) as monitoring,
        opened(
            endpoint_url=server.url, monitoring_endpoint=monitoring, billing_export=EXPORT
        ) as connection,
    ):
        yield connection
