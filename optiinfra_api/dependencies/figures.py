"""Figures for Prometheus: those of this process, and how fresh each source is."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.tenant import Caller
from optiinfra_api.middleware import Figures
from optiinfra_core.collecting.state import SourceState

LABELS = ("customer", "provider", "data_type", "account")


def freshness(states: list[SourceState]) -> CollectorRegistry:
    """Gauges of these sources; a source that never succeeded has no time of success."""
    registry = CollectorRegistry()
    success = Gauge(
        "optiinfra_source_last_success_seconds",
        "Unix time of the last collection that succeeded.",
        LABELS,
        registry=registry,
    )
    failures = Gauge(
        "optiinfra_source_consecutive_failures",
        "Collections that failed since.",
        LABELS,
        registry=registry,
    )
    for state in states:
        labels = (state.customer_id, state.provider, state.dataset, state.account_id)
        failures.labels(*labels).set(state.consecutive_failures)
        if state.last_success_at:
            success.labels(*labels).set(state.last_success_at.timestamp())
    return registry


async def exposition(request: Request, doors: DoorsOf, key: Caller) -> bytes:
    """Everything in Prometheus' text format; sources of other customers are left out."""
    states = await run_in_threadpool(doors.states.list)
    figures: Figures = request.app.state.figures
    mine = [state for state in states if key.reaches(state.customer_id)]
    return generate_latest(figures.registry) + generate_latest(freshness(mine))
