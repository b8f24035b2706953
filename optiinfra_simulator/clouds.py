"""What every simulated cloud offers besides its APIs: accounts, credentials, truth, faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol, Self

from optiinfra_core.windows import Window
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import FaultPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account of a simulated cloud and the customer who holds it.

    ``account_id`` is what OptiInfra finds out that the credential opens.
    """

    customer: str
    customer_name: str
    label: str
    account_id: str


class SimulatedCloud(Protocol):
    """One provider over one world: serves its APIs on sockets of its own while it is entered.

    Truth is computed from the world, never from an answer; identifiers in it are those that
    OptiInfra serves as ``resource_id``.
    """

    @property
    def slug(self) -> str:
        """The provider it simulates (``gcp``)."""
        ...

    @property
    def faults(self) -> FaultPlan:
        """The faults that are switched on."""
        ...

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        ...

    def holders(self) -> Sequence[Holder]:
        """The accounts of customers."""
        ...

    def credential(self, account_id: str) -> Mapping[str, Any]:
        """What the account's customer enters to connect it, endpoints of these sockets included."""
        ...

    def cost_by_day(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Billed cost of each day in [start, end) as the provider tells it at ``as_of``."""
        ...

    def cost_by_service(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[str, Decimal]:
        """The same by the service names that this account's cost source uses."""
        ...

    def resources(self, account_id: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Identifiers of what exists at an instant, by resource type."""
        ...

    def points(self, account_id: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """How many samples of the collected metrics the provider shows by ``as_of``, by resource.

        Of everything that existed at some time of ``span``; stamps in ``span``.
        """
        ...

    def __enter__(self) -> Self:
        """Start serving; the sockets listen already, so that ``credential`` is known."""
        ...

    def __exit__(self, *_: object) -> None:
        """Stop serving, end calls that hang, give the ports back."""
        ...
