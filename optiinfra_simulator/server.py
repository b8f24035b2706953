"""The simulator as an HTTP server in a thread of its own."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from optiinfra_simulator.applications.desk import Desk
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.aws.calls import Cloud, Limits
from optiinfra_simulator.aws.cloud import AwsCloud
from optiinfra_simulator.aws.floor import Floor
from optiinfra_simulator.aws.gateway import Gateway
from optiinfra_simulator.aws.identities import Identities
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import SimulatedCloud
from optiinfra_simulator.control import Control
from optiinfra_simulator.cost.totals import Totals
from optiinfra_simulator.faults import FaultPlan
from optiinfra_simulator.groq.double import GroqDouble
from optiinfra_simulator.transport import Server
from optiinfra_simulator.world.accounts import Account
from optiinfra_simulator.world.world import World


@dataclass(frozen=True)
class Beside:
    """What is simulated beside the clouds: calls of applications, and who judges them."""

    traffic: Traffic
    judge: GroqDouble | None = None


class SimulatorServer:
    """Serves a world on 127.0.0.1 while the context lasts; port 0 picks a free one.

    ``beside`` is what runs beside the clouds; without it the applications' calls and no judge.
    """

    def __init__(
        self,
        world: World,
        port: int = 0,
        *,
        limits: Limits | None = None,
        others: Sequence[SimulatedCloud] = (),
        beside: Beside | None = None,
    ) -> None:
        self.world = world
        self.gateway = Gateway(
            Cloud(
                world=world,
                identities=Identities(world.seed),
                totals=Totals(world),
                limits=limits or Limits(),
            ),
            Floor(world),
        )
        aws = AwsCloud(self.gateway)
        self.clouds: tuple[SimulatedCloud, ...] = (aws, *others)
        self.traffic = beside.traffic if beside else Traffic(world.seed)
        self.judge = beside.judge if beside else None
        control = Control(world, self.clouds, self.gateway, Desk(self.traffic), self.judge)
        self._server = Server(port, control)
        aws.url = self.url
        self._entered = ExitStack()

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        """The endpoint for AWS clients; control routes lie below it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def faults(self) -> FaultPlan:
        """The faults that are switched on."""
        return self.gateway.faults

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        return self.gateway.ledger

    @property
    def identities(self) -> Identities:
        """Who may enter the simulated cloud."""
        return self.gateway.cloud.identities

    def credential(self, account: Account) -> dict[str, object]:
        """What the account's customer enters to connect it."""
        return dict(self.identities.credential(account, self.url))

    def __enter__(self) -> Self:
        """Start serving, the other clouds too; the sockets listen already."""
        for cloud in self.clouds:
            self._entered.enter_context(cloud)
        if self.judge is not None:
            self._entered.enter_context(self.judge)
        self._server.start("simulator")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving and end calls that hang."""
        self._entered.close()
        self._server.stop()

    def close(self) -> None:
        """Give the port back; for a server that was made and never entered."""
        self._server.server_close()
