"""How many rows, and after which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request

from optiinfra_api.dependencies.cursor import Position, question_of
from optiinfra_api.dependencies.doors import Doors
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.warehouse.question import Question
from optiinfra_core.windows import Window

T = TypeVar("T")

MOST_ROWS = 1000
MOST_STREAMED_ROWS = 100_000

CursorParameter = Annotated[
    str | None,
    Query(max_length=4096, description="next_cursor of the page before; same filters."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its size, and the position that its cursor holds."""

    limit: int
    question: str
    position: Position | None

    @property
    def window(self) -> Window | None:
        """The period of the first page, None on it."""
        return self.position.window if self.position else None


UNPAGED = Page(limit=0, question="", position=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """Rows of a page, and where the next one starts."""

    rows: list[T]
    next: Position | None = None


@dataclass(frozen=True, slots=True)
class Keyset(Generic[T]):
    """A question whose pages start after a row: which field of it goes into which parameter.

    A field that is null leaves its parameter out, whose own value then stands for null.
    """

    question: Question[T]
    key: Mapping[str, str] = field(default_factory=dict)

    def after(self, page: Page) -> Mapping[str, Any]:
        """The question's parameters for ``page``; one row more shows whether a page follows."""
        if page.position is None:
            return {"limit": page.limit + 1}
        types = self.question.parameters
        held = {
            name: datetime.fromisoformat(str(value)) if "DateTime" in types[name] else value
            for name, value in page.position.key.items()
            if value is not None
        }
        return {"limit": page.limit + 1, "has_after": True, **held}

    def found(self, rows: list[T], page: Page) -> Found[T]:
        """The page out of the rows of its question, which is one row longer where more follow."""
        if len(rows) <= page.limit:
            return Found(rows=rows)
        last = rows[page.limit - 1]
        key = {name: told(getattr(last, column)) for name, column in self.key.items()}
        return Found(rows=rows[: page.limit], next=Position(key=key))

    def cut(self, lines: list[bytes], page: Page) -> Found[bytes]:
        """The same of rows that are JSON already, a line each; only the last one is read."""
        if len(lines) <= page.limit:
            return Found(rows=lines)
        return Found(rows=lines[: page.limit], next=self.position(lines[page.limit - 1]))

    def position(self, line: bytes) -> Position:
        """Where the page after a row starts; the row is JSON."""
        row = orjson.loads(line)
        return Position(key={name: row[column] for name, column in self.key.items()})


def told(value: object) -> object:
    """A key's value as JSON holds it; money to the last digit."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def page_of(request: Request, limit: int, cursor: str | None) -> Page:
    """The page that a request asks for."""
    doors: Doors = request.app.state.doors
    key_id = str(getattr(request.state, "key_id", ""))
    question = question_of(request.url.path, request.query_params.multi_items(), key_id)
    position = doors.cursors.read(cursor, question) if cursor else None
    return Page(limit=limit, question=question, position=position)


async def small_page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows on a page.")] = 100,
    cursor: CursorParameter = None,
) -> Page:
    """A page of up to 1,000 rows."""
    return page_of(request, limit, cursor)


async def large_page(
    request: Request,
    limit: Annotated[
        int,
        Query(
            ge=1,
            le=MOST_STREAMED_ROWS,
            description="Rows on a page; above 1,000 only where the answer is streamed.",
        ),
    ] = 100,
    cursor: CursorParameter = None,
) -> Page:
    """A page of up to 1,000 rows, or a stream of up to 100,000."""
    return page_of(request, limit, cursor)


def demand_small(page: Page) -> None:
    """Refuse a page that only a stream may have.

    Raises:
        InvalidRequest: it is too large for JSON.
    """
    if page.limit > MOST_ROWS:
        raise InvalidRequest(
            f"limit {page.limit} is over {MOST_ROWS}, the most rows of one JSON page",
            remedy=f"Ask for at most {MOST_ROWS} and follow next_cursor, or stream up to"
            f" {MOST_STREAMED_ROWS} with Accept: application/x-ndjson, text/csv or"
            " application/vnd.apache.arrow.stream.",
        )


def demand_first(page: Page) -> None:
    """Refuse a cursor where rows are streamed: a stream is one answer.

    Raises:
        InvalidRequest: there is one.
    """
    if page.position is not None:
        raise InvalidRequest(
            "a stream has no pages, so it takes no cursor",
            remedy="Leave cursor out and narrow the period, or accept application/json.",
        )


SmallPage = Annotated[Page, Depends(small_page)]
LargePage = Annotated[Page, Depends(large_page)]
