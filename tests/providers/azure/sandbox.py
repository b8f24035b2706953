"""A small Azure subscription for the conformance suite: something of every kind, and charges."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from optiinfra_core.testing.http_double import Fate
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.azure.client import Azure
from tests.providers.azure.conftest import SECRET, opened
from tests.providers.azure.estate import ADMIN, OWNED, SKUS, START, charge, query, samples
from tests.providers.azure.wire import Asked, AzureDouble, TlsDouble, graph, refused, told

SPANS: Mapping[str, Window] = {
    "cost": Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
    "performance": Window(START, START + timedelta(minutes=15)),
    "resource": Window(START + timedelta(minutes=15), START + timedelta(minutes=30)),
}
SECRETS = (SECRET, ADMIN)


def _samples(call: Asked) -> Fate:
    if call.params["metricnamespace"].endswith("managedclusters"):
        return refused("InternalServerError", 500)
    return samples(call)


@contextmanager
def sandbox() -> Iterator[Azure]:
    """A connection to the subscription; its clusters' samples cannot be had."""
    cloud = AzureDouble()
    cloud.script["graph"] = lambda _call: graph([dict(one) for one in OWNED])
    cloud.script["skus"] = lambda _call: told(SKUS)
    cloud.script["query"] = query([charge(1.25, 20261120), charge(0.1, 20261121)])
    cloud.script["batch"] = _samples
    with TlsDouble(cloud) as server, opened(url=server.url) as connection:
        yield connection
