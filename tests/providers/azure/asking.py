"""One request of each of the SDK's clients, as the tests of faults make it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.azure.client import Azure, exports, rights
from optiinfra_pipelines.providers.azure.client.costs import ACTUAL, Question, records
from optiinfra_pipelines.providers.azure.client.inventory import resources
from optiinfra_pipelines.providers.azure.client.metrics import Batch, regional, samples
from optiinfra_pipelines.providers.azure.credential import CostExport
from tests.providers.azure.estate import arm

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUESTION = Question(kind=ACTUAL, first=date(2026, 11, 1), last=date(2026, 11, 22))
MACHINES = "microsoft.compute/virtualmachines"


def batch(*names: str) -> Batch:
    """The processors of machines, for a quarter of an hour."""
    return Batch(
        namespace=MACHINES,
        region="eastus",
        resource_ids=tuple(arm("Microsoft.Compute/virtualMachines", one) for one in names),
        names=("Percentage CPU",),
        aggregations=("average",),
        span=Window(START, START + timedelta(minutes=15)),
    )


def export(url: str) -> CostExport:
    """An export into a container of the double."""
    return CostExport(account_url=f"{url}/account", container="costs", directory="d", name="focus")


def listed(azure: Azure) -> Any:
    """The runs of an export."""
    return exports.runs(azure, export(azure.clients.resource_manager))


def read(azure: Azure) -> bytes:
    """A blob of an export."""
    with exports.downloaded(azure, export(azure.clients.resource_manager), "d/x") as spool:
        return spool.read()


# Kind of request -> how to make it; each is one call to an empty subscription.
ASK: Mapping[str, Callable[[Azure], Any]] = MappingProxyType(
    {
        "query": lambda azure: list(records(azure, QUESTION)),
        "graph": lambda azure: list(resources(azure)),
        "batch": lambda azure: samples(azure, batch("Web-1")),
        "regional": lambda azure: regional(azure, batch("Web-1")),
        "list": listed,
        "blob": read,
        "permissions": rights.grants,
    }
)
