"""Collection: is Dagster there, do runs hang, is any source late or failing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx

from optiinfra_cli import installation
from optiinfra_cli.examination.finding import Finding, failure, warning, well
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.endpoints import Servers
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.settings import Settings
from optiinfra_core.windows import Clock

# dagster.yaml ends a run after 840 s; what is older than this has lost its process.
LONGEST_RUN = timedelta(seconds=1200)
# Two ticks missed.
LATE = timedelta(minutes=30)
RUNS = """
query Unfinished($filter: RunsFilter!) {
  runsOrError(filter: $filter) { ... on Runs { results { runId startTime } } }
}
"""
UNFINISHED = ("STARTING", "STARTED", "CANCELING")


def examine(settings: Settings, servers: Servers | None, clock: Clock) -> Iterator[Finding]:
    """Dagster's runs and the state of every source."""
    state = installation.running_state(settings)
    if state is not None:
        yield from _processes(state.services)
        yield from _dagster(state.urls["dagster"], clock)
    elif settings.dagster_url != Settings.model_fields["dagster_url"].default:
        yield from _dagster(settings.dagster_url, clock)
    else:
        yield warning("processes", "nothing is supervised here", "optiinfra up")
    if servers is not None:
        yield from _sources(servers, clock)


def _processes(services: Any) -> Iterator[Finding]:
    bad = [name for name, told in services.items() if told["state"] not in {"ready", "done"}]
    restarts = sum(int(told["restarts"]) for told in services.values())
    if bad:
        yield failure("processes", f"not ready: {', '.join(bad)}", "Read their files in logs/.")
    else:
        yield well("processes", f"{len(services)} in order, {restarts} restart(s) so far")


def _dagster(url: str, clock: Clock) -> Iterator[Finding]:
    body = {"query": RUNS, "variables": {"filter": {"statuses": UNFINISHED}}}
    try:
        answer = httpx.post(f"{url}/graphql", json=body, timeout=5).raise_for_status().json()
        runs = answer["data"]["runsOrError"]["results"]
    except (httpx.HTTPError, ValueError, KeyError) as refusal:
        seen = f"{url} does not answer: {type(refusal).__name__}"
        yield failure("dagster", seen, "optiinfra up; `optiinfra status` shows what runs.")
        return
    yield well("dagster", f"answers at {url}")
    limit = (clock.now() - LONGEST_RUN).timestamp()
    orphans = [run["runId"] for run in runs if run["startTime"] and run["startTime"] < limit]
    if orphans:
        yield failure(
            "orphan runs",
            f"{len(orphans)} run(s) without a process: {', '.join(orphans[:3])}",
            "`optiinfra down`, then `optiinfra up`: the start fails them and frees their slots.",
        )
    else:
        yield well("orphan runs", f"none; {len(runs)} run(s) under way")


def _sources(servers: Servers, clock: Clock) -> Iterator[Finding]:
    database = Database(servers.postgres)
    try:
        states = SourceStates(database).list()
    except OptiInfraError as error:
        yield failure("freshness", error.detail, error.remedy)
        return
    finally:
        database.close()
    troubled = [finding for state in states if (finding := _source(state, clock.now()))]
    yield from troubled
    if not troubled:
        yield well("freshness", f"{len(states)} source(s), none late or failing")


def _source(state: SourceState, now: datetime) -> Finding | None:
    name = f"{state.customer_id} {state.provider} {state.dataset} {state.account_id}"
    if state.consecutive_failures:
        seen = f"{name}: failed {state.consecutive_failures} time(s): {state.last_error_detail}"
        return failure("freshness", seen, state.last_error_remedy or "Read the run in Dagster.")
    if state.next_due_at is not None and now - state.next_due_at > LATE:
        late = round((now - state.next_due_at).total_seconds() / 60)
        seen = f"{name}: due for {late} minutes"
        return warning(
            "freshness", seen, "Check that the Dagster daemon runs and its schedule is on."
        )
    return None
