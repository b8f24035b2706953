"""An installation like that of the API's tests, with AWS as it really describes itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.collecting.contract import Verification
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import provider
from tests.api.house import House, opened

FOUND = Verification(
    account_id="111111111111",
    principal="arn:aws:sts::111111111111:assumed-role/OptiInfraReadOnly/optiinfra",
    permissions_found=("ec2:DescribeInstances",),
)


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[House]:
    """Customers with data, a Dagster of our own that verifies at once, a key for everything."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path_factory.mktemp("house"), servers) as furnished:
        ProviderCatalogue(furnished.database).publish([describe(provider("aws"))])

        def verify(run_id: str, params: Mapping[str, Any]) -> None:
            ops = params["runConfigData"].get("ops", {})
            for op in ops.values():
                furnished.doors.vault.record_verification(op["config"]["credential_id"], FOUND)
                furnished.dagster.state.runs[run_id] = "SUCCESS"

        furnished.dagster.state.on_launch = verify
        connect(furnished)
        yield furnished


def connect(house: House) -> None:
    """Give acme an account, so that there is something to collect from."""
    aws = provider("aws").credential
    role = "arn:aws:iam::111111111111:role/OptiInfraReadOnly"
    entered = aws.model_validate({"role_arn": role, "external_id": "agreed"})
    record = house.doors.vault.add("acme", "aws", entered, "main", "test")
    house.doors.vault.record_verification(record.id, FOUND)
