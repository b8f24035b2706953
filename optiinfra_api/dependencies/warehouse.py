"""The reader of ClickHouse, connected at its first use: a server that is down delays nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from optiinfra_api.dependencies.leaves import Leaf, Leaves, Load, Piece, place_of
from optiinfra_api.dependencies.standing import Ground
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.warehouse.client import AsyncWarehouse
from optiinfra_core.warehouse.question import Question
from optiinfra_core.windows import DAY

T = TypeVar("T")

# A reader who turns a page turns another: rows that are read for it at once.
AHEAD = 2001
# The longest that a source's rows are behind its commits, as a rule.
SETTLING = 3 * DAY
# More questions at a time only take turns on the cores of a server that has few, which this process
# shares with it; a server elsewhere has more of them, and each question is on its way for a while.
AT_ONCE = 4
AT_ONCE_ELSEWHERE = 16
# Nobody waits yet for what is read ahead; all at once it would hold up those who do wait.
BEHIND = 2


class WarehouseDoor:
    """Asks questions; counts them, so that figures and tests see what a request cost."""

    def __init__(self, endpoint: ClickHouseEndpoint, ahead: int = AHEAD) -> None:
        self._endpoint = endpoint
        self._ahead = ahead
        self._opened: AsyncWarehouse | None = None
        self._opening = asyncio.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE if endpoint.nearby else AT_ONCE_ELSEWHERE)
        self._behind = asyncio.Semaphore(BEHIND)
        self._leaves = Leaves()
        self.asked = 0

    async def rows(self, question: Question[T], params: Mapping[str, Any]) -> list[T]:
        """The answer to ``question``.

        Raises:
            Transient: ClickHouse does not answer.
        """
        self.asked += 1
        warehouse = await self._warehouse()
        async with self._turns:
            return await warehouse.rows(question, params)

    async def leaf(
        self, question: Question[Any], params: Mapping[str, Any], ground: Ground
    ) -> Leaf:
        """The rows of a page as ClickHouse writes them; asked once for each version of the data.

        ``params`` hold the limit of the page; later pages are read ahead. An answer that stands
        on no source is not kept: nothing would tell that it has changed.

        Raises:
            Transient: ClickHouse does not answer.
        """
        count = int(params["limit"])
        load = self._loading(question, params, ground)
        if not ground.states:
            rows, ended = await load()
            return Leaf(Piece(rows, ended, until=0))
        return await self._leaves.get(place_of(question.path, ground.version, params), count, load)

    def keep(
        self, question: Question[Any], params: Mapping[str, Any], ground: Ground, leaf: Leaf
    ) -> None:
        """The page that ``params`` ask for is ``leaf``."""
        if ground.states:
            self._leaves.keep(place_of(question.path, ground.version, params), leaf)

    def runs_out(self, rows: int, limit: int) -> bool:
        """Whether ``rows`` at hand are so few that more should be read for pages of ``limit``."""
        return 0 < rows <= max(limit, self._ahead * 3 // 4)

    def begin(self, question: Question[Any], params: Mapping[str, Any], ground: Ground) -> None:
        """Read the page that ``params`` ask for while nobody waits for it yet."""
        if not ground.states:
            return
        load = self._loading(question, params, ground)

        async def behind() -> tuple[list[bytes], bool]:
            async with self._behind:
                return await load()

        self._leaves.begin(
            place_of(question.path, ground.version, params), int(params["limit"]), behind
        )

    def _loading(self, question: Question[Any], params: Mapping[str, Any], ground: Ground) -> Load:
        """What reads a page, and those that follow it where they cost little or are wanted.

        They are wanted by whoever turned to a page, and cost little where the question gathers.
        """
        count = int(params["limit"])
        ahead = params.get("has_after") or question.gathers
        wanted = max(2 * count - 1, self._ahead) if ahead else count
        # Half of them is enough, where more of them would be read out of many more hours.
        enough = max(count, wanted // 2) if ahead else None

        async def load() -> tuple[list[bytes], bool]:
            self.asked += 1
            warehouse = await self._warehouse()
            async with self._turns:
                told = {**params, "limit": wanted}
                return await warehouse.lines(question, told, newest_of(ground), enough)

        return load

    async def stream(
        self, question: Question[Any], params: Mapping[str, Any], fmt: str
    ) -> AsyncIterator[bytes]:
        """The answer as the server writes it."""
        self.asked += 1
        async for chunk in (await self._warehouse()).stream(question, params, fmt):
            yield chunk

    async def ping(self) -> None:
        """Return if ClickHouse answers."""
        await (await self._warehouse()).ping()

    async def close(self) -> None:
        """Stop reading ahead, and give the connections back."""
        await self._leaves.close()
        if self._opened is not None:
            await self._opened.close()

    async def _warehouse(self) -> AsyncWarehouse:
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await AsyncWarehouse.connect(self._endpoint)
        return self._opened


def newest_of(ground: Ground) -> datetime | None:
    """Where rows end, about: a guess that decides how much is read at first, never what is told.

    A gap holds a source's watermark back while it collects on: hence the last commit.
    """
    told = [state.watermark for state in ground.states if state.watermark]
    told += [state.committed_at - SETTLING for state in ground.states if state.committed_at]
    return max(told, default=None)
