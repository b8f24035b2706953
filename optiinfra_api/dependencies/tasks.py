"""How a task stands: what its runs reported, and what Dagster says about them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.cursor import Position
from optiinfra_api.dependencies.doors import Doors, DoorsOf
from optiinfra_api.dependencies.page import Page
from optiinfra_api.dependencies.tenant import Caller, reached
from optiinfra_api.gateway import Run, RunState
from optiinfra_api.schemas.collecting import (
    FailedPart,
    Links,
    ResultOut,
    RunOut,
    TaskOut,
    TaskStatus,
)
from optiinfra_api.schemas.envelope import Listing
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.collecting.results import STATUSES, CollectionResult
from optiinfra_core.collecting.tasks import CollectionTask, HistoryFilter
from optiinfra_core.errors import Transient

UNDER_WAY = ("queued", "running")

# Dagster's states as tasks remember them; a run that was canceled has failed.
REMEMBERED: Mapping[RunState, str] = {
    RunState.QUEUED: "queued",
    RunState.RUNNING: "running",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.CANCELED: "failed",
}


async def task_of(task_id: UUID, key: Caller, doors: DoorsOf) -> CollectionTask:
    """The task in the path, if the key reaches its customer."""
    task = await run_in_threadpool(doors.tasks.get, task_id)
    await reached(doors, key, task.customer_id, f"there is no task {task_id}")
    return task


async def history_filters(
    provider: Annotated[str | None, Query(max_length=64)] = None,
    data_type: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[str | None, Query(pattern=f"^({'|'.join(STATUSES)})$")] = None,
) -> HistoryFilter:
    """Which results are meant."""
    return HistoryFilter(provider=provider, data_type=data_type, status=status)


TaskOf = Annotated[CollectionTask, Depends(task_of)]
HistoryFilters = Annotated[HistoryFilter, Depends(history_filters)]


async def refreshed(doors: Doors, task: CollectionTask) -> CollectionTask:
    """The task after Dagster was asked about its runs that had not ended.

    Raises:
        Transient: Dagster does not answer.
    """
    open_runs = [run_id for run_id, state in task.runs.items() if state in UNDER_WAY]
    if not open_runs:
        return task
    known = await doors.gateway.runs(open_runs)
    for run_id in open_runs:
        state = state_of(known.get(run_id))
        if state != task.runs[run_id]:
            await run_in_threadpool(doors.tasks.mark_run, run_id, state)
    return await run_in_threadpool(doors.tasks.get, task.id)


def state_of(run: Run | None) -> str:
    """A run's state as tasks remember it; one that Dagster has forgotten will not report."""
    return REMEMBERED[run.state] if run else "failed"


async def status_of(doors: Doors, task: CollectionTask) -> TaskStatus:
    """Everything known about a task; Dagster's silence is told in ``note``."""
    note = None
    try:
        task = await refreshed(doors, task)
    except Transient as away:
        note = f"{away.detail}; what the runs have reported is told. {away.remedy}"
    results = await run_in_threadpool(doors.tasks.results, task.id)
    return TaskStatus(
        **shown(doors, task).model_dump(),
        customer_id=task.customer_id,
        provider=task.provider,
        data_types=list(task.data_types),
        trigger=task.trigger,
        start=task.start,
        end=task.end,
        created_at=task.created_at,
        results=[result_out(doors, result) for result in results],
        runs=[
            RunOut(run_id=run_id, status=state, link=doors.gateway.link(run_id))
            for run_id, state in task.runs.items()
        ],
        error=ErrorOut(**task.error) if task.error else None,
        note=note,
    )


def shown(doors: Doors, task: CollectionTask, *, joined: bool = False) -> TaskOut:
    """A task as the answer to who asked for it."""
    return TaskOut(
        task_id=task.id,
        status=task.status,
        run_ids=list(task.run_ids),
        joined=joined,
        links=Links(
            status=f"/api/v1/collect/status/{task.id}",
            runs=[doors.gateway.link(run_id) for run_id in task.run_ids],
        ),
    )


def result_out(doors: Doors, result: CollectionResult) -> ResultOut:
    """A result with its error, if it has one, and the link to its run."""
    error = (
        ErrorOut(
            code=result.error_code,
            detail=result.error_detail or "",
            remedy=result.remedy or "",
        )
        if result.error_code
        else None
    )
    told = {name: getattr(result, name) for name in ResultOut.model_fields if hasattr(result, name)}
    told["failed_parts"] = [FailedPart.model_validate(part) for part in result.failed_parts]
    return ResultOut(**told, error=error, link=doors.gateway.link(result.run_id))


async def history_page(
    doors: Doors, customer: str, chosen: HistoryFilter, page: Page
) -> Listing[ResultOut]:
    """A page of results, newest first."""
    cursor = None
    if page.position is not None:
        held = page.position.key
        cursor = (datetime.fromisoformat(str(held["started_at"])), int(str(held["id"])))
    found, following = await run_in_threadpool(
        doors.tasks.history, customer, chosen, cursor=cursor, limit=page.limit
    )
    token = None
    if following is not None:
        key = {"started_at": following[0].isoformat(), "id": following[1]}
        token = doors.cursors.write(Position(key=key), page.question)
    data = [result_out(doors, result) for result in found]
    return Listing(count=len(data), data=data, next_cursor=token)
