"""What verification finds, and that the role we ship is what the code asks for."""

import re
from pathlib import Path

import pytest
import yaml

from optiinfra_core.errors import CredentialRejected
from optiinfra_pipelines.providers import gcp as folder
from optiinfra_pipelines.providers.gcp import PROVIDER
from optiinfra_pipelines.providers.gcp.client import operations
from optiinfra_pipelines.providers.gcp.client.operations import OF_PROJECT, Operation
from optiinfra_pipelines.providers.gcp.verification import NOT_PROBED_DATA, verify
from tests.providers.gcp.bigquery import refusal, reply
from tests.providers.gcp.conftest import EMAIL, EXPORT, Connect
from tests.providers.gcp.exports import export_of
from tests.providers.gcp.wire import PROJECT, GoogleDouble

HERE = Path(folder.__path__[0])
PAGE = HERE.parents[2] / "docs" / "connecting-gcp.md"


def role() -> set[str]:
    """The permissions of the custom role that we ship."""
    told = yaml.safe_load((HERE / "role.yaml").read_text())
    return set(told["includedPermissions"])


def test_a_whole_role_is_found_for_nothing(cloud: GoogleDouble, connect: Connect) -> None:
    """Three free calls: who, the export's table, the billing account."""
    cloud.bigquery = export_of("detailed")
    gcp = connect(billing_export=EXPORT)
    told = verify(gcp)
    assert (told.account_id, told.principal) == (PROJECT, EMAIL)
    assert told.permissions_missing == ()
    assert {*told.permissions_found, "bigquery.tables.getData"} >= role()
    assert told.not_probed == (NOT_PROBED_DATA,)
    assert sum(call.usd for call in gcp.gate.ledger.calls) == 0


def test_what_is_missing_is_named(cloud: GoogleDouble, connect: Connect) -> None:
    """By the project, and by the table of the export."""
    cloud.on(":testIamPermissions", reply({"permissions": ["compute.instances.list"]}))
    cloud.on("/tables/export", refusal(403, "accessDenied", "Access Denied: Permission "
             "bigquery.tables.get denied on table"))  # fmt: skip
    told = verify(connect(billing_export=EXPORT))
    assert told.permissions_found == ("compute.instances.list", "billing.accounts.get")
    assert "bigquery.tables.get" in told.permissions_missing
    assert "monitoring.timeSeries.list" in told.permissions_missing


def test_a_permission_that_one_project_lacks_is_missing(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Though another grants it."""
    everything = reply({"permissions": [one.permission for one in OF_PROJECT]})
    cloud.on("projects/acme-prod-314159:testIamPermissions", everything)
    cloud.on("projects/acme-lab-000001:testIamPermissions", reply({}))
    told = verify(connect(projects=("acme-lab-000001",)))
    assert told.permissions_found == ()
    assert set(told.permissions_missing) == {one.permission for one in OF_PROJECT}


def test_a_billing_account_that_may_not_be_seen_is_no_lack(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Only its display name would need it."""
    cloud.bigquery = export_of("detailed")
    cloud.on(f"/billingAccounts/{EXPORT['billing_account_id']}", refusal(403, "PERMISSION_DENIED"))
    told = verify(connect(billing_export=EXPORT))
    assert "billing.accounts.get" not in told.permissions_found + told.permissions_missing


def test_a_rejected_key_is_no_missing_permission(cloud: GoogleDouble, connect: Connect) -> None:
    """The operator makes a new key."""
    cloud.on("/token", reply({"error": "invalid_grant"}, 400))
    with pytest.raises(CredentialRejected):
        verify(connect())


def test_the_role_is_what_the_code_asks_for() -> None:
    """Each permission of an operation on a project is in it, and nothing else is."""
    named = {
        one.permission
        for one in vars(operations).values()
        if isinstance(one, Operation) and one.permission
    }
    assert role() == (named - {"billing.accounts.get"}) | {operations.TABLE_DATA}


def test_every_permission_and_field_is_explained() -> None:
    """On the page about connecting."""
    told = PAGE.read_text(encoding="utf-8")
    assert all(f"`{permission}`" in told for permission in role())
    assert all(f"`{field}`" in told for field in PROVIDER.credential.model_fields)


def test_every_question_is_a_file_that_bounds_what_it_reads() -> None:
    """A question opens with itself, filters partitions, and writes no value into its text."""
    files = sorted((HERE / "sql").glob("*.sql"))
    assert len(files) == 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert re.match(r"-- [A-Z].*\?$", text.splitlines()[0]), file.name
        assert "t.${PARTITION} >= @partition" in text
        assert set(re.findall(r"\$\{(\w+)\}", text)) == {"TABLE", "PARTITION"}
        body = [line for line in text.splitlines() if not line.startswith("--")]
        assert "'" not in "".join(body)
