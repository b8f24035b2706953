"""Real boto3 clients for the simulated cloud, made as a customer's credential says."""

from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

from optiinfra_simulator.aws.identities import Principal
from optiinfra_simulator.server import SimulatorServer

# One attempt and short waits: a test sees each answer as it is.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
_LOADER = botocore.loaders.create_loader()


@dataclass
class Clients:
    """Makes clients for one server and closes them at the end."""

    server: SimulatorServer
    config: Config = ONCE
    _made: list[Any] = field(default_factory=list)

    def of(self, principal: Principal, service: str, region: str = "us-east-1") -> Any:
        """A client that signs with the keys of a principal."""
        return self.with_keys(
            (principal.access_key, principal.secret, principal.token), service, region
        )

    def user(self, account: str, service: str, region: str = "us-east-1") -> Any:
        """A client of the user that OptiInfra has in an account."""
        return self.of(self.server.identities.user(account), service, region)

    def with_keys(
        self, keys: tuple[str, str, str | None], service: str, region: str = "us-east-1"
    ) -> Any:
        """A client that signs with these keys."""
        session = botocore.session.Session()
        session.register_component("data_loader", _LOADER)
        client = boto3.Session(botocore_session=session).client(
            service,
            region_name=region,
            endpoint_url=self.server.url,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2],
            config=self.config,
        )
        self._made.append(client)
        return client

    def close(self) -> None:
        """Close every connection."""
        for client in self._made:
            client.close()
