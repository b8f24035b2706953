"""Applications: those that sent calls, and what their customer says of each."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from optiinfra_core.applications.interaction import APPLICATION_ID, TextPolicy
from optiinfra_core.applications.privacy.rules import TextRules
from optiinfra_core.database import Connection, Database
from optiinfra_core.database.audit import AuditEvent, append
from optiinfra_core.errors import InvalidRequest, NotFound
from optiinfra_core.settings import Settings

# A service name made of something that changes (a pod, a build) must not fill the registry.
MOST = 1000
SEEN_EVERY = timedelta(minutes=1)
NOTHING: Mapping[str, object] = MappingProxyType({})
# What a person may say of an application; the rest is observed.
SAID = frozenset(
    {
        "name",
        "provider",
        "text_policy",
        "text_days",
        "send_to_judge",
        "sample_share",
        "daily_budget_usd",
        "judge_model",
        "baseline",
        "thresholds",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application of a customer; None means: as the installation's settings say.

    ``registered``: a person has said something of it, so what its calls tell of name and provider
    no longer counts. ``thresholds``: metric name -> limit from which a score is a defect.
    """

    customer_id: str
    application_id: str
    name: str
    provider: str = ""
    registered: bool = False
    text_policy: TextPolicy | None = None
    text_days: int | None = None
    send_to_judge: bool | None = None
    sample_share: float | None = None
    daily_budget_usd: Decimal | None = None
    judge_model: str | None = None
    baseline: Mapping[str, object] | None = None
    thresholds: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None = None

    def rules(self, settings: Settings) -> TextRules:
        """What may be kept and shown of its texts."""
        return rules_of(self, settings)

    def share(self, settings: Settings) -> float:
        """The share of its calls that is judged, above 0 and at most 1."""
        return settings.judge_share if self.sample_share is None else self.sample_share

    def budget(self, settings: Settings) -> Decimal:
        """US dollars a UTC day that judging it may cost."""
        own = self.daily_budget_usd
        return settings.judge_daily_budget_usd if own is None else own


def rules_of(application: Application | None, settings: Settings) -> TextRules:
    """The rules for texts of ``application``; of one that nobody knows yet, the installation's."""
    own = application
    policy = own.text_policy if own and own.text_policy else settings.text_policy
    days = own.text_days if own and own.text_days else settings.text_days
    sent = own.send_to_judge if own else None
    allowed = settings.judge_allowed if sent is None else sent
    return TextRules(policy=policy, days=days, send_to_judge=allowed)  # type: ignore[arg-type]


_LIST = """
SELECT * FROM optiinfra.applications WHERE customer_id = %(customer)s
  AND (%(provider)s = '' OR provider = %(provider)s)
ORDER BY application_id
"""
_CUSTOMERS = """
SELECT DISTINCT customer_id FROM optiinfra.applications
JOIN optiinfra.customers ON slug = customer_id AND status = 'active'
WHERE provider = %(provider)s
  AND (%(since)s::timestamptz IS NULL OR last_seen_at >= %(since)s)
"""
_KNOWN = """
SELECT * FROM optiinfra.applications
WHERE customer_id = %(customer)s AND application_id = ANY (%(applications)s)
"""
_LOCK = """
SELECT * FROM optiinfra.applications
WHERE customer_id = %(customer)s AND application_id = %(application)s FOR UPDATE
"""
_SEEN = """
INSERT INTO optiinfra.applications AS held
    (customer_id, application_id, name, provider, created_at, updated_at, last_seen_at)
SELECT %(customer)s, %(application)s, %(name)s, %(provider)s, %(at)s, %(at)s, %(at)s
WHERE %(most)s > (
    SELECT count(*) FROM optiinfra.applications AS other
    WHERE other.customer_id = %(customer)s AND other.application_id <> %(application)s
)
ON CONFLICT (customer_id, application_id) DO UPDATE SET
    last_seen_at = greatest(held.last_seen_at, excluded.last_seen_at),
    name = CASE WHEN held.registered AND held.name <> held.application_id THEN held.name
                ELSE excluded.name END,
    provider = CASE WHEN excluded.provider = '' OR (held.registered AND held.provider <> '')
                    THEN held.provider ELSE excluded.provider END
"""
_SAVE = """
INSERT INTO optiinfra.applications
    (customer_id, application_id, name, provider, registered, text_policy, text_days,
     send_to_judge, sample_share, daily_budget_usd, judge_model, baseline, thresholds,
     created_at, updated_at)
VALUES
    (%(customer_id)s, %(application_id)s, %(name)s, %(provider)s, true, %(text_policy)s,
     %(text_days)s, %(send_to_judge)s, %(sample_share)s, %(daily_budget_usd)s, %(judge_model)s,
     %(baseline)s, %(thresholds)s, %(created_at)s, %(updated_at)s)
ON CONFLICT (customer_id, application_id) DO UPDATE SET
    name = excluded.name, provider = excluded.provider, registered = true,
    text_policy = excluded.text_policy, text_days = excluded.text_days,
    send_to_judge = excluded.send_to_judge, sample_share = excluded.sample_share,
    daily_budget_usd = excluded.daily_budget_usd, judge_model = excluded.judge_model,
    baseline = excluded.baseline, thresholds = excluded.thresholds,
    updated_at = excluded.updated_at
RETURNING *
"""


class Applications:
    """The applications of all customers."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def list(self, customer: str, provider: str = "") -> tuple[Application, ...]:
        """Those of the customer by id; of one provider, where it is named."""
        asked = {"customer": customer, "provider": provider}
        with self._db.customer(customer) as connection:
            return tuple(_of(row) for row in connection.execute(_LIST, asked).fetchall())

    def get(self, customer: str, application_id: str) -> Application:
        """One of them.

        Raises:
            NotFound: the customer has none with this id.
        """
        known = self.known(customer, (application_id,))
        if application_id not in known:
            raise NotFound(
                f"there is no application {application_id!r}",
                remedy="GET /api/v2/applications/{customer_id} lists those that sent calls.",
            )
        return known[application_id]

    def known(self, customer: str, applications: Iterable[str]) -> Mapping[str, Application]:
        """Those with these ids that the customer has, by id."""
        asked = {"customer": customer, "applications": list(applications)}
        with self._db.customer(customer) as connection:
            rows = connection.execute(_KNOWN, asked).fetchall()
        return {row["application_id"]: _of(row) for row in rows}

    def seen(
        self, customer: str, application_id: str, name: str, provider: str, at: datetime
    ) -> bool:
        """Note that the application sent calls at ``at``; False if the customer has too many.

        Written once a minute for each application by each process; otherwise free.

        Raises:
            NotFound: the customer was deleted.
        """
        with self._lock:
            last = self._seen.get((customer, application_id))
        # A clock that was set back must not silence it: hence the lower bound.
        if last is not None and last <= at < last + SEEN_EVERY:
            return True
        told = {
            "customer": customer, "application": application_id, "name": name or application_id,
            "provider": provider, "at": at, "most": MOST,
        }  # fmt: skip
        with self._db.customer(customer) as connection:
            fits = connection.execute(_SEEN, told).rowcount == 1
        if fits:
            self._remember(customer, application_id, at)
        return fits

    def patch(
        self,
        customer: str,
        application_id: str,
        changes: Mapping[str, object],
        *,
        actor: str,
        at: datetime,
    ) -> Application:
        """Say something of an application, also before it has sent anything; None takes it back.

        Raises:
            InvalidRequest: the id, a field or a value is none that an application can have.
            NotFound: the customer was deleted.
        """
        _check(application_id, changes)
        with self._db.customer(customer) as connection:
            before = _locked(connection, customer, application_id, at)
            wanted = replace(before, **_given(changes), updated_at=at)  # type: ignore[arg-type]
            row = connection.execute(_SAVE, _values(wanted)).fetchone()
            append(connection, _event(before, wanted, actor))
        if row is None:
            raise NotFound(f"there is no customer {customer!r}")
        return _of(row)

    def _remember(self, customer: str, application_id: str, at: datetime) -> None:
        with self._lock:
            if len(self._seen) > 10 * MOST:
                self._seen.clear()
            self._seen[customer, application_id] = at


def customers_with_applications(
    db: Database, provider: str, since: datetime | None = None
) -> set[str]:
    """Active customers whose applications run at ``provider``; seen ``since``, if it is told."""
    with db.operator() as connection:
        rows = connection.execute(_CUSTOMERS, {"provider": provider, "since": since}).fetchall()
    return {row["customer_id"] for row in rows}


def _check(application_id: str, changes: Mapping[str, object]) -> None:
    if not APPLICATION_ID.fullmatch(application_id):
        raise InvalidRequest(
            f"{application_id[:128]!r} cannot be an application's id",
            remedy="Use 1 to 128 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.",
        )
    unknown = sorted(changes.keys() - SAID)
    if unknown:
        raise InvalidRequest(
            f"an application has no {', '.join(unknown)}", remedy=f"Use {', '.join(sorted(SAID))}."
        )


def _given(changes: Mapping[str, object]) -> dict[str, object]:
    """The changes; what cannot be null goes back to what an unknown application has."""
    empty = {"provider": "", "thresholds": NOTHING}
    return {
        name: empty.get(name) if value is None else value
        for name, value in changes.items()
        if not (name == "name" and value is None)
    }


def _locked(
    connection: Connection, customer: str, application_id: str, at: datetime
) -> Application:
    asked = {"customer": customer, "application": application_id}
    row = connection.execute(_LOCK, asked).fetchone()
    if row is not None:
        return _of(row)
    return Application(
        customer_id=customer,
        application_id=application_id,
        name=application_id,
        created_at=at,
        updated_at=at,
    )


def _values(application: Application) -> dict[str, object]:
    values = {each.name: getattr(application, each.name) for each in fields(Application)}
    for name in ("baseline", "thresholds"):
        told = values[name]
        values[name] = None if told is None else Jsonb(dict(told))
    return values


def _of(row: DictRow) -> Application:
    return Application(**{each.name: row[each.name] for each in fields(Application)})


def _event(before: Application, after: Application, actor: str) -> AuditEvent:
    changed = {
        name: {"before": _told(getattr(before, name)), "after": _told(getattr(after, name))}
        for name in sorted(SAID)
        if getattr(before, name) != getattr(after, name)
    }
    return AuditEvent(
        subject_type="application",
        subject_id=after.application_id,
        customer_id=after.customer_id,
        action="changed",
        actor=actor,
        detail=changed,
    )


def _told(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else None if value is None else str(value)
