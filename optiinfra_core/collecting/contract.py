"""What a provider is: a manifest, a connection, and one collector per metric type it can supply."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.gate import Gate
from optiinfra_core.errors import NotSupported, PartFailure
from optiinfra_core.focus.rules import FocusGap
from optiinfra_core.metrics import ControlTotal, Metric, Row
from optiinfra_core.windows import Window


class Credential(BaseModel):
    """What a customer enters to connect an account; one subclass per provider.

    Fields of type ``SecretStr`` are sealed and never leave the vault; every other field is
    configuration that may be shown. Unknown fields are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a free read-only look at the account found; permissions in the provider's spelling.

    ``not_probed``: permissions that only a paid call could show, each with that call's price.
    """

    account_id: str
    principal: str
    permissions_found: tuple[str, ...] = ()
    permissions_missing: tuple[str, ...] = ()
    not_probed: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a source behaves in time, from its documentation or measurement.

    ``min_interval``: least time between two reads; ``lag``: how long after a window ends its data
    is expected; ``reread``: how far back the source still changes what it said; ``history``: how
    far back it can be asked, None where it only knows the present. ``closing``: when a billing
    period stops changing; its windows are read once more afterwards, so that they say so.
    ``recheck``: how far back windows that are settled are looked at once a day, because refunds and
    credits come late.
    """

    min_interval: timedelta
    lag: timedelta
    reread: timedelta
    history: timedelta | None
    closing: Closing | None = None
    recheck: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a source changed: the spans to replace, whatever their age.

    ``version`` is remembered once all of them are committed, and handed back the next time.
    """

    version: str
    spans: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """What to expect of a collector before any account is known; shown to people and in dry runs.

    ``calls_per_span`` are made for a backfill however long it is, ``calls_per_day`` for each of its
    days, both for an account with about 100 resources; ``usd_per_call`` is the provider's price.
    """

    rhythm: Rhythm
    calls_per_span: Decimal = Decimal(0)
    calls_per_day: Decimal = Decimal(0)
    usd_per_call: Decimal = Decimal(0)


class Connection(Protocol):
    """An open account; the provider's own class adds its calls."""

    def close(self) -> None:
        """Let go of sockets and threads."""
        ...


C = TypeVar("C", bound=Connection)

# What a collection yields: rows, failures of parts, and sums to hold the rows against.
Item = Row | PartFailure | ControlTotal


class Collector(ABC, Generic[C]):
    """Collects one metric type over a provider's connection ``C``; holds no state."""

    metric: Metric
    typical: Typical

    @abstractmethod
    def source(self, connection: C) -> str:
        """The data set the rows come from (``ce_daily``, ``focus_export``): the best configured."""

    @abstractmethod
    def rhythm(self, connection: C) -> Rhythm:
        """How that source behaves in time."""

    def extent(self, connection: C, span: Window) -> Window:  # noqa: ARG002
        """What one write must replace to bring ``span`` up to date; wider where sources rewrite."""
        return span

    def probe(self, connection: C, span: Window) -> str | None:  # noqa: ARG002
        """A cheap version of what the source holds for ``span``; None where there is none to ask.

        While it equals the version last committed, nothing is collected.
        """
        return None

    def changes(
        self,
        connection: C,  # noqa: ARG002
        since: str | None,  # noqa: ARG002
        horizon: Window,  # noqa: ARG002
    ) -> Changes | None:
        """What the source changed in ``horizon`` since the version ``since``; asked once a tick.

        ``since`` is the version of the last answer that was collected whole, None the first time.
        Spans that are committed and not named are left alone. None where the source cannot tell:
        then time decides (``Rhythm.reread``), and ``probe`` may still spare a span.
        """
        return None

    @abstractmethod
    def collect(
        self, connection: C, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[Item]:
        """Every row of ``span``; a part that fails is yielded as its failure, the rest goes on.

        A ``ControlTotal`` among them is compared before anything is written.

        ``parts`` limits the work to these parts (regions); None means all. A failure of the whole
        account is raised as an ``OptiInfraError``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A cloud, as data: adding one is a folder with this manifest and touches nothing else.

    ``focus_gaps`` are rules of FOCUS that a source of its cost cannot keep; the checks name them.
    """

    slug: str
    title: str
    credential: type[Credential]
    connect: Callable[[Any, Gate], Any]
    verify: Callable[[Any], Verification]
    collectors: tuple[Collector[Any], ...]
    docs: str
    not_supported: Mapping[str, str] = field(default_factory=dict)
    focus_gaps: tuple[FocusGap, ...] = ()

    def supplies(self, metric: Metric) -> bool:
        """Whether there is a collector of this metric type."""
        return any(collector.metric is metric for collector in self.collectors)

    def collector(self, metric: Metric) -> Collector[Any]:
        """The collector of a metric type.

        Raises:
            NotSupported: the provider cannot supply it; the detail says why.
        """
        for collector in self.collectors:
            if collector.metric is metric:
                return collector
        why = self.not_supported.get(metric.name, "its API does not offer it")
        raise NotSupported(f"{self.title} has no {metric.title.lower()} data: {why}")
