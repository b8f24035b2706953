"""Rows of pages that were read a moment ago, and of the pages that follow them.

Most of what a page costs is the same for a hundred rows and for a thousand, so whoever turns pages
gets them out of a longer piece that was read at once. What is kept is named by the version of the
data that it was read from: newer data has a name of its own.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optiinfra_api.loads import Loads

# Answers rows, and whether they are the last ones.
Load = Callable[[], Awaitable[tuple[list[bytes], bool]]]

SECONDS = 60.0
MOST_BYTES = 64 * 1024 * 1024
# What a row takes besides its text.
ROW_BYTES = 50


@dataclass(eq=False, slots=True)
class Piece:
    """Rows that were read together; ``ended`` where none follow them.

    ``followed`` once those that follow were asked for.
    """

    rows: list[bytes]
    ended: bool
    until: float
    followed: bool = False
    places: list[Hashable] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that it holds, about."""
        return sum(map(len, self.rows)) + ROW_BYTES * len(self.rows)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A piece from one of its rows on."""

    piece: Piece
    first: int = 0

    def has(self, count: int) -> bool:
        """Whether a reader who wants ``count`` rows needs nothing else."""
        return self.piece.ended or self.first + count <= len(self.piece.rows)

    def take(self, count: int) -> list[bytes]:
        """The first ``count`` rows, or as many as there are."""
        return self.piece.rows[self.first : self.first + count]

    def behind(self, count: int) -> "Leaf":
        """What follows the first ``count`` rows."""
        return Leaf(self.piece, self.first + count)

    def covered(self, limit: int) -> int:
        """Rows of the pages of ``limit`` that can be told from here, and that others follow them.

        Nothing where the piece holds the last row: there is nothing left to read.
        """
        return 0 if self.piece.ended else (len(self.piece.rows) - self.first - 1) // limit * limit


class Leaves:
    """Pieces by the places that pages start at, for a minute and within 64 MiB."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._leaves: dict[Hashable, Leaf] = {}
        self._pieces: OrderedDict[int, Piece] = OrderedDict()
        self._loads: Loads[Hashable, Leaf] = Loads()

    async def get(self, place: Hashable, count: int, load: Load) -> Leaf:
        """The rows at ``place``, at least ``count`` where there are as many.

        ``load`` runs once for all who ask meanwhile, and to its end when one of them leaves; its
        errors are not kept.
        """
        leaf = self._held(place, count)
        if leaf is not None:
            return leaf
        return await self._loads.get((place, count), lambda: self._load(place, load))

    def begin(self, place: Hashable, count: int, load: Load) -> None:
        """Read what will be asked for next, unless it is here or on its way; nobody waits for it.

        Where that fails, whoever asks has it read again and is told.
        """
        if self._held(place, count) is None:
            self._loads.begin((place, count), lambda: self._load(place, load))

    async def close(self) -> None:
        """Stop reading."""
        await self._loads.close()

    def keep(self, place: Hashable, leaf: Leaf) -> None:
        """Whoever asks for ``place`` gets ``leaf``."""
        if id(leaf.piece) in self._pieces and place not in self._leaves:
            leaf.piece.places.append(place)
            self._leaves[place] = leaf

    def _held(self, place: Hashable, count: int) -> Leaf | None:
        leaf = self._leaves.get(place)
        if leaf is None or leaf.piece.until <= _now() or not leaf.has(count):
            return None
        self._pieces.move_to_end(id(leaf.piece))
        return leaf

    async def _load(self, place: Hashable, load: Load) -> Leaf:
        rows, ended = await load()
        leaf = Leaf(Piece(rows, ended, _now() + SECONDS))
        held = self._leaves.pop(place, None)
        if held is not None:
            held.piece.places.remove(place)
        self._pieces[id(leaf.piece)] = leaf.piece
        self._size += leaf.piece.size
        self.keep(place, leaf)
        self._shrink()
        return leaf

    def _shrink(self) -> None:
        while self._size > self._most and self._pieces:
            _, oldest = self._pieces.popitem(last=False)
            self._size -= oldest.size
            for place in oldest.places:
                del self._leaves[place]


def place_of(path: str, version: str, params: Mapping[str, Any]) -> Hashable:
    """The name of where a page starts: of which question over which data, after which row."""
    told = [(name, value) for name, value in sorted(params.items()) if name != "limit"]
    return path, version, repr(told)


def _now() -> float:
    return asyncio.get_running_loop().time()
