"""The rules every provider keeps, as checks that name what is broken; none needs pytest.

A provider's tests run ``MANIFEST_RULES`` over its manifest, and ``COLLECTION_RULES`` over what one
collector brought from a double of its cloud. A check yields a sentence for each breach.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import FrozenInstanceError, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from pydantic import SecretStr

from optiinfra_core.collecting.contract import Collector, Item, Provider, Rhythm
from optiinfra_core.collecting.gate import Call
from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import METRICS, ControlTotal, PerformanceRow, ResourceRow, Row
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import Window

# Dagster drops partition keys and asset names with other characters without saying so.
SLUG = re.compile(r"^[a-z][a-z0-9_]{0,30}$")
SECRET_NAME = re.compile(r"(secret|token|password|private_key|api_key|external_id)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRule:
    """One promise of a manifest."""

    promise: str
    breaches: Callable[[Provider], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collector brought for ``span``, twice, and the calls it made the first time."""

    provider: Provider
    collector: Collector[Any]
    rhythm: Rhythm
    source: str
    span: Window
    extent: Window
    first: Sequence[Item]
    second: Sequence[Item]
    calls: Sequence[Call]
    secrets: Sequence[str] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the first time."""
        return tuple(one for one in self.first if isinstance(one, Row))


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRule:
    """One promise of a collection."""

    promise: str
    breaches: Callable[[Collected], Iterator[str]]


def collected(
    provider: Provider, collector: Collector[Any], connection: Any, span: Window
) -> Collected:
    """Run ``collector`` twice over ``connection`` for what ``span`` touches."""
    log = connection.gate.ledger
    extent = collector.extent(connection, span)
    first = tuple(collector.collect(connection, extent))
    calls = tuple(log.drain())
    return Collected(
        provider=provider,
        collector=collector,
        rhythm=collector.rhythm(connection),
        source=collector.source(connection),
        span=span,
        extent=extent,
        first=first,
        second=tuple(collector.collect(connection, extent)),
        calls=calls,
    )


def _slug(provider: Provider) -> Iterator[str]:
    if not SLUG.match(provider.slug):
        yield f"the slug {provider.slug!r} does not match {SLUG.pattern}"
    if not provider.title.strip():
        yield "the title is empty"
    if not provider.docs.strip():
        yield "docs names no document"


def _credential(provider: Provider) -> Iterator[str]:
    settings = provider.credential.model_config
    if settings.get("extra") != "forbid":
        yield "the credential accepts unknown fields"
    if not settings.get("frozen"):
        yield "the credential can be changed after it was opened"
    for name, field in provider.credential.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        if SECRET_NAME.search(name) and SecretStr not in kinds:
            yield f"the credential's {name} is not a SecretStr, so it would be shown"


def _collectors(provider: Provider) -> Iterator[str]:
    held = Counter(collector.metric.name for collector in provider.collectors)
    yield from (f"{name} has {count} collectors" for name, count in held.items() if count > 1)
    for collector in provider.collectors:
        if collector.metric not in METRICS:
            yield f"{collector.metric.name} is not in the catalogue"
        if vars(collector):
            yield f"the collector of {collector.metric.name} holds state: {sorted(vars(collector))}"
    if not provider.collectors:
        yield "there is no collector"


def _typical(provider: Provider) -> Iterator[str]:
    for collector in provider.collectors:
        expected = collector.typical
        if expected.rhythm.min_interval <= timedelta(0):
            yield f"{collector.metric.name}: the typical min_interval is not positive"
        if min(expected.calls_per_span, expected.calls_per_day, expected.usd_per_call) < 0:
            yield f"{collector.metric.name}: typical calls or prices are negative"
        if not expected.calls_per_span + expected.calls_per_day:
            yield f"{collector.metric.name}: collecting would make no call"


MANIFEST_RULES: tuple[ManifestRule, ...] = (
    ManifestRule(promise="a provider has a slug, a title and docs", breaches=_slug),
    ManifestRule(promise="a credential is strict and keeps its secrets", breaches=_credential),
    ManifestRule(promise="what to expect of a collector is said", breaches=_typical),
    ManifestRule(promise="one stateless collector for each metric type", breaches=_collectors),
)


def _kind(found: Collected) -> Iterator[str]:
    expected = found.collector.metric.row
    for one in found.first:
        if not isinstance(one, (expected, PartFailure, ControlTotal)):
            yield f"{type(one).__name__} is no {expected.__name__}, PartFailure or ControlTotal"


def _placed(found: Collected) -> Iterator[str]:
    for row in found.rows:
        instant = getattr(row, found.collector.metric.instant)
        if instant not in found.extent:
            yield f"{instant.isoformat()} lies outside {found.extent}"


def _aware(found: Collected) -> Iterator[str]:
    for row in found.rows:
        for field in fields(row):
            value = getattr(row, field.name)
            if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
                yield f"{field.name} of {type(row).__name__} is not in UTC: {value!r}"


def _exact(found: Collected) -> Iterator[str]:
    for row in found.rows:
        for name in found.collector.metric.additive:
            value = getattr(row, name)
            if value is not None and not (isinstance(value, Decimal) and value.is_finite()):
                yield f"{name} is {value!r}, not an exact number"


def _identified(found: Collected) -> Iterator[str]:
    metric = found.collector.metric
    if metric.additive:
        return  # lines with the same key are summed
    keys = Counter(tuple(str(getattr(row, name)) for name in metric.key) for row in found.rows)
    yield from (f"{count} rows have the key {key}" for key, count in keys.items() if count > 1)


def _units(found: Collected) -> Iterator[str]:
    for row in found.rows:
        name, unit = getattr(row, "metric", None), getattr(row, "unit", None)
        if name is not None and UNITS.get(name) != unit:
            yield f"{name} is given in {unit!r}, the catalogue says {UNITS.get(name)!r}"


def _typed(found: Collected) -> Iterator[str]:
    prefix = f"{found.provider.slug}."
    kinds = {
        row.resource_type for row in found.rows if isinstance(row, (PerformanceRow, ResourceRow))
    }
    for kind in sorted(kinds):
        if not kind.startswith(prefix):
            yield f"the resource type {kind} does not begin with {prefix}"


def _frozen(found: Collected) -> Iterator[str]:
    for row in found.rows[:1]:
        try:
            setattr(row, found.collector.metric.part, "elsewhere")
        except FrozenInstanceError:
            return
        yield f"{type(row).__name__} can be changed after it was made"


def _repeatable(found: Collected) -> Iterator[str]:
    first, second = Counter(map(repr, found.first)), Counter(map(repr, found.second))
    yield from (f"only the first time: {row[:200]}" for row in first - second)
    yield from (f"only the second time: {row[:200]}" for row in second - first)


def _accounted(found: Collected) -> Iterator[str]:
    if not found.calls:
        yield "no call was written to the ledger"
    for call in found.calls:
        if call.usd < 0 or call.milliseconds < 0 or not call.operation:
            yield f"a call makes no sense: {call}"


def _secret(found: Collected) -> Iterator[str]:
    written = "\n".join(map(repr, (*found.first, *found.calls)))
    for secret in found.secrets:
        if secret in written:
            yield "a secret of the credential stands in a row, a failure or the ledger"


def _rhythmic(found: Collected) -> Iterator[str]:
    rhythm = found.rhythm
    if rhythm.min_interval <= timedelta(0):
        yield "min_interval is not positive"
    if min(rhythm.lag, rhythm.reread) < timedelta(0):
        yield "lag or reread is negative"
    if not found.source:
        yield "the source has no name"
    if not (found.extent.start <= found.span.start and found.span.end <= found.extent.end):
        yield f"the extent {found.extent} does not cover {found.span}"


COLLECTION_RULES: tuple[CollectionRule, ...] = (
    CollectionRule(promise="only rows of its metric type and part failures", breaches=_kind),
    CollectionRule(promise="every row lies in the span that is replaced", breaches=_placed),
    CollectionRule(promise="every instant is aware and in UTC", breaches=_aware),
    CollectionRule(promise="money and quantities are exact", breaches=_exact),
    CollectionRule(promise="a key identifies one row", breaches=_identified),
    CollectionRule(promise="units are the catalogue's", breaches=_units),
    CollectionRule(promise="resource types begin with the provider", breaches=_typed),
    CollectionRule(promise="rows are values", breaches=_frozen),
    CollectionRule(promise="collecting again brings the same rows", breaches=_repeatable),
    CollectionRule(promise="every call is in the ledger", breaches=_accounted),
    CollectionRule(promise="secrets stay in the credential", breaches=_secret),
    CollectionRule(promise="the rhythm and the extent make sense", breaches=_rhythmic),
)
