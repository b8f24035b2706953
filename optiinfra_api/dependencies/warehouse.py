"""The reader of ClickHouse, connected at its first use: a server that is down delays nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.warehouse.client import AsyncWarehouse
from optiinfra_core.warehouse.question import Question

T = TypeVar("T")


class WarehouseDoor:
    """Asks questions; counts them, so that figures and tests see what a request cost."""

    def __init__(self, endpoint: ClickHouseEndpoint) -> None:
        self._endpoint = endpoint
        self._opened: AsyncWarehouse | None = None
        self._opening = asyncio.Lock()
        self.asked = 0

    async def rows(self, question: Question[T], params: Mapping[str, Any]) -> list[T]:
        """The answer to ``question``.

        Raises:
            Transient: ClickHouse does not answer.
        """
        self.asked += 1
        return await (await self._warehouse()).rows(question, params)

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
        """Give the connections back."""
        if self._opened is not None:
            await self._opened.close()

    async def _warehouse(self) -> AsyncWarehouse:
        async with self._opening:
            if self._opened is None:
                self._opened = await AsyncWarehouse.connect(self._endpoint)
            return self._opened
