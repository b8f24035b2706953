"""How fresh and how complete an answer is: from the state of the sources it stands on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The sources that an answer stands on, as of one moment.

    ``news`` names the version of what the answer stands on besides them.
    """

    states: tuple[SourceState, ...]
    as_of: datetime | None
    stale: bool
    news: str = ""

    @property
    def version(self) -> str:
        """Changes whenever one of the sources commits, or there is other news."""
        told = [
            f"{state.provider}/{state.account_id}={state.data_version}" for state in self.states
        ]
        return ";".join([*told, self.news] if self.news else told)


def ground_of(
    states: Iterable[SourceState],
    metric: Metric,
    providers: Iterable[ProviderInfo],
    now: datetime,
) -> Ground:
    """The ground of an answer about ``metric`` of ``providers``; without a source it is stale."""
    by_slug = {info.slug: info for info in providers}
    mine = tuple(
        sorted(
            (
                state
                for state in states
                if state.dataset == metric.name and state.provider in by_slug
            ),
            key=lambda state: (state.provider, state.account_id),
        )
    )
    commits = [state.committed_at for state in mine if state.committed_at]
    return Ground(
        states=mine,
        as_of=max(commits, default=None),
        stale=not mine or any(is_stale(state, by_slug[state.provider], now) for state in mine),
    )


def is_stale(state: SourceState, provider: ProviderInfo, now: datetime) -> bool:
    """Whether the last success is older than the source's own lag and two missed reads explain."""
    info = provider.data_type(state.dataset)
    if info is None or state.last_success_at is None:
        return True
    return now - state.last_success_at > timedelta(seconds=info.expected_lag_seconds)
