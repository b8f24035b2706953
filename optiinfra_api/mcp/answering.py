"""A call of a tool -> its answer: words, and the same as structured content, both bounded."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from mcp_types import CallToolResult, TextContent

from optiinfra_api.mcp.arguments import LIMIT, asked_of
from optiinfra_api.mcp.inside import Asker
from optiinfra_api.mcp.operations import Operation
from optiinfra_api.mcp.words import told
from optiinfra_api.problems import URN, kind_of
from optiinfra_core.errors import OptiInfraError

# About 6,000 tokens: what an agent reads at once without losing its thread.
MOST_CHARACTERS = 24_000
# Numbers that place a cursor, larger than JSON numbers are safe: nobody reads them.
PLACES = frozenset({"line_key", "detail_key", "line", "from_version"})
REMEDY = "ask for a shorter period, a longer group_by, or with a filter"


async def answered(
    operation: Operation, arguments: Mapping[str, Any], asker: Asker
) -> CallToolResult:
    """What the API says to the call; its problems are errors of the tool."""
    try:
        asked = asked_of(operation, arguments, asker.key)
    except OptiInfraError as error:
        return refused(error, asker.request_id)
    status, body = await asker.get(asked.path, asked.query)
    kept = fitting(rows_of(body))
    if operation.paged and kept < len(rows_of(body)):
        # A cursor of our own cut would be of no use: the API cuts the page where it can go on.
        query = {**asked.query, LIMIT: str(max(1, kept))}
        status, body = await asker.get(asked.path, query)
        kept = len(rows_of(body))
    if status >= HTTPStatus.BAD_REQUEST:
        return failed(body)
    return succeeded(shortened(body, kept))


def rows_of(body: Any) -> list[Any]:
    """The rows of an answer; none where it has no list of them."""
    rows = body.get("data") if isinstance(body, dict) else body
    return rows if isinstance(rows, list) else []


def fitting(rows: list[Any]) -> int:
    """How many of the rows an answer may hold."""
    spent = 0
    for count, row in enumerate(rows):
        spent += len(orjson.dumps(bare(row)))
        if spent > MOST_CHARACTERS:
            return count
    return len(rows)


def shortened(body: Any, kept: int) -> dict[str, Any]:
    """The answer with the rows that are kept, and what is said where there were more."""
    rows = rows_of(body)
    answer = {**body} if isinstance(body, dict) else {"count": len(rows)}
    if isinstance(body, list) or "data" in answer:
        answer["data"] = [bare(row) for row in rows[:kept]] if rows else answer.get("data", [])
    if kept < len(rows):
        answer["cut"] = {"shown": kept, "rows": len(rows), "remedy": REMEDY}
    return answer


def bare(row: Any) -> Any:
    """A row without its empty texts, lists and maps; null and 0 stay."""
    if not isinstance(row, dict):
        return row
    return {
        name: value
        for name, value in row.items()
        if value not in ("", [], {}) and name not in PLACES
    }


def succeeded(answer: dict[str, Any]) -> CallToolResult:
    """The answer in words and as it is."""
    return CallToolResult(
        content=[TextContent(type="text", text=told(answer))], structured_content=answer
    )


def failed(problem: Mapping[str, Any]) -> CallToolResult:
    """A problem of the API with its remedy."""
    lines = [
        f"{problem['title']} ({problem['status']}): {problem['detail']}",
        f"Remedy: {problem['remedy']}",
        f"Request id: {problem['request_id']}",
    ]
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))],
        structured_content=dict(problem),
        is_error=True,
    )


def refused(error: OptiInfraError, request_id: str) -> CallToolResult:
    """An error of ours as the problem that the API would have made of it."""
    kind = kind_of(error)
    return failed(
        {
            "type": URN + kind.code,
            "title": kind.title,
            "status": kind.status,
            "detail": error.detail,
            "remedy": error.remedy,
            "request_id": request_id,
        }
    )
