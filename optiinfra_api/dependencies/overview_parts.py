"""What a part of the overview stands on: its sources, how fresh, how complete, what failed last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_api.dependencies.coverage import Covering, coverage_of
from optiinfra_api.dependencies.page import UNPAGED
from optiinfra_api.dependencies.reading import Asking, Read
from optiinfra_api.dependencies.standing import Ground, ground_of
from optiinfra_api.schemas.envelope import Coverage, Period
from optiinfra_api.schemas.overview import Part
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.metrics import Metric
from optiinfra_core.windows import Window

COLLECTED = "collected"
NOT_COLLECTED = "not-collected"
NOT_SUPPORTED = "not-supported"

NOTHING_YET = {
    "state": NOT_COLLECTED,
    "reason": "Nothing was collected yet.",
    "remedy": "Connect an account, or start a collection of the one that is connected.",
}
NO_CALL_YET = {
    "state": NOT_COLLECTED,
    "reason": "No application has sent a call yet.",
    "remedy": "Send calls by OTLP/HTTP or JSON, or name a ClickHouse to read them from.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at a customer: the states that it found, and the tag of what it will answer."""

    asking: Asking
    states: tuple[SourceState, ...]
    now: datetime
    tag: str = ""

    def ground(self, metric: Metric, *providers: ProviderInfo) -> Ground:
        """What an answer about ``metric`` of ``providers`` stands on."""
        return ground_of(self.states, metric, providers, self.now)

    async def coverage(self, metric: Metric, provider: ProviderInfo, window: Window) -> Coverage:
        """How much of ``window`` is committed of one provider."""
        ground = self.ground(metric, provider)
        customer = self.asking.customer.slug
        return await coverage_of(self.asking.doors, customer, metric, window, ground)

    async def standing(
        self, metric: Metric, provider: ProviderInfo, window: Window
    ) -> Mapping[str, Any]:
        """The fields of a part about ``metric`` of one provider, but for its data."""
        ground = self.ground(metric, provider)
        coverage = await self.coverage(metric, provider, window)
        read = self.read(ground, window, coverage)
        return {**stood(read), **state_of(metric, provider, ground)}

    def read(self, ground: Ground, window: Window, coverage: Coverage, **scope: Any) -> Read:
        """A read on that ground; ``scope`` adds to, or replaces, whose rows of which time."""
        asking = self.asking
        return Read(
            doors=asking.doors,
            customer=asking.customer,
            provider=asking.provider,
            scope={
                "customer_id": asking.customer.slug,
                "providers": tuple(info.slug for info in asking.providers),
                "start": window.start,
                "end": window.end,
                **scope,
            },
            window=window,
            page=UNPAGED,
            ground=ground,
            covering=Covering.known(coverage),
            tag=self.tag,
            now=self.now,
        )


def stood(read: Read) -> Mapping[str, Any]:
    """The fields that say how fresh and complete a part is, and what of it fails."""
    failing = [state for state in read.ground.states if state.consecutive_failures]
    return {
        "period": Period(start=read.window.start, end=read.window.end),
        "as_of": read.ground.as_of,
        "freshness_seconds": read.freshness_seconds,
        "stale": read.ground.stale,
        "complete": read.complete,
        "coverage": read.coverage,
        "sources": len(read.ground.states),
        "failing": len(failing),
    }


def state_of(metric: Metric, provider: ProviderInfo, ground: Ground) -> Mapping[str, Any]:
    """Whether there is anything, and if not, why."""
    if provider.data_type(metric.name) is None:
        why = provider.not_supported.get(metric.name, "Its API does not offer it.")
        return {"state": NOT_SUPPORTED, "reason": why, "remedy": None}
    return collected(ground, NOTHING_YET)


def collected(ground: Ground, otherwise: Mapping[str, Any]) -> Mapping[str, Any]:
    """That there is something, or ``otherwise``; the last failure goes before both reasons."""
    failed = next((state for state in ground.states if state.consecutive_failures), None)
    told = {"state": COLLECTED, "reason": None, "remedy": None} if ground.as_of else otherwise
    if failed is None:
        return told
    return {
        "state": told["state"],
        "reason": failed.last_error_detail,
        "remedy": failed.last_error_remedy,
    }


def newest(parts: list[Part[Any]]) -> datetime | None:
    """The last commit of any of ``parts``."""
    return max((part.as_of for part in parts if part.as_of), default=None)
