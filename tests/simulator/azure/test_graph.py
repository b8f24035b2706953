"""Resource Graph: Kusto over everything a subscription owns."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.cloud import AzureCloud
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW

TYPES = (
    "'microsoft.compute/virtualmachines', 'microsoft.compute/disks', "
    "'microsoft.compute/snapshots', 'microsoft.network/publicipaddresses', "
    "'microsoft.sql/servers/databases', 'microsoft.containerservice/managedclusters', "
    "'microsoft.network/loadbalancers'"
)


def asked(clients: Clients, query: str, **options: Any) -> Any:
    """The answer to one query."""
    options = {"result_format": "objectArray", **options}
    request = QueryRequest(
        subscriptions=[ACME.id], query=query, options=QueryRequestOptions(**options)
    )
    return clients.graph().resources(request)


def test_a_query_over_all_types_is_the_true_inventory(clients: Clients, cloud: AzureCloud) -> None:
    """Pages of ten lead through every resource; ids differ from the truth by case only."""
    query = f"Resources | where type in~ ({TYPES}) | project id, type | order by id asc"
    found: list[dict[str, Any]] = []
    answer = asked(clients, query, top=10)
    while True:
        assert len(answer.data) == answer.count <= 10
        found += answer.data
        if not answer.skip_token:
            break
        answer = asked(clients, query, top=10, skip_token=answer.skip_token)
    truth = cloud.resources(ACME.id, NOW)
    assert answer.total_records == len(found)
    assert sorted(one["id"].lower() for one in found) == sorted(
        name for names in truth.values() for name in names
    )
    assert any(one["id"] != one["id"].lower() for one in found)
    assert all(one["type"] == one["type"].lower() for one in found)
    assert len(truth) == 7
    assert all(truth.values())


def test_nested_properties_become_columns(clients: Clients) -> None:
    """``extend`` and ``project`` reach into properties; a path names itself with underscores."""
    answer = asked(
        clients,
        "Resources | where type =~ 'Microsoft.Compute/virtualMachines' "
        "| extend power = tostring(properties.extended.instanceView.powerState.code) "
        "| project name, properties.hardwareProfile.vmSize, power, team = tags['team'], zones[0] "
        "| order by name desc",
    )
    names = [row["name"] for row in answer.data]
    assert names == sorted(names, reverse=True)
    states = {row["power"] for row in answer.data}
    assert "PowerState/running" in states
    sizes = {row["properties_hardwareProfile_vmSize"] for row in answer.data}
    assert "Standard_NC4as_T4_v3" in sizes
    assert all(row["team"] for row in answer.data)


def test_machines_outside_office_hours_are_deallocated(clients: Clients, cloud: AzureCloud) -> None:
    """A Sunday shows machines that exist and do not run; their disks are reserved for them."""
    cloud.world.clock.set(NOW.replace(day=22))  # type: ignore[attr-defined]
    query = (
        "resources | where type == 'microsoft.compute/virtualmachines' "
        "and properties.extended.instanceView.powerState.code =~ 'PowerState/deallocated' "
        "| project id, name"
    )
    idle = {row["name"] for row in asked(clients, query).data}
    assert len(idle) == 2
    disks = asked(
        clients,
        "resources | where type == 'microsoft.compute/disks' "
        "| where properties.diskState != 'Attached' | project name, state = properties.diskState",
    ).data
    assert sorted(row["state"] for row in disks) == ["Reserved", "Reserved", "Unattached"]


def test_a_table_is_columns_and_rows(clients: Clients) -> None:
    """The older format tells columns with types and rows without names."""
    answer = asked(clients, "Resources | project name, tags | take 3", result_format="table")
    assert [one["name"] for one in answer.data["columns"]] == ["name", "tags"]
    assert [one["type"] for one in answer.data["columns"]] == ["string", "object"]
    assert len(answer.data["rows"]) == 3


def test_resources_are_counted_by_group(clients: Clients, cloud: AzureCloud) -> None:
    """``summarize count() by`` tells how many there are of each."""
    answer = asked(clients, "Resources | summarize number = count() by type | order by type asc")
    truth = {kind: len(names) for kind, names in cloud.resources(ACME.id, NOW).items() if names}
    assert {row["number"] for row in answer.data} == set(truth.values())
    assert sum(row["number"] for row in answer.data) == sum(truth.values())
    assert asked(clients, "Resources | count").data == [{"Count": sum(truth.values())}]


def test_without_ids_the_rest_is_only_said_to_be_missing(clients: Clients) -> None:
    """A page of rows without id has no token, and says that it was cut."""
    answer = asked(clients, "Resources | project name", top=2)
    assert (answer.skip_token, answer.result_truncated) == (None, "true")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("Advisor | project id", "begin with the table Resources"),
        ("Resources | fly id", "operator 'fly'"),
        ("Resources | project colour", "column named 'colour'"),
        ("Resources | where type =~", "ends too early"),
        ("Resources | extend a = rot13(name)", "function rot13"),
        ("Resources | where name == ;", "cannot be read"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(clients: Clients, query: str, said: str) -> None:
    """Resource Graph answers 400 and says where it stumbled."""
    with pytest.raises(HttpResponseError) as refused:
        asked(clients, query)
    assert refused.value.status_code == 400
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("name startswith 'vm-' and not(location == 'eastus')", {"westus2", "westeurope"}),
        ("type has 'virtualmachines' or name contains 'xyz'", {"eastus", "westus2", "westeurope"}),
        ("location in ('eastus', 'westus2') and isnotempty(tags.team)", {"eastus", "westus2"}),
        ("location !~ 'EASTUS' and array_length(zones) > 0", {"westus2", "westeurope"}),
        ("iff(location == 'eastus', 1, 2) >= 2 and toint(properties.diskSizeGB) <= 512",
         {"westus2", "westeurope"}),
    ],
)  # fmt: skip
def test_conditions_keep_what_they_say(clients: Clients, test: str, kept: set[str]) -> None:
    """Comparisons, functions and their junctions select as Kusto does."""
    answer = asked(clients, f"Resources | where {test} | project id, location")
    assert {row["location"] for row in answer.data} == kept


def test_another_tenants_subscription_is_no_scope(clients: Clients) -> None:
    """A subscription in which the principal has no role is refused."""
    request = QueryRequest(subscriptions=[GLOBEX.id], query="Resources")
    with pytest.raises(HttpResponseError) as refused:
        clients.graph().resources(request)
    assert refused.value.status_code == 403
