"""Waiting for a collection task to end, as the API tells of it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from optiinfra_cli.api_client import Api
from optiinfra_core.errors import Transient, WindowBusy

ENDED = frozenset({"succeeded", "failed", "partial"})
PATIENCE_SECONDS = 3600.0
# An answer costs Dagster's webserver 50 ms: whoever waits long asks seldom.
POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 2.0
# How often work is asked for that another run held each time.
ATTEMPTS = 3


def await_task(
    api: Api, task_id: str, say: Callable[[str], None], seconds: float = PATIENCE_SECONDS
) -> Mapping[str, Any]:
    """The task once it ended; says each change of its status.

    Raises:
        Transient: it is not over in time.
    """
    said, pause, end = "", POLL_SECONDS, time.monotonic() + seconds
    while time.monotonic() < end:
        task = api.get(f"/api/v1/collect/status/{task_id}")
        if task["status"] != said:
            said = str(task["status"])
            say(f"task {task_id} ({task['customer_id']}, {task['provider']}): {said}")
        if said in ENDED:
            return task
        time.sleep(pause)
        pause = min(LONGEST_POLL_SECONDS, 1.5 * pause)
    raise Transient(
        f"task {task_id} is still {said} after {seconds:.0f} s",
        remedy="It goes on; ask again with GET /api/v1/collect/status.",
    )


def collected(
    api: Api, start: Callable[[], Mapping[str, Any]], say: Callable[[str], None]
) -> Mapping[str, Any]:
    """The end of the task that ``start`` begins; begun again where a tick held its windows.

    Raises:
        Transient: it is not over in time.
    """
    task = await_task(api, str(start()["task_id"]), say)
    for _ in range(ATTEMPTS - 1):
        if not met_another_run(task):
            break
        task = await_task(api, str(start()["task_id"]), say)
    return task


def met_another_run(task: Mapping[str, Any]) -> bool:
    """Whether a part of the task was left out because another run, as of a tick, held it."""
    errors = (result["error"] for result in task["results"])
    return any(error and error["code"] == WindowBusy.code for error in errors)
