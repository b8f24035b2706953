"""Pages that are read ahead: the same rows, fewer questions, and never those of older data."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_hex
from typing import Any

import orjson
import pytest

from optiinfra_api.dependencies.page import Keyset, Page
from optiinfra_api.dependencies.standing import Ground
from optiinfra_api.dependencies.turning import Turning
from optiinfra_api.dependencies.warehouse import WarehouseDoor
from optiinfra_api.routers.performance import SAMPLES
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.warehouse.client import Warehouse
from tests.core.warehouse.scene import NOON, TODAY, Scene, day_span, sample

AHEAD = 9


@dataclass
class Turner:
    """Turns the pages of a list, as reads of the API do."""

    door: WarehouseDoor
    scene: Scene
    ground: Ground
    limit: int
    keyset: Keyset[Any] = SAMPLES

    def params(self, page: Page) -> Mapping[str, Any]:
        """The parameters of a page of today's samples."""
        span = day_span(TODAY)
        mine = {"customer_id": self.scene.customer, "providers": ("aws",)}
        return {**mine, "start": span.start, "end": span.end, **self.keyset.after(page)}

    async def all(self) -> list[float]:
        """The values of every page."""
        page = Page(limit=self.limit, question="", position=None)
        turning = Turning(self.door, self.ground, self.keyset, self.params)
        values: list[float] = []
        while True:
            found = await turning.page(page)
            values += [orjson.loads(row)["value"] for row in found.rows]
            if found.next is None:
                return values
            page = replace(page, position=found.next)


def ground(version: int) -> Ground:
    """One source that has committed ``version``."""
    state = SourceState(
        customer_id="acme",
        provider="aws",
        dataset="performance",
        account_id="111111111111",
        source="cloudwatch",
        watermark=NOON + timedelta(hours=3),
        data_version=version,
    )
    return Ground(states=(state,), as_of=None, stale=False)


@pytest.fixture
def written(warehouse_endpoint: ClickHouseEndpoint) -> Scene:
    """Thirty samples of today, five minutes apart."""
    scene = Scene(Warehouse(warehouse_endpoint), f"acme-{token_hex(4)}")
    write(scene, 1.0)
    return scene


def write(scene: Scene, factor: float) -> None:
    """Samples whose values tell which data they are of."""
    rows = (sample(n * factor, NOON + n * timedelta(minutes=5)) for n in range(30))
    scene.samples(*rows)


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 10, 29, 30, 40])
def test_pages_hold_every_row_once_in_their_order(written: Scene, limit: int) -> None:
    """Whether a page ends where what was read ahead ends, before or behind it."""

    async def scene() -> tuple[list[float], int]:
        """All pages through one door."""
        door = WarehouseDoor(written.warehouse.endpoint, ahead=AHEAD)
        values = await Turner(door, written, ground(1), limit).all()
        asked = door.asked
        await door.close()
        return values, asked

    values, asked = asyncio.run(scene())
    assert values == [float(n) for n in reversed(range(30))]
    assert asked <= 2 + 30 / min(limit, 4)


def test_newer_data_is_read_anew(written: Scene) -> None:
    """The version of the data is part of the name under which pages are kept."""

    async def scene() -> None:
        """Read, rewrite, read under the old and under the new version."""
        door = WarehouseDoor(written.warehouse.endpoint, ahead=AHEAD)
        before = await Turner(door, written, ground(1), 4).all()
        asked = door.asked
        assert await Turner(door, written, ground(1), 4).all() == before
        assert door.asked == asked
        await asyncio.to_thread(write, written, 2.0)
        assert await Turner(door, written, ground(2), 4).all() == [2 * value for value in before]
        await door.close()

    asyncio.run(scene())


def test_what_stands_on_no_source_is_not_kept(written: Scene) -> None:
    """Nothing would tell that it has changed."""

    async def scene() -> None:
        """Read, rewrite, read."""
        door = WarehouseDoor(written.warehouse.endpoint, ahead=AHEAD)
        nothing = Ground(states=(), as_of=None, stale=True)
        before = await Turner(door, written, nothing, 40).all()
        await asyncio.to_thread(write, written, 2.0)
        assert await Turner(door, written, nothing, 40).all() == [2 * value for value in before]
        await door.close()

    asyncio.run(scene())


def test_what_follows_a_piece_is_read_once_before_its_last_page(written: Scene) -> None:
    """By whoever turned to a second page; whoever looks at the first one has nothing read ahead."""

    async def scene() -> list[int]:
        """How often was asked after each page of two rows, out of pieces of nine."""
        door = WarehouseDoor(written.warehouse.endpoint, ahead=AHEAD)
        turner = Turner(door, written, ground(1), 2)
        turning = Turning(door, turner.ground, turner.keyset, turner.params)
        page = Page(limit=2, question="", position=None)
        asked = []
        for _ in range(5):
            found = await turning.page(page)
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
            asked.append(door.asked)
            page = replace(page, position=found.next)
        await door.close()
        return asked

    # The first page; the second and the three after it; with the third, what follows those.
    assert asyncio.run(scene()) == [1, 2, 3, 3, 3]
