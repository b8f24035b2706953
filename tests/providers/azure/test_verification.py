"""What a credential may do, told by free calls; and our role against what the code calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, PermissionMissing
from optiinfra_pipelines.providers import azure as folder
from optiinfra_pipelines.providers.azure.client.actions import LISTED, OPERATIONS
from optiinfra_pipelines.providers.azure.client.rights import Grant, allowed, principal
from optiinfra_pipelines.providers.azure.verification import needed, verify
from tests.providers.azure.asking import export
from tests.providers.azure.conftest import Connect
from tests.providers.azure.sandbox import SPANS, sandbox
from tests.providers.azure.storage import Container
from tests.providers.azure.wire import (
    CLIENT,
    HOLDER,
    SUBSCRIPTION,
    AzureDouble,
    jwt,
    refused,
    told,
)

ROLE = json.loads((Path(folder.__path__[0]) / "role.json").read_text())
QUERY = "Microsoft.CostManagement/query/read"


def grants(*permissions: dict[str, list[str]], link: str | None = None) -> Any:
    """The answer that lists what each role assignment allows."""
    return told({"value": list(permissions), "nextLink": link})


def test_who_asks_and_what_it_may(cloud: AzureDouble, connect: Connect) -> None:
    """Application and principal by the token; every permission by the roles' actions."""
    found = verify(connect())
    assert found.account_id == SUBSCRIPTION
    assert found.principal == f"application {CLIENT}, principal {HOLDER}"
    assert QUERY in found.permissions_found
    assert (found.permissions_missing, found.not_probed, found.expires_at) == ((), (), None)
    assert list(cloud.kinds()) == ["subscription", "permissions"]


def test_our_role_is_enough(cloud: AzureDouble, connect: Connect) -> None:
    """A principal with it and nothing else lacks nothing."""
    cloud.on("permissions", grants({"actions": ROLE["Actions"], "notActions": []}))
    assert verify(connect()).permissions_missing == ()


def test_what_is_missing_is_named(cloud: AzureDouble, connect: Connect) -> None:
    """Cost Management Reader alone reads cost and nothing else."""
    cloud.on("permissions", grants({"actions": ["Microsoft.CostManagement/*/read"]}))
    found = verify(connect())
    assert found.permissions_found == (QUERY,)
    assert "Microsoft.Compute/virtualMachines/read" in found.permissions_missing


def test_an_export_needs_its_container_and_not_the_query(
    endpoint: str, cloud: AzureDouble, connect: Connect
) -> None:
    """The permission on data is tried, since roles at the subscription do not tell it."""
    azure = connect(cost_export=export(endpoint))
    cloud.script["list"] = Container().lists
    assert any(one.endswith("blobs/read") for one in verify(azure).permissions_found)
    assert QUERY not in needed(azure)
    cloud.on("list", refused("AuthorizationPermissionMismatch", 403))
    (missing,) = verify(azure).permissions_missing
    assert missing.endswith("containers/blobs/read")


@pytest.mark.parametrize(
    ("actions", "not_actions", "answer"),
    [
        (["*"], [], True),
        (["*/read"], [], True),
        (["microsoft.costmanagement/*"], [], True),
        (["Microsoft.CostManagement/query/*"], ["Microsoft.CostManagement/query/read"], False),
        (["*"], ["Microsoft.CostManagement/*"], False),
        (["Microsoft.CostManagement/query/action"], [], False),
        ([], [], False),
    ],
)
def test_patterns_of_roles_are_read_as_azure_reads_them(
    actions: list[str], not_actions: list[str], *, answer: bool
) -> None:
    """Without case; a star stands for any length; exclusions belong to their own role."""
    grant = Grant(actions=tuple(actions), not_actions=tuple(not_actions))
    assert grant.allows(QUERY) is answer
    other = Grant(actions=(QUERY.upper(),), not_actions=())
    assert allowed(QUERY, (grant, other))


def test_a_second_page_of_roles_counts(endpoint: str, cloud: AzureDouble, connect: Connect) -> None:
    """A principal may have many assignments."""
    link = f"{endpoint}/subscriptions/x/providers/Microsoft.Authorization/permissions?p=2"
    cloud.on("permissions", grants(link=link), grants({"actions": ["*/read"]}))
    assert verify(connect()).permissions_missing == ()


def test_a_link_of_roles_to_another_host_is_not_followed(
    cloud: AzureDouble, connect: Connect
) -> None:
    """The token goes to Azure only."""
    cloud.on("permissions", grants(link="https://elsewhere.example/permissions"))
    with pytest.raises(Malformed, match="another host"):
        verify(connect())


def test_a_subscription_out_of_reach_says_so(cloud: AzureDouble, connect: Connect) -> None:
    """Azure answers alike where it does not exist and where nothing is allowed."""
    cloud.on("subscription", refused("SubscriptionNotFound", 404))
    with pytest.raises(PermissionMissing, match="SubscriptionNotFound") as error:
        verify(connect())
    assert "subscription_id" in error.value.remedy


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.bm90LWpzb24.c", "a.W10.c"])
def test_a_token_that_tells_nothing_leaves_the_application(token: str) -> None:
    """Tokens are Azure's business; ours is only who to name."""
    assert principal(token, CLIENT) == f"application {CLIENT}"


def test_tokens_of_both_versions_name_their_holder() -> None:
    """Version 2 calls the application ``azp``."""
    assert principal(jwt(azp="app", oid="who"), CLIENT) == "application app, principal who"


def test_the_role_allows_what_the_code_asks_for_and_nothing_more() -> None:
    """Actions are those of the table of operations and of the listed kinds; all of them read.

    At a subscription, a data action would open every container: the export's is granted there.
    """
    control = {one.permission for one in OPERATIONS if not one.data}
    assert set(ROLE["Actions"]) == control | set(LISTED.values())
    assert ROLE["Actions"] == sorted(ROLE["Actions"])
    assert all(action.endswith("/read") for action in ROLE["Actions"])
    assert ROLE["DataActions"] == []


def test_every_call_of_a_collection_is_in_the_table() -> None:
    """Nothing is asked for that the table, and so the role, does not know."""
    known = {one.name for one in OPERATIONS} | {"Microsoft.Entra/tokens:get"}
    with sandbox() as connection:
        for collector in folder.PROVIDER.collectors:
            list(collector.collect(connection, SPANS[collector.metric.name]))
        verify(connection)
        log: Any = connection.gate.ledger
        assert {call.operation for call in log.calls} <= known
        assert all(call.usd == 0 for call in log.calls)
