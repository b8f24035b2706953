"""Figures for Prometheus: those of this process, of each source, credential and alarm."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from optiinfra_api.dependencies.doors import Doors, DoorsOf
from optiinfra_api.dependencies.tenant import Caller
from optiinfra_api.middleware import Figures
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms
from optiinfra_core.vault.credentials import CredentialRecord

T = TypeVar("T")

LABELS = ("customer", "provider", "data_type", "account")
CREDENTIAL_LABELS = ("customer", "provider", "account", "label")
# Open alarms of one customer that are counted.
MOST = 1000
ALARM_LABELS = ("customer", "provider", "application", "metric_name")

# By name: what it says, and the figure of a source; None is left out, never 0.
SOURCES: Mapping[str, tuple[str, Callable[[SourceState], float | None]]] = {
    "optiinfra_source_last_success_seconds": (
        "Unix time of the last collection that succeeded.",
        lambda state: unix(state.last_success_at),
    ),
    "optiinfra_source_consecutive_failures": (
        "Collections that failed since.",
        lambda state: float(state.consecutive_failures),
    ),
    "optiinfra_source_next_due_seconds": (
        "Unix time from which on the source is to be collected again.",
        lambda state: unix(state.next_due_at),
    ),
    "optiinfra_source_watermark_seconds": (
        "Unix time before which everything is collected.",
        lambda state: unix(state.watermark),
    ),
    "optiinfra_source_slowed_until_seconds": (
        "Unix time until which the budget allows no paid call.",
        lambda state: unix(state.slowed_until),
    ),
}
CREDENTIALS: Mapping[str, tuple[str, Callable[[CredentialRecord], float | None]]] = {
    "optiinfra_credential_rejected": (
        "1 where the provider refuses the credential, else 0.",
        lambda record: float(record.status == "rejected"),
    ),
    "optiinfra_credential_expires_seconds": (
        "Unix time at which the credential expires, where the provider tells.",
        lambda record: unix(record.expires_at),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How sources, credentials and open alarms stand, of the customers that a key reaches."""

    states: tuple[SourceState, ...]
    credentials: tuple[CredentialRecord, ...]
    alarms: tuple[QualityAlarm, ...]


def unix(at: datetime | None) -> float | None:
    """The instant as Prometheus writes it."""
    return at.timestamp() if at else None


def standing(doors: Doors, key: ApiKey) -> Standing:
    """What Postgres says of the customers that the key reaches."""
    slugs = [each.slug for each in doors.customers.list() if key.reaches(each.slug)]
    alarms = QualityAlarms(doors.database)
    return Standing(
        states=tuple(each for each in doors.states.list() if key.reaches(each.customer_id)),
        credentials=tuple(each for each in doors.vault.list() if key.reaches(each.customer_id)),
        alarms=tuple(
            alarm for slug in slugs for alarm in alarms.list(slug, open_only=True, limit=MOST)
        ),
    )


def registry_of(found: Standing) -> CollectorRegistry:
    """Gauges of what was found; what has no value has no series."""
    registry = CollectorRegistry()
    gauges(registry, SOURCES, LABELS, [(labels_of(each), each) for each in found.states])
    named = [
        ((each.customer_id, each.provider, each.account_id or "", each.label), each)
        for each in found.credentials
    ]
    gauges(registry, CREDENTIALS, CREDENTIAL_LABELS, named)
    raised = Gauge(
        "optiinfra_quality_alarms", "Alarms that are open.", ALARM_LABELS, registry=registry
    )
    for labels, count in Counter(alarm_labels(each) for each in found.alarms).items():
        raised.labels(*labels).set(count)
    return registry


def gauges(
    registry: CollectorRegistry,
    told: Mapping[str, tuple[str, Callable[[T], float | None]]],
    labels: tuple[str, ...],
    items: Sequence[tuple[tuple[str, ...], T]],
) -> None:
    """Fill one gauge for each figure of ``told``."""
    for name, (words, figure) in told.items():
        gauge = Gauge(name, words, labels, registry=registry)
        for values, item in items:
            value = figure(item)
            if value is not None:
                gauge.labels(*values).set(value)


def labels_of(state: SourceState) -> tuple[str, ...]:
    """The labels of a source."""
    return (state.customer_id, state.provider, state.dataset, state.account_id)


def alarm_labels(alarm: QualityAlarm) -> tuple[str, ...]:
    """The labels of an alarm: its judge is no label, for there may be several."""
    series = alarm.series
    return (series.customer_id, alarm.provider, series.application_id, series.metric_name)


async def exposition(request: Request, doors: DoorsOf, key: Caller) -> bytes:
    """Everything in Prometheus' text format; what belongs to other customers is left out."""
    found = await run_in_threadpool(standing, doors, key)
    figures: Figures = request.app.state.figures
    return generate_latest(figures.registry) + generate_latest(registry_of(found))
