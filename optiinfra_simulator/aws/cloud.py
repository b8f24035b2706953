"""The simulated AWS as one of the clouds: who holds its accounts, and what is true of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from optiinfra_core.windows import Window
from optiinfra_simulator import truth
from optiinfra_simulator.aws.gateway import Gateway
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import Holder
from optiinfra_simulator.faults import FaultPlan
from optiinfra_simulator.world.world import World


@dataclass
class AwsCloud:
    """AWS behind the gateway, which shares its socket with the control routes.

    ``url`` is where the gateway is served; whoever serves it says so.
    """

    slug: ClassVar[str] = "aws"
    gateway: Gateway
    url: str = field(default="")

    @property
    def world(self) -> World:
        """The world it shows."""
        return self.gateway.cloud.world

    @property
    def faults(self) -> FaultPlan:
        """The faults that are switched on."""
        return self.gateway.faults

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        return self.gateway.ledger

    def holders(self) -> Sequence[Holder]:
        """The accounts of customers."""
        return [
            Holder(
                customer=account.customer,
                customer_name=account.customer_name,
                label=account.label,
                account_id=account.id,
            )
            for account in self.world.accounts
        ]

    def credential(self, account_id: str) -> Mapping[str, Any]:
        """What the account's customer enters to connect it."""
        account = self.world.account(account_id)
        return self.gateway.cloud.identities.credential(account, self.url)

    def cost_by_day(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Billed cost of each day in [start, end)."""
        return truth.cost_by_day(self.world, account_id, start, end, as_of)

    def cost_by_service(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[str, Decimal]:
        """The same by the names of Cost Explorer, or of the FOCUS export where there is one."""
        exported = self.world.account(account_id).export is not None
        by_service = truth.cost_by_focus_service if exported else truth.cost_by_service
        return by_service(self.world, account_id, start, end, as_of)

    def resources(self, account_id: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Identifiers of what exists at an instant, by resource type."""
        return truth.resources(self.world, account_id, at)

    def points(self, account_id: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """Samples of the metrics that this account's collector asks for, by resource."""
        watched = self.gateway.cloud.watched.get(account_id, set())
        return truth.collectable_by_resource(self.world, account_id, span, as_of, watched)

    def __enter__(self) -> Self:
        """Nothing to start: the gateway is served with the control routes."""
        return self

    def __exit__(self, *_: object) -> None:
        """End calls that hang."""
        self.gateway.stopping.set()
