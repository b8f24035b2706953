"""What a door does with calls that it understood: rules first, then the warehouse."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from optiinfra_api.dependencies.scores import ScoreDesk
from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.privacy import KeptInteraction, TextRules, kept
from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Application, Applications, rules_of
from optiinfra_core.tenancy.erasures import CallKey, Erasures, Gone
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.warehouse.persons import erase_calls
from optiinfra_core.warehouse.texts import follow
from optiinfra_core.windows import DAY, Clock

Told = Interaction | Evaluation | Rejected

PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
FROM_THE_PAST = "a call older than what is kept ({days} days)"
FROM_THE_FUTURE = "a call more than a day in the future: the sender's clock is wrong"
TOO_MANY = "an application that is new, where the customer has as many as are allowed"
NO_CLOUD = (
    "{calls} calls tell no cloud: they are stored and read under the provider `all`; send"
    " cloud.provider, or set the application's provider or the key's default"
)
FORGOTTEN = "{calls} calls are of persons that were erased: they are not stored"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose calls they are, and the cloud of those that tell none."""

    customer: str
    default_provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a batch.

    ``stored`` are rows, so that two halves count twice; ``rejected`` records cannot be understood
    or kept, for the ``reasons``; ``notes`` are about what was stored.
    """

    stored: int
    scores: int
    rejected: int
    reasons: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def message(self) -> str:
        """All of it in one text; empty where there is nothing to say."""
        why = [f"{records} x {reason}" for reason, records in self.reasons.items()]
        return "; ".join((*why, *self.notes))


@dataclass(slots=True)
class _Batch:
    """A batch on its way."""

    calls: list[Interaction] = field(default_factory=list)
    scores: list[Evaluation] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def applications(self) -> frozenset[str]:
        called = {each.application for each in self.calls}
        return frozenset(called | {each.application for each in self.scores})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Keeps of calls what their customer allows. Blocking, and safe for threads.

    Rules and erasures are read from Postgres for every batch, before it is stored and again after:
    whatever a customer decided in between holds for it.
    """

    settings: Settings
    clock: Clock
    redactors: Redactors
    warehouse: Warehouse
    applications: Applications
    erasures: Erasures

    def take(self, sender: Sender, told: Iterable[Told]) -> Receipt:
        """Store what can be stored of ``told``; taking it again changes nothing.

        Raises:
            Transient: a server does not answer; part may be stored, send all of it again.
            NotFound: the customer was deleted.
        """
        now = self.clock.now()
        batch = self._sorted(told, now)
        self._admit(sender, batch, now)
        known = self.applications.known(sender.customer, batch.applications)
        calls = [_hosted(call, known.get(call.application), sender) for call in batch.calls]
        rules = {each: rules_of(known.get(each), self.settings) for each in batch.applications}
        redactor = self.redactors.customer(sender.customer)
        rows = [kept(call, rules[call.application], redactor, now.date()) for call in calls]
        gone = self._gone(sender.customer, rows, batch.scores)
        alive = self._without(sender.customer, rows, gone, now)
        InteractionWriter(self.warehouse, self.clock).write(sender.customer, alive)
        erased = {(trace, span) for _, trace, span in gone.calls}
        scores = [each for each in batch.scores if (each.trace_id, each.span_id) not in erased]
        scored = ScoreDesk(self.warehouse).take(sender.customer, scores, rules, redactor)
        self._settle(sender.customer, alive, rules, now)
        return Receipt(
            stored=len(alive),
            scores=scored,
            rejected=batch.reasons.total(),
            reasons=dict(batch.reasons),
            notes=_notes(alive, len(rows) - len(alive)),
        )

    def _sorted(self, told: Iterable[Told], now: datetime) -> _Batch:
        batch = _Batch()
        first, last = now - self.settings.raw_days * DAY, now + DAY
        for each in told:
            if isinstance(each, Rejected):
                batch.reasons[each.why] += each.records
                continue
            at = each.started_at if isinstance(each, Interaction) else each.at
            if at < first:
                batch.reasons[FROM_THE_PAST.format(days=self.settings.raw_days)] += 1
            elif at > last:
                batch.reasons[FROM_THE_FUTURE] += 1
            elif isinstance(each, Interaction):
                batch.calls.append(each)
            else:
                batch.scores.append(each)
        return batch

    def _admit(self, sender: Sender, batch: _Batch, now: datetime) -> None:
        """Note who sent calls; those of applications beyond the bound are rejected."""
        clouds: dict[str, str] = {}
        for call in batch.calls:
            clouds[call.application] = _cloud(call.provider) or clouds.get(call.application, "")
        seen = {
            each: self.applications.seen(
                sender.customer, each, "", cloud or sender.default_provider, now
            )
            for each, cloud in clouds.items()
        }
        batch.reasons[TOO_MANY] += sum(not seen[call.application] for call in batch.calls)
        batch.reasons += Counter()  # without those that count nothing
        batch.calls = [call for call in batch.calls if seen[call.application]]

    def _gone(
        self, customer: str, rows: Sequence[KeptInteraction], scores: Sequence[Evaluation] = ()
    ) -> Gone:
        users = {row.user_hash for row in rows if row.user_hash}
        keys = {_row_key(row) for row in rows} | {_key(each) for each in scores}
        return self.erasures.gone(customer, users, keys)

    def _without(
        self, customer: str, rows: list[KeptInteraction], gone: Gone, now: datetime
    ) -> list[KeptInteraction]:
        """The rows of people who were not erased; other halves of the rest go with them."""
        if not gone:
            return rows
        named = {_row_key(row) for row in rows if row.user_hash in gone.users}
        self._forget(customer, named - gone.calls, now)
        return [row for row in rows if _row_key(row) not in named | gone.calls]

    def _forget(self, customer: str, calls: Iterable[CallKey], now: datetime) -> None:
        found = frozenset(calls)
        if found:
            self.erasures.remember(customer, found, now)
            erase_calls(self.warehouse, customer, found)

    def _settle(
        self,
        customer: str,
        rows: Sequence[KeptInteraction],
        rules: Mapping[str, TextRules],
        now: datetime,
    ) -> None:
        """What was decided while the batch was stored holds for it too."""
        gone = self._gone(customer, rows)
        lost = [row for row in rows if row.user_hash in gone.users or _row_key(row) in gone.calls]
        self._forget(customer, map(_row_key, lost), now)
        known = self.applications.known(customer, {row.application_id for row in rows})
        for application_id, application in known.items():
            decided = application.rules(self.settings)
            if decided != rules[application_id]:
                follow(self.warehouse, customer, application_id, decided, now.date())


def _key(each: Interaction | Evaluation) -> CallKey:
    return each.application, each.trace_id, each.span_id


def _row_key(row: KeptInteraction) -> CallKey:
    return row.application_id, row.trace_id, row.span_id


def _cloud(provider: str) -> str:
    return provider if PROVIDER.fullmatch(provider) else ""


def _hosted(call: Interaction, known: Application | None, sender: Sender) -> Interaction:
    """The call with its cloud: as told, else as registered, else as the key says."""
    registered = known.provider if known else ""
    provider = _cloud(call.provider) or registered or sender.default_provider
    return call if provider == call.provider else replace(call, provider=provider)


def _notes(rows: Sequence[KeptInteraction], forgotten: int) -> tuple[str, ...]:
    homeless = sum(not row.provider for row in rows)
    told = ((NO_CLOUD, homeless), (FORGOTTEN, forgotten))
    return tuple(note.format(calls=calls) for note, calls in told if calls)
