"""Pulled calls on their way into the warehouse: the same rules as at the doors of the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.privacy import KeptInteraction, kept
from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications, rules_of
from optiinfra_core.tenancy.erasures import CallKey, Erasures
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.warehouse.persons import erase_calls
from optiinfra_core.windows import DAY, Clock

Told = Interaction | Evaluation | Rejected


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: rows written, and records that could not be understood or kept."""

    rows: int
    rejected: int


class Store(Protocol):
    """Whoever keeps calls: rules, redaction and erasures applied before anything is written."""

    def take(self, customer: str, told: Iterable[Told]) -> Stored:
        """Store a batch; taking it again changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledCalls:
    """The store of this installation. Scores among what is pulled are passed over."""

    settings: Settings
    clock: Clock
    redactors: Redactors
    applications: Applications
    erasures: Erasures
    warehouse: Warehouse

    def take(self, customer: str, told: Iterable[Told]) -> Stored:
        """Store a batch; taking it again changes nothing.

        Raises:
            Transient: a server does not answer; part may be stored, take it again.
            NotFound: the customer was deleted.
        """
        now = self.clock.now()
        batch = list(told)
        calls = [
            each for each in batch if isinstance(each, Interaction) and self._of_now(each, now)
        ]
        rejected = sum(each.records for each in batch if isinstance(each, Rejected))
        rejected += sum(isinstance(each, Interaction) for each in batch) - len(calls)
        admitted = self._admitted(customer, calls, now)
        known = self.applications.known(customer, {call.application for call in admitted})
        redactor = self.redactors.customer(customer)
        rows = []
        for call in admitted:
            application = known.get(call.application)
            cloud = call.provider or (application.provider if application else "")
            rules = rules_of(application, self.settings)
            rows.append(kept(replace(call, provider=cloud), rules, redactor, now.date()))
        alive = self._alive(customer, rows, now)
        written = InteractionWriter(self.warehouse, self.clock).write(customer, alive)
        self._alive(customer, alive, now, stored=True)  # of whom was erased while it was written
        return Stored(written, rejected + len(calls) - len(admitted))

    def _of_now(self, call: Interaction, now: datetime) -> bool:
        """Whether the call's time is one that is kept."""
        return now - self.settings.raw_days * DAY <= call.started_at <= now + DAY

    def _admitted(
        self, customer: str, calls: Sequence[Interaction], now: datetime
    ) -> Sequence[Interaction]:
        """Those of applications that the customer has or may still have."""
        clouds = {call.application: call.provider for call in calls}
        seen = {
            each: self.applications.seen(customer, each, "", cloud, now)
            for each, cloud in clouds.items()
        }
        return [call for call in calls if seen[call.application]]

    def _alive(
        self,
        customer: str,
        rows: Sequence[KeptInteraction],
        now: datetime,
        *,
        stored: bool = False,
    ) -> Sequence[KeptInteraction]:
        """The rows of nobody who was erased; the source still has them, and always will.

        Other halves of their calls go too, and ``rows`` themselves where they are stored already.
        """
        users = {row.user_hash for row in rows if row.user_hash}
        gone = self.erasures.gone(customer, users, map(_key, rows))
        if not gone:
            return rows
        named = {_key(row) for row in rows if row.user_hash in gone.users}
        self.erasures.remember(customer, named - gone.calls, now)
        erase_calls(self.warehouse, customer, named | gone.calls if stored else named - gone.calls)
        return [row for row in rows if _key(row) not in named | gone.calls]


def _key(row: KeptInteraction) -> CallKey:
    return row.application_id, row.trace_id, row.span_id
