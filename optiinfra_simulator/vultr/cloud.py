"""The simulated Vultr as the simulator's control knows it: accounts, credentials, truth, faults."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from optiinfra_core.errors import NotFound
from optiinfra_core.windows import Window
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import Holder
from optiinfra_simulator.faults import FaultPlan
from optiinfra_simulator.transport import Server
from optiinfra_simulator.vultr import points, truth
from optiinfra_simulator.vultr.accounts import ACCOUNTS
from optiinfra_simulator.vultr.billing import Books
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.vultr.gateway import Gateway, RateLimit
from optiinfra_simulator.vultr.prometheus import Prometheus
from optiinfra_simulator.vultr.readings import Readings
from optiinfra_simulator.vultr.routes import Estate
from optiinfra_simulator.vultr.things import KINDS
from optiinfra_simulator.world.world import World


class VultrCloud:
    """Vultr's API v2 and a Prometheus on one socket of 127.0.0.1; port 0 picks a free one.

    ``rate_limit`` is how many requests a second are answered, None for any number; Vultr's is 30.
    """

    def __init__(self, world: World, port: int = 0, *, rate_limit: int | None = None) -> None:
        self.world = world
        readings = Readings(world)
        self.estates: Mapping[str, Estate] = {}
        for account in ACCOUNTS:
            fleet = Fleet(world.seed, account.email, world.instances)
            self.estates = {
                **self.estates,
                account.email: Estate(
                    account=account,
                    world=world,
                    fleet=fleet,
                    books=Books(world.seed, account, fleet),
                    readings=readings,
                ),
            }
        self.gateway = Gateway(
            keys={e.account.key(world.seed): e for e in self.estates.values()},
            tokens={
                e.account.metrics_token(world.seed): e
                for e in self.estates.values()
                if e.account.watched
            },
            prometheus=Prometheus(world),
            limit=RateLimit(rate_limit),
        )
        self._server = Server(port, self.gateway)

    @property
    def slug(self) -> str:
        """The provider it simulates."""
        return "vultr"

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        """The endpoint for Vultr clients."""
        return f"http://127.0.0.1:{self.port}"

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
        return tuple(
            Holder(
                customer=account.customer,
                customer_name=account.customer_name,
                label=account.label,
                account_id=account.email,
            )
            for account in ACCOUNTS
        )

    def estate(self, account_id: str) -> Estate:
        """The account with that e-mail address.

        Raises:
            NotFound: no customer has it.
        """
        found = self.estates.get(account_id)
        if found is None:
            raise NotFound(f"the simulated Vultr has no account {account_id}")
        return found

    def credential(self, account_id: str) -> Mapping[str, Any]:
        """What the account's customer enters to connect it."""
        account, seed = self.estate(account_id).account, self.world.seed
        entered: dict[str, Any] = {"api_key": account.key(seed), "endpoint_url": self.url}
        if account.watched:
            entered["prometheus"] = {
                "url": f"{self.url}/prometheus",
                "bearer_token": account.metrics_token(seed),
            }
        return entered

    def cost_by_day(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Billed cost of each day in [start, end) as Vultr tells it at ``as_of``."""
        return truth.cost_by_day(self.estate(account_id).books, start, end, as_of)

    def cost_by_service(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[str, Decimal]:
        """The same by product."""
        return truth.cost_by_service(self.estate(account_id).books, start, end, as_of)

    def resources(self, account_id: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Identifiers of what exists at an instant, by resource type; stopped things exist."""
        found: dict[str, list[str]] = {kind.kind: [] for kind in KINDS}
        for thing in self.estate(account_id).fleet.at(at):
            found[thing.kind].append(thing.id)
        return {kind: tuple(sorted(ids)) for kind, ids in found.items()}

    def points(self, account_id: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """How many samples Vultr and its Prometheus show by ``as_of``, by resource."""
        return points.by_resource(self.estate(account_id), span, as_of)

    def __enter__(self) -> Self:
        """Start serving; the socket listens already."""
        self._server.start("simulated-vultr")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving, end calls that hang, give the port back."""
        self.gateway.stopping.set()
        self._server.stop()

    def close(self) -> None:
        """Give the port back; for a cloud that was made and never entered."""
        self._server.server_close()
