"""The simulated Google Cloud: its sockets, its accounts, and what is true of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from optiinfra_core.windows import Window, day_window
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import Holder
from optiinfra_simulator.faults import FaultPlan
from optiinfra_simulator.google.bigquery import routes
from optiinfra_simulator.google.bigquery.jobs import Jobs
from optiinfra_simulator.google.monitoring.server import MonitoringServer
from optiinfra_simulator.google.rest.gateway import Gateway
from optiinfra_simulator.google.rest.identities import (
    COLLECTOR,
    Identities,
    external_account,
    service_account_key,
)
from optiinfra_simulator.google.state import Limits, State
from optiinfra_simulator.google.world.projects import PROJECTS, project
from optiinfra_simulator.google.world.signals import METRICS
from optiinfra_simulator.google.world.things import KINDS
from optiinfra_simulator.transport import Server
from optiinfra_simulator.world.world import World


class GoogleCloud:
    """Google Cloud over one world: REST on one port, Cloud Monitoring (gRPC) on another."""

    slug: ClassVar[str] = "gcp"

    def __init__(
        self, world: World, ports: tuple[int, int] = (0, 0), *, limits: Limits | None = None
    ) -> None:
        self.state = State(
            world=world, identities=Identities(world.seed), limits=limits or Limits()
        )
        self._jobs = Jobs(self.state)
        self._gateway = Gateway(self.state, routes.operations(self._jobs))
        self._monitoring = MonitoringServer(self.state, self.faults, self.calls, ports[1])
        try:
            self._server = Server(ports[0], self._gateway)
        except OSError:
            self._monitoring.stop()
            raise
        self._gateway.url = self.url

    @property
    def url(self) -> str:
        """Where every REST API answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def monitoring_endpoint(self) -> str:
        """Where Cloud Monitoring answers."""
        return f"grpc://127.0.0.1:{self._monitoring.port}"

    @property
    def faults(self) -> FaultPlan:
        """The faults that are switched on."""
        return self._gateway.faults

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        return self._gateway.ledger

    @property
    def identities(self) -> Identities:
        """Who may enter."""
        return self.state.identities

    def holders(self) -> Sequence[Holder]:
        """The accounts of customers."""
        return [
            Holder(
                customer=one.customer,
                customer_name=one.customer_name,
                label=one.name,
                account_id=one.id,
            )
            for one in PROJECTS
        ]

    def credential(self, account_id: str, name: str = COLLECTOR) -> Mapping[str, Any]:
        """What the account's customer enters to connect it: a service account's key."""
        principal = self.identities.account(project(account_id), name)
        key = service_account_key(self.identities, principal, self.url)
        return {"service_account_key": json.dumps(key), **self._surroundings(account_id)}

    def workload_identity(self, account_id: str, source: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same without a key: ``source`` says where the workload's own token lies."""
        told = external_account(self.identities, project(account_id), self.url, source)
        found = self._surroundings(account_id)
        return {"workload_identity": json.dumps(told), "project_id": account_id, **found}

    def subject_token(self, account_id: str) -> str:
        """The workload's own token, for the file that ``workload_identity`` names."""
        return self.identities.subject_token(project(account_id))

    def _surroundings(self, account_id: str) -> dict[str, Any]:
        one = project(account_id)
        return {
            "billing_export": {
                "project": one.id,
                "dataset": one.dataset,
                "billing_account_id": one.billing_account,
                "kind": one.kind,
            },
            "endpoint_url": self.url,
            "monitoring_endpoint": self.monitoring_endpoint,
        }

    def cost_by_day(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[date, Decimal]:
        """Cost and credits of each usage day in [start, end) as exported by ``as_of``."""
        return self.state.books[project(account_id).id].by_day(_span(start, end), as_of)

    def cost_by_service(
        self, account_id: str, start: date, end: date, as_of: datetime
    ) -> Mapping[str, Decimal]:
        """The same by the descriptions of services, which all exports share."""
        return self.state.books[project(account_id).id].by_service(_span(start, end), as_of)

    def resources(self, account_id: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Full resource names of what exists at an instant, by resource type."""
        found: dict[str, list[str]] = {kind.kind: [] for kind in KINDS}
        for thing in self.state.fleets[project(account_id).id].at(at):
            found[thing.kind].append(thing.billing_id)
        return {kind: tuple(sorted(names)) for kind, names in found.items()}

    def points(self, account_id: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """Five-minute points of the metrics that were asked for so far, by resource."""
        watched = self.state.watched.get(project(account_id).id, set())
        found: dict[str, int] = {}
        for thing in self.state.fleets[account_id].things(span):
            for measured in METRICS:
                if measured.type not in watched or not measured.of(thing):
                    continue
                series = self.state.world.series(thing, measured.signal)
                count = series.count(span.start, span.end, as_of)
                found[thing.billing_id] = found.get(thing.billing_id, 0) + count
        return found

    def __enter__(self) -> Self:
        """Start serving; the sockets listen already, so that ``credential`` is known."""
        self._monitoring.start()
        self._server.start("simulated-google")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving, end calls that hang, give the ports back."""
        self._gateway.stopping.set()
        self._server.stop()
        self.close()

    def close(self) -> None:
        """Give the ports back; for a cloud that was made and never entered."""
        self._monitoring.stop()
        self._server.server_close()
        self._jobs.close()


def _span(start: date, end: date) -> Window:
    return Window(day_window(start).start, day_window(end - timedelta(days=1)).end)
