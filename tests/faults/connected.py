"""A customer's account in the simulated cloud: collected, looked at, compared with the truth."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.collecting.tasks import HistoryFilter
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.vault.credentials import CredentialRecord
from optiinfra_core.warehouse.questions.calls import BY_DAY, CallsOfDay
from optiinfra_core.warehouse.questions.cost import TOTAL
from optiinfra_core.warehouse.questions.resource import INVENTORY
from optiinfra_core.warehouse.windows import CommittedWindow
from optiinfra_core.windows import Window, day_window
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Fault, Outcome
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.registry import provider
from optiinfra_simulator import truth
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import Account
from tests.pipelines.conftest import NOON

# Cost Explorer is asked again for the last three days (Rhythm.reread of its collector).
COST_DAYS = 3
_runs = count(1)


@dataclass(frozen=True)
class Connected:
    """One credential of one customer."""

    doors: Doors
    server: SimulatorServer
    customer: str
    account: Account
    credential_id: UUID

    def tick(self, metric: Metric) -> Outcome:
        """What the schedule does every 15 minutes; the outcome of this account."""
        request = Request(
            customer_id=self.customer,
            days=(self.doors.clock.now().date(),),
            run_id=f"run-{next(_runs)}",
        )
        ((_, outcomes),) = collect(self.doors, provider("aws"), metric, [request])
        records = self.doors.vault.list(self.customer, "aws")
        told = dict(zip([record.id for record in records], outcomes, strict=True))
        return told[self.credential_id]

    def calls(self) -> list[CallsOfDay]:
        """What today's calls came to, by operation."""
        today = day_window(self.doors.clock.now().date())
        scope = {"customer_id": self.customer, "providers": ["aws"]}
        return self.doors.warehouse.rows(BY_DAY, {**scope, "start": today.start, "end": today.end})

    @property
    def record(self) -> CredentialRecord:
        """What the vault tells about the credential."""
        return self.doors.vault.get(self.credential_id)

    def rotate(self, **changed: Any) -> None:
        """Put the right fields in place, or these changes of them."""
        fields = {**self.server.credential(self.account), **changed}
        self.doors.vault.rotate(
            self.credential_id, provider("aws").credential.model_validate(fields), "test"
        )

    def state(self, metric: Metric) -> SourceState:
        """What is remembered of the account's source; an account never opened has no number."""
        found = self.doors.states.get(self.customer, "aws", metric.name, self.account.id)
        assert found is not None
        return found

    def history(self, metric: Metric) -> CollectionResult:
        """The newest line of the customer's collection history."""
        chosen = HistoryFilter(data_type=metric.name)
        found, _ = self.doors.tasks.history(self.customer, chosen, cursor=None, limit=1)
        return found[0]

    def commits(self, metric: Metric) -> list[CommittedWindow]:
        """The commit records of the days that ticks look at."""
        today = day_window(self.doors.clock.now().date())
        span = Window(day_window((NOON - timedelta(days=COST_DAYS)).date()).start, today.end)
        return self.doors.commits.committed(self.customer, "aws", metric, self.account.id, span)

    def served(self, metric: Metric) -> object:
        """What readers get, in the form of ``true``."""
        now = self.doors.clock.now()
        if metric is PERFORMANCE:
            start = day_window(now.date()).start
            return sum(one.rows for one in self.commits(metric) if one.window.start >= start)
        if metric is RESOURCE:
            scope = {"customer_id": self.customer, "providers": ["aws"], "at": now}
            found = self.doors.warehouse.rows(INVENTORY, {**scope, "limit": 1000})
            mine = (one for one in found if one.account_id == self.account.id)
            return Counter((one.region, _last(one.resource_id)) for one in mine)
        days = self._cost_days
        asked = {"customer_id": self.customer, "providers": ["aws"], "basis": "billed"}
        rows = self.doors.warehouse.rows(TOTAL, {**asked, "start": days.start, "end": days.end})
        return sum((row.cost or Decimal(0) for row in rows), Decimal(0))

    def true(self, metric: Metric) -> object:
        """What is so in the cloud: dollars, the number of samples, or the resources by region."""
        world, now = self.server.world, self.doors.clock.now()
        if metric is PERFORMANCE:
            committed = [one.window.end for one in self.commits(metric)]
            span = Window(day_window(now.date()).start, max(committed))
            watched = self.server.gateway.cloud.watched[self.account.id]
            return truth.collectable(world, self.account.id, span, now, watched)
        if metric is RESOURCE:
            things = world.fleet(self.account.id).at(now)
            return Counter((thing.region, _last(thing.id)) for thing in things)
        days = self._cost_days
        first, end = days.start.date(), days.end.date()
        return truth.cost_total(world, self.account.id, first, end, now)

    @property
    def _cost_days(self) -> Window:
        today = day_window(self.doors.clock.now().date())
        return Window(today.start - timedelta(days=COST_DAYS - 1), today.end)

    def whole(self, *metrics: Metric) -> None:
        """Nothing is missing, nothing is there twice, nothing is marked as incomplete."""
        for metric in metrics:
            assert self.served(metric) == self.true(metric)
            assert self.true(metric)
            # A snapshot of the past cannot be completed: the present one counts.
            commits = self.commits(metric)[-1:] if metric is RESOURCE else self.commits(metric)
            assert all(record.complete for record in commits)
            assert self.state(metric).last_error_code is None
            assert self.state(metric).consecutive_failures == 0

    def told(self, metric: Metric, outcome: Outcome) -> Fault:
        """The fault, after checking that run, history and state tell it alike, with a remedy."""
        fault = outcome.fault
        assert fault is not None
        assert len(fault.remedy) > 10
        line = self.history(metric)
        assert (line.error_code, line.remedy) == (fault.code, fault.remedy)
        assert fault.detail in (line.error_detail or "")
        return fault


ALL = (COST, PERFORMANCE, RESOURCE)


def _last(identifier: str) -> str:
    """The end of an ARN, by which the cloud files what it lists by ARN."""
    return identifier.rpartition(":")[2].rpartition("/")[2]
