"""Rows that are kept for whoever turns pages: how long, how many, and for whom they are read."""

import asyncio
from collections.abc import Awaitable, Callable

from optiinfra_api.dependencies.leaves import Leaf, Leaves, Piece, place_of

ROWS = [b"a", b"b", b"c", b"d"]


class Source:
    """Rows that are read when asked for; counts how often."""

    def __init__(self, rows: list[bytes], *, ended: bool = True) -> None:
        self.rows = rows
        self.ended = ended
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> tuple[list[bytes], bool]:
        """The rows, once the gate is open."""
        self.asked += 1
        await self.gate.wait()
        return self.rows, self.ended


def run(scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene in a loop of its own."""

    async def played() -> None:
        """The scene."""
        await scene()

    asyncio.run(played())


def test_rows_are_read_once() -> None:
    """Whoever asks again gets what was read."""

    async def scene() -> None:
        """Twice the same place, once another."""
        leaves, source = Leaves(), Source(ROWS)
        first = await leaves.get("place", 3, source.load)
        again = await leaves.get("place", 3, source.load)
        assert first.take(3) == again.take(3) == [b"a", b"b", b"c"]
        assert source.asked == 1
        await leaves.get("elsewhere", 3, source.load)
        assert source.asked == 2

    run(scene)


def test_those_who_ask_at_once_share_one_question() -> None:
    """Also where the first of them leaves before the answer is there."""

    async def scene() -> None:
        """Three ask, one goes, then the answer comes."""
        leaves, source = Leaves(), Source(ROWS)
        source.gate.clear()
        asking = [asyncio.ensure_future(leaves.get("place", 2, source.load)) for _ in range(3)]
        await asyncio.sleep(0)
        asking[0].cancel()
        await asyncio.sleep(0)
        source.gate.set()
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert [leaf.take(1) for leaf in answers[1:] if not isinstance(leaf, BaseException)] == [
            [b"a"],
            [b"a"],
        ]
        assert source.asked == 1

    run(scene)


def test_what_follows_comes_out_of_the_same_piece() -> None:
    """As far as it reaches: beyond it is read anew, unless it holds the last row."""

    async def scene() -> None:
        """Two rows to a page, four in the piece, and more after them."""
        leaves, source = Leaves(), Source(ROWS, ended=False)
        leaf = await leaves.get("first", 3, source.load)
        leaves.keep("second", leaf.behind(2))
        second = await leaves.get("second", 2, source.load)
        assert (second.take(2), source.asked) == ([b"c", b"d"], 1)
        await leaves.get("second", 3, source.load)
        assert source.asked == 2

    run(scene)


def test_the_last_piece_answers_however_many_are_asked_for() -> None:
    """There is nothing after it."""

    async def scene() -> None:
        """Far more than there are."""
        leaves, source = Leaves(), Source(ROWS)
        await leaves.get("place", 2, source.load)
        leaf = await leaves.get("place", 1000, source.load)
        assert (leaf.take(1000), source.asked) == (ROWS, 1)

    run(scene)


def test_the_longest_unused_goes_when_there_is_no_room() -> None:
    """With all the places that lead into it."""

    async def scene() -> None:
        """Room for two pieces; the first one is used again before the third comes."""
        leaves = Leaves(most_bytes=2 * (4 + 4 * 50))
        sources = {name: Source(ROWS) for name in "abc"}
        for name in "ab":
            leaf = await leaves.get(name, 2, sources[name].load)
            leaves.keep(f"behind {name}", leaf.behind(1))
        await leaves.get("a", 2, sources["a"].load)
        await leaves.get("c", 2, sources["c"].load)
        await leaves.get("behind a", 2, sources["a"].load)
        await leaves.get("behind b", 2, sources["b"].load)
        assert {name: source.asked for name, source in sources.items()} == {
            "a": 1,
            "b": 2,
            "c": 1,
        }

    run(scene)


def test_a_failure_is_told_to_all_and_not_kept() -> None:
    """The next one who asks has it read again."""

    async def scene() -> None:
        """A source that fails once."""
        leaves, source = Leaves(), Source(ROWS)

        async def failing() -> tuple[list[bytes], bool]:
            """No rows."""
            raise ConnectionError

        told = await asyncio.gather(
            *(leaves.get("place", 2, failing) for _ in range(2)), return_exceptions=True
        )
        assert [type(each) for each in told] == [ConnectionError, ConnectionError]
        assert (await leaves.get("place", 2, source.load)).take(1) == [b"a"]

    run(scene)


def test_a_place_is_of_one_question_one_version_and_one_row() -> None:
    """How many rows are wanted does not matter; everything else does."""
    params = {"customer_id": "acme", "limit": 101, "after": "i-1"}
    place = place_of("a.sql", "v1", params)
    assert place == place_of("a.sql", "v1", {**params, "limit": 11})
    assert place != place_of("b.sql", "v1", params)
    assert place != place_of("a.sql", "v2", params)
    assert place != place_of("a.sql", "v1", {**params, "customer_id": "globex"})
    assert place != place_of("a.sql", "v1", {**params, "after": "i-2"})


def test_what_is_begun_is_there_when_it_is_asked_for() -> None:
    """Nobody waited for it; what is here already is not read again."""

    async def scene() -> None:
        """Begun twice, asked for, begun once more."""
        leaves, source = Leaves(), Source(ROWS)
        leaves.begin("place", 2, source.load)
        leaves.begin("place", 2, source.load)
        assert (await leaves.get("place", 2, source.load)).take(1) == [b"a"]
        leaves.begin("place", 2, source.load)
        assert source.asked == 1

    run(scene)


def test_what_is_begun_ends_with_the_process() -> None:
    """Closing waits for nothing, and a failure of what nobody asked for is told to nobody."""

    async def scene() -> None:
        """One read that never ends, and one that fails."""
        leaves, source = Leaves(), Source(ROWS)
        source.gate.clear()

        async def failing() -> tuple[list[bytes], bool]:
            """No rows."""
            raise ConnectionError

        leaves.begin("endless", 2, source.load)
        leaves.begin("broken", 2, failing)
        await asyncio.sleep(0)
        await leaves.close()
        source.gate.set()
        assert (await leaves.get("endless", 2, source.load)).take(1) == [b"a"]

    run(scene)


def test_a_piece_tells_how_many_rows_of_whole_pages_it_holds() -> None:
    """A page is whole when the row after it is there: it says that the list goes on."""
    more = Leaf(Piece(ROWS, ended=False, until=0))
    assert [more.covered(limit) for limit in (1, 2, 3, 4)] == [3, 2, 3, 0]
    assert more.behind(2).covered(1) == 1
    assert Leaf(Piece(ROWS, ended=True, until=0)).covered(1) == 0
