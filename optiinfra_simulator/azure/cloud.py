"""The simulated Azure as one of the clouds: served on one port over TLS."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Self

from optiinfra_core.windows import Window
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS, subscription
from optiinfra_simulator.azure.authority import authority
from optiinfra_simulator.azure.calls import Azure, Limits
from optiinfra_simulator.azure.estate import Estate
from optiinfra_simulator.azure.gateway import Gateway
from optiinfra_simulator.azure.identities import Identities
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import Holder
from optiinfra_simulator.faults import FaultPlan
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.transport import Server
from optiinfra_simulator.world.world import World


class AzureCloud:
    """Azure over a world; port 0 picks a free one.

    ``state`` is a folder that keeps the certificate authority, so that a restart has the same.
    """

    slug: ClassVar[str] = "azure"

    def __init__(
        self,
        world: World,
        port: int = 0,
        state: Path | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        self.world = world
        self.estate = Estate(world)
        self.identities = Identities(world.seed)
        self._authority = authority(state)
        self._server = Server(port, self._serve, self._authority.context)
        self.gateway = Gateway(
            Azure(
                estate=self.estate,
                identities=self.identities,
                limits=limits or Limits(),
                origin=self.url,
            )
        )

    def _serve(self, environ: Mapping[str, Any]) -> Reply:
        return self.gateway(environ)

    @property
    def url(self) -> str:
        """Where everything is served."""
        return f"https://127.0.0.1:{self._server.server_port}"

    @property
    def tls_ca(self) -> str:
        """The certificate of the authority that clients have to trust, as PEM."""
        return self._authority.pem

    @property
    def faults(self) -> FaultPlan:
        """The faults that are switched on."""
        return self.gateway.faults

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        return self.gateway.ledger

    def holders(self) -> Sequence[Holder]:
        """The subscriptions of customers."""
        return [
            Holder(
                customer=one.customer,
                customer_name=one.customer_name,
                label=one.label,
                account_id=one.id,
            )
            for one in SUBSCRIPTIONS.values()
        ]

    def credential(self, account_id: str) -> Mapping[str, Any]:
        """What the subscription's customer enters to connect it."""
        one = subscription(account_id)
        application = self.identities.application(one.id)
        found: dict[str, Any] = {
            "tenant_id": one.tenant,
            "client_id": application.principal.app,
            "client_secret": application.secret,
            "subscription_id": one.id,
            "cost_query": one.export is None,
            "endpoints": {
                "authority": self.url,
                "resource_manager": self.url,
                "metrics": f"{self.url}/metrics/{{region}}",
            },
            "tls_ca": self.tls_ca,
        }
        if one.export is not None:
            found["cost_export"] = {
                "account_url": f"{self.url}/{one.export.storage_account}",
                "container": one.export.container,
                "directory": one.export.directory,
                "name": one.export.name,
            }
        return found

    def cost_by_day(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Billed (actual) cost of each day in [start, end)."""
        return self.estate.cost_by_day(account_id, (start, end), as_of)

    def cost_by_service(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[str, Decimal]:
        """The same by the names of the query, or of the FOCUS export where there is one."""
        return self.estate.cost_by_service(account_id, (start, end), as_of)

    def resources(self, account_id: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Identifiers of what exists at an instant, by resource type."""
        return self.estate.resources(account_id, at)

    def points(self, account_id: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """Samples of the metrics that have been asked for, by resource."""
        return self.estate.points(account_id, span, as_of)

    def __enter__(self) -> Self:
        """Start serving; the socket listens already."""
        self._server.start("simulated-azure")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving and end calls that hang."""
        self.gateway.stopping.set()
        self._server.stop()

    def close(self) -> None:
        """Give the port back; for a cloud that was made and never entered."""
        self._server.server_close()
