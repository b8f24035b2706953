"""Asks the API and ClickHouse for the same pages, and says who took how long and how much CPU."""

import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.callers import Asked, Line, Turn, crowd, warm
from benchmarks.figures import Spread, cpu_seconds, load
from benchmarks.installation import Installation
from benchmarks.read_cases import Case
from optiinfra_core.warehouse.client import PAGE_SETTINGS, STREAM_SETTINGS, Warehouse
from optiinfra_core.warehouse.wire import read_settings, wire
from optiinfra_core.windows import SystemClock

CURSOR = re.compile(rb'"next_cursor":"([^"]+)"')
OWN = (
    "SELECT date_diff('microsecond', query_start_time_microseconds, event_time_microseconds) / 1000"
    " AS took FROM system.query_log WHERE type = 'QueryFinish' AND user = {reader:String}"
    " AND event_date >= yesterday() AND event_time_microseconds >= {since:DateTime64(6, 'UTC')}"
    " AND event_time_microseconds <= {until:DateTime64(6, 'UTC')}"
)


@dataclass(frozen=True, slots=True)
class Served:
    """An API that runs: its address, a key for it, its process."""

    address: str
    key: str
    pid: int


@dataclass(frozen=True, slots=True)
class Took:
    """What a crowd took, of whose CPU, and ClickHouse's own time for the questions it was asked."""

    callers: int
    asked: Asked
    api_cpu: float
    clickhouse_cpu: float
    own: list[float]

    def told(self, name: str) -> dict[str, object]:
        """For a report; CPU is milliseconds for an answer."""
        answers = len(self.asked.milliseconds)
        return {
            f"{name}_ms": Spread.of(self.asked.milliseconds).rounded(),
            "asked": answers,
            "per_s": round(self.asked.per_second),
            "api_cpu_ms": round(self.api_cpu / answers * 1000, 2),
            "clickhouse_cpu_ms": round(self.clickhouse_cpu / answers * 1000, 2),
        }


class Contest:
    """One API and one ClickHouse, asked for pages of these customers."""

    def __init__(
        self, installation: Installation, served: Served, customers: list[str], seconds: float
    ) -> None:
        self._installation = installation
        self._endpoint = installation.servers.clickhouse
        self._served = served
        self._customers = customers
        self._seconds = seconds

    async def run(self, case: Case, callers: int) -> list[dict[str, object]]:
        """The case's pages in every way they are asked for."""
        numbers = itertools.count()
        await self._meet(self._new_pages(case, numbers))
        found = []
        for count in (1, callers):
            began = load()
            through = await self._api(self._new_pages(case, numbers), count)
            straight = await self._clickhouse(self._questions(case, numbers), count)
            took = through.told("api")
            direct = Spread.of(straight.asked.milliseconds)
            api_p50 = Spread.of(through.asked.milliseconds).p50
            added = {"added_ms": round(api_p50 - direct.p50, 1)} if count == 1 else {}
            found.append(
                {
                    "read": case.name, "pages": "new", "callers": count, "load": began, **took,
                    "own_ms": Spread.of(through.own).rounded(),
                    "direct_ms": direct.rounded(), "ratio": round(api_p50 / direct.p50, 2), **added,
                }
            )  # fmt: skip
        for pages, turn in (
            ("turned", self._turned_pages(case, numbers)),
            ("same", self._same_page(case)),
        ):
            began = load()
            took = (await self._api(turn, callers)).told("api")
            found.append(
                {"read": case.name, "pages": pages, "callers": callers, "load": began, **took}
            )
        return found

    async def _meet(self, turn: Turn) -> None:
        """Ask for a page of each customer: how complete its period is, is asked once and kept."""
        [line] = self._lines(1)
        for _ in self._customers:
            await turn(line, 0)
        await line.close()

    def _place(self, number: int) -> tuple[str, int]:
        """A customer and a shift of the period that no other number has."""
        return self._customers[number % len(self._customers)], number // len(self._customers)

    def _new_pages(self, case: Case, numbers: "itertools.count[int]") -> Turn:
        async def turn(line: Line, _caller: int) -> object:
            return await line.ask(case.url(*self._place(next(numbers))))

        return turn

    def _same_page(self, case: Case) -> Turn:
        async def turn(line: Line, _caller: int) -> object:
            return await line.ask(case.url(self._customers[0]))

        return turn

    def _turned_pages(self, case: Case, numbers: "itertools.count[int]") -> Turn:
        """Each caller turns the pages of a list of its own, and begins again at its end."""
        lists: dict[int, tuple[str, int]] = {}
        cursors: dict[int, str] = {}

        async def turn(line: Line, caller: int) -> object:
            if caller not in lists:
                lists[caller] = self._place(next(numbers))
            answer = await line.ask(case.url(*lists[caller], cursors.get(caller)))
            following = CURSOR.search(answer[-4096:])
            cursors.pop(caller, None)
            if following:
                cursors[caller] = following[1].decode()
            return answer

        return turn

    def _questions(self, case: Case, numbers: "itertools.count[int]") -> Turn:
        async def turn(line: Line, _caller: int) -> object:
            return await line.ask(*self._question(case, next(numbers)))

        return turn

    def _question(self, case: Case, number: int) -> tuple[str, str]:
        """The path and the body that ask ClickHouse what the API asks it for this page."""
        bound = case.bound(*self._place(number))
        if case.question.backwards:
            bound["start"] = next(case.question.backwards.starts(bound, case.end))
        sql = case.question.sent(bound)
        settings = {
            **read_settings(self._endpoint, case.question, bound),
            **STREAM_SETTINGS,
            **PAGE_SETTINGS,
        }
        params = {f"param_{name}": literal(value) for name, value in wire(sql, bound).items()}
        query = {"database": self._endpoint.database, **settings, **params}
        return f"/?{urlencode(query, quote_via=quote)}", f"{sql}\nFORMAT JSONEachRow"

    def _lines(self, callers: int) -> list[Line]:
        """Connections to the API."""
        address = urlsplit(self._served.address)
        headers = {"Authorization": f"Bearer {self._served.key}"}
        host, port = str(address.hostname), int(address.port or 0)
        return [Line(host, port, headers) for _ in range(callers)]

    async def _api(self, turn: Turn, callers: int) -> Took:
        return await self._crowd(self._lines(callers), turn)

    async def _clickhouse(self, turn: Turn, callers: int) -> Took:
        headers = {
            "X-ClickHouse-User": self._endpoint.reader_user,
            "X-ClickHouse-Key": self._endpoint.reader_password.get_secret_value(),
        }
        host, port = self._endpoint.host, self._endpoint.port
        return await self._crowd([Line(host, port, headers) for _ in range(callers)], turn)

    async def _crowd(self, lines: list[Line], turn: Turn) -> Took:
        keeper = self._installation.keepers()["clickhouse"]
        await warm(lines, turn)
        since = SystemClock().now()
        before = cpu_seconds(self._served.pid), cpu_seconds(keeper)
        asked = await crowd(lines, turn, self._seconds)
        after = cpu_seconds(self._served.pid), cpu_seconds(keeper)
        own = self._own(since, SystemClock().now())
        for line in lines:
            await line.close()
        return Took(len(lines), asked, after[0] - before[0], after[1] - before[1], own)

    def _own(self, since: datetime, until: datetime) -> list[float]:
        """Milliseconds of each question between two instants, from the server's log."""
        with Warehouse(self._endpoint) as warehouse:
            warehouse.execute("SYSTEM FLUSH LOGS")
            params = {"reader": self._endpoint.reader_user, "since": since, "until": until}
            rows = warehouse.select(OWN, params)
        return [float(row["took"]) for row in rows] or [0.0]


def literal(value: object) -> str:
    """A parameter as ClickHouse reads it in a URL."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list):
        return "[" + ",".join(f"'{item}'" for item in value) + "]"
    return str(value)
