"""One Google Cloud identity, opened: its token, its clients, and work spread over threads."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Self, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.collecting.spreading import Job, Outcome, Spreader
from optiinfra_core.errors import NotFound, NotSupported, PermissionMissing
from optiinfra_pipelines.providers.gcp.client.access import Access
from optiinfra_pipelines.providers.gcp.client.bigquery import Warehouse
from optiinfra_pipelines.providers.gcp.client.billing import Billing
from optiinfra_pipelines.providers.gcp.client.calls import Calls
from optiinfra_pipelines.providers.gcp.client.meter import Meter
from optiinfra_pipelines.providers.gcp.client.monitoring import Monitoring
from optiinfra_pipelines.providers.gcp.client.operations import Operation
from optiinfra_pipelines.providers.gcp.client.sessions import (
    authorized_session,
    plain_session,
    shared_identity,
)
from optiinfra_pipelines.providers.gcp.client.tokens import Tokens
from optiinfra_pipelines.providers.gcp.credential import GcpCredential

T = TypeVar("T")


class Gcp:
    """A connection for one credential; nothing is called until something is asked. Close it."""

    def __init__(self, credential: GcpCredential, gate: Gate) -> None:
        self.credential = credential
        self.gate = gate
        self._endpoint = permitted_endpoint(credential.endpoint_url, gate)
        self._monitoring_endpoint = permitted_endpoint(
            credential.monitoring_endpoint, gate, name="monitoring_endpoint"
        )
        self._meter = Meter(gate)
        self._named: dict[str, str] = {}
        self._spreader = Spreader(gate.concurrency, "gcp")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what has not started, wait for what has, close the connections."""
        self._spreader.close()
        opened = vars(self)
        for name in ("monitoring", "session", "_plain"):
            if name in opened:
                opened[name].close()

    @property
    def account_id(self) -> str:
        """The home project's id."""
        return self.credential.home

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects to collect, the home project first."""
        return self.credential.every_project

    @cached_property
    def calls(self) -> Calls:
        """Every request of this connection goes through here."""
        tokens = Tokens(self.credential, self.gate, self._meter, self._plain)
        return Calls(self.gate, self._meter, tokens)

    @cached_property
    def session(self) -> Any:
        """The HTTP session that signs with the connection's token."""
        return authorized_session(self.identity, self.gate, self._meter)

    @cached_property
    def identity(self) -> Any:
        """Credentials for the SDK's clients: the connection's one token."""
        return shared_identity(self.calls.tokens)

    @cached_property
    def warehouse(self) -> Warehouse:
        """BigQuery, with the home project paying for queries."""
        return Warehouse(
            self.calls, Access(self.session, self.identity, self._endpoint), self.credential.home
        )

    @cached_property
    def billing(self) -> Billing:
        """Cloud Billing: accounts and the price catalogue."""
        return Billing(self.calls, Access(self.session, self.identity, self._endpoint))

    def billing_account_name(self, billing_account_id: str) -> str:
        """The billing account's display name; empty where the credential may not see it."""
        if billing_account_id not in self._named:
            try:
                name = self.billing.account(billing_account_id).name
            except (PermissionMissing, NotFound, NotSupported):
                name = ""
            self._named[billing_account_id] = name
        return self._named[billing_account_id]

    @cached_property
    def monitoring(self) -> Monitoring:
        """Cloud Monitoring, over gRPC."""
        return Monitoring(self.calls, self._monitoring_endpoint)

    def base(self, operation: Operation) -> str:
        """Where the operation's API answers: Google, or the simulator that is named."""
        return self._endpoint or operation.host

    def covers(self, region: str, parts: frozenset[str] | None) -> bool:
        """Whether rows of ``region`` are wanted by the credential and by ``parts``."""
        chosen = self.credential.locations
        return (chosen is None or region in chosen) and (parts is None or region in parts)

    def spread(self, jobs: Iterable[Job[T]]) -> Iterator[Outcome[T]]:
        """The outcomes of ``jobs`` in their order; see ``Spreader.spread``."""
        return self._spreader.spread(jobs)

    @cached_property
    def _plain(self) -> Any:
        return plain_session()
