"""What is told of a collection: that it reads, and how it ended."""

from dataclasses import dataclass
from uuid import UUID

from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.database.events import FAILED, STARTED, SUCCEEDED, NewEvent
from optiinfra_core.redaction import scrub

ENDS = {"succeeded": SUCCEEDED, "skipped": SUCCEEDED, "partial": FAILED, "failed": FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A run that reads from a provider now, for one customer and data type."""

    customer_id: str
    provider: str
    data_type: str
    run_id: str
    trigger: str
    task_id: UUID | None = None
    attempt: int = 1


def begun(beginning: Beginning) -> NewEvent:
    """That a run reads now; told once for each attempt, however many accounts it reads."""
    return NewEvent(
        customer_id=beginning.customer_id,
        kind=STARTED,
        provider=beginning.provider,
        data_type=beginning.data_type,
        key=key_of(beginning),
        detail=_run(beginning),
    )


def ended(result: CollectionResult) -> NewEvent:
    """How an attempt ended; what is partial has failed in part, and says so in its status."""
    error = {"code": result.error_code, "detail": result.error_detail, "remedy": result.remedy}
    shown = {name: scrub(text) for name, text in error.items() if text}
    return NewEvent(
        customer_id=result.customer_id,
        kind=ENDS[result.status],
        provider=result.provider,
        data_type=result.data_type,
        key=f"{result.status}/{result.run_id}/{result.data_type}/{result.attempt}",
        detail={
            **_run(result),
            "status": result.status,
            "rows": result.rows,
            "windows": result.windows,
            **({"error": shown} if shown else {}),
        },
    )


def key_of(run: Beginning | CollectionResult) -> str:
    """The key of the event that the run's attempt began."""
    return f"started/{run.run_id}/{run.data_type}/{run.attempt}"


def _run(run: Beginning | CollectionResult) -> dict[str, object]:
    told: dict[str, object] = {
        "run_id": run.run_id,
        "trigger": run.trigger,
        "attempt": run.attempt,
    }
    return told | ({"task_id": str(run.task_id)} if run.task_id else {})
