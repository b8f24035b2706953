"""Pages of a list for those who turn them: what follows is at hand, or on its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from optiinfra_api.dependencies.leaves import Leaf
from optiinfra_api.dependencies.page import Found, Keyset, Page
from optiinfra_api.dependencies.standing import Ground
from optiinfra_api.dependencies.warehouse import WarehouseDoor


@dataclass(frozen=True, slots=True)
class Turning:
    """One list, whose rows are told as ClickHouse writes them; ``params`` are those of a page."""

    door: WarehouseDoor
    ground: Ground
    keyset: Keyset[Any]
    params: Callable[[Page], Mapping[str, Any]]

    async def page(self, page: Page) -> Found[bytes]:
        """The rows of ``page``, a line of JSON each."""
        leaf = await self.door.leaf(self.keyset.question, self.params(page), self.ground)
        found = self.keyset.cut(leaf.take(page.limit + 1), page)
        if found.next:
            self._keep(replace(page, position=found.next), leaf.behind(page.limit))
        if found.next and page.position:
            self._read_on(page, leaf)
        return found

    def _keep(self, following: Page, leaf: Leaf) -> None:
        self.door.keep(self.keyset.question, self.params(following), self.ground, leaf)

    def _read_on(self, page: Page, leaf: Leaf) -> None:
        """Read what follows the piece, once, before whoever turns its pages is at its end."""
        rows = leaf.covered(page.limit)
        if leaf.piece.followed or not self.door.runs_out(rows, page.limit):
            return
        leaf.piece.followed = True
        (last,) = leaf.behind(rows - 1).take(1)
        params = self.params(replace(page, position=self.keyset.position(last)))
        self.door.begin(self.keyset.question, params, self.ground)
