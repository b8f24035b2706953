"""What a read waits for: for no thread to read its parameters, for coverage beside its rows."""

import asyncio
import inspect
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from optiinfra_api.dependencies.coverage import Covering
from optiinfra_api.routers import ROUTERS
from optiinfra_api.schemas.envelope import Coverage
from optiinfra_core.errors import Transient

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
WHOLE = Coverage(expected=4, committed=4)


def below(dependant: Dependant) -> Iterator[Dependant]:
    """Everything that the framework goes through for a route."""
    for each in dependant.dependencies:
        yield each
        yield from below(each)


def waits_in_the_loop(call: object) -> bool:
    """Whether the framework awaits it, where it would hand a plain one to a thread."""
    plain = call if inspect.isroutine(call) else type(call).__call__
    return not inspect.isclass(call) and (
        inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)
    )


def test_no_dependency_of_any_route_waits_for_a_thread() -> None:
    """The filters of charges did: 0.4 ms of each read, and a second turn in the queue."""
    calls = [(route.name, each.call) for route in ROUTES for each in below(route.dependant)]
    assert len(calls) > len(ROUTES)
    assert [(name, str(call)) for name, call in calls if not waits_in_the_loop(call)] == []


def test_coverage_is_found_out_while_the_rows_are_read() -> None:
    """Neither begins only when the other has ended."""

    async def scene() -> Coverage:
        """Rows that come once the coverage is there."""
        found = asyncio.Event()

        async def finding() -> Coverage:
            """Say that it is there."""
            found.set()
            return WHOLE

        covering = Covering.begun(finding())
        assert await covering.beside(found.wait())
        return covering.told

    assert asyncio.run(scene()) == WHOLE


def test_a_coverage_that_cannot_be_found_out_fails_the_read() -> None:
    """An answer that does not know whether it is complete is none."""

    async def scene() -> None:
        """The rows are there, the coverage is not."""

        async def failing() -> Coverage:
            """The server went away."""
            raise Transient("away")

        async def rows() -> list[int]:
            """Some."""
            return [1]

        await Covering.begun(failing()).beside(rows())

    with pytest.raises(Transient):
        asyncio.run(scene())


def test_a_coverage_that_is_known_is_waited_for_by_nobody() -> None:
    """Calls of applications know theirs from their states."""

    async def scene() -> Coverage:
        """Told without anything beside it."""
        return Covering.known(WHOLE).told

    assert asyncio.run(scene()) == WHOLE
