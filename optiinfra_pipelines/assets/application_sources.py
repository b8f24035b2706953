"""Takes in calls from the tables that a customer keeps of its own, at most once in ten minutes."""

from dataclasses import dataclass
from datetime import timedelta

from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.collecting.interaction_source import DATASET, SLUG
from optiinfra_core.errors import OptiInfraError, WindowBusy
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.pulling import pull as pulling
from optiinfra_pipelines.pulling.storing import PulledCalls

# A source belongs to no cloud: the ticks of all of them look at it, and the first one reads it.
RECENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PulledNow:
    """Rows that came from the customer's sources, and what went wrong with one of them."""

    rows: int
    error: OptiInfraError | None


def pulled_now(doors: Doors, redactors: Redactors, request: Request) -> PulledNow | None:
    """Pull what is due; None where the customer has no source or another run has just read it.

    Raises:
        Transient: our own servers do not answer.
    """
    found = pulling.sources(doors, request.customer_id)
    if not found or (not request.forced and _fresh(doors, request.customer_id)):
        return None
    store = PulledCalls(
        settings=doors.settings,
        clock=doors.clock,
        redactors=redactors,
        applications=Applications(doors.database),
        erasures=Erasures(doors.database),
        warehouse=doors.warehouse,
    )
    outcomes = pulling.pull_all(doors, request.customer_id, store, request.run_id)
    errors = (each.error for each in outcomes if not isinstance(each.error, WindowBusy))
    return PulledNow(
        rows=sum(each.pulled.rows for each in outcomes if each.pulled),
        error=next((error for error in errors if error), None),
    )


def _fresh(doors: Doors, customer_id: str) -> bool:
    states = doors.states.list(customer_id, SLUG, DATASET)
    since = doors.clock.now() - RECENT
    return bool(states) and all(
        state.last_attempt_at is not None and state.last_attempt_at > since for state in states
    )
