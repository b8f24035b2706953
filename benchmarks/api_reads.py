"""How much does the API add to the question that it asks ClickHouse?

The real API in a process of its own, and the same .sql with the same parameters and settings sent
straight to ClickHouse by the same client library, in turns: the order changes with every round.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import clickhouse_connect
import httpx
from clickhouse_connect.driver.asyncclient import AsyncClient

from benchmarks.figures import Spread, load, show
from benchmarks.installation import ROOT, Installation, free_port, installed
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.metrics import COST, PERFORMANCE, Metric
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import cost, performance
from optiinfra_core.warehouse.wire import options, read_settings, wire
from optiinfra_core.windows import DAY, SystemClock, floor, milliseconds
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import provider

SQL = Path(__file__).parent / "sql"
ACCOUNT = "111111111111"
DAYS = 30
RESOURCES = 60
FIVE_MINUTES = timedelta(minutes=5)
DAYS_AT_ONCE = 5  # 432,000 samples in one insert: memory stays bounded
CHARGED, USAGES = 250, 10  # 2,500 charges a day: 75,000 a customer
MERGING_SECONDS = 600
TARGET_RATIO, TARGET_P99 = 1.5, 100.0


@dataclass(frozen=True, slots=True)
class Fill:
    """Writes what many collections would have left, by the server itself: rows, then commits."""

    installation: Installation
    warehouse: Warehouse
    end: datetime

    @property
    def start(self) -> datetime:
        """The first instant that is filled: midnight, thirty days back."""
        return floor(self.end, DAY) - (DAYS - 1) * DAY

    @property
    def samples(self) -> int:
        """Rows of one customer: 60 machines x 5 metrics x 5 minutes, up to now (2.5 M)."""
        return RESOURCES * 5 * int((self.end - self.start) / FIVE_MINUTES)

    @property
    def version(self) -> int:
        """All of it was collected when its last window had ended."""
        return milliseconds(self.end) + 1000

    def customer(self, slug: str) -> None:
        """Samples of thirty days, today's up to now, and charges of the same days."""
        scope = {
            "customer": slug, "provider": "aws", "account": ACCOUNT, "version": self.version,
        }  # fmt: skip
        first = self.start
        while first < self.end:
            last = min(first + DAYS_AT_ONCE * DAY, self.end)
            samples = int((last - first) / FIVE_MINUTES)
            span = {**scope, "start": first, "samples": samples, "resources": RESOURCES}
            self._run("fill_performance.sql", span)
            first = last
        self._commit(scope, PERFORMANCE, "cloudwatch", RESOURCES * 5 * 3)
        shape = {"days": DAYS, "resources": CHARGED, "usages": USAGES}
        self._run("fill_cost.sql", {**scope, "start": self.start, **shape})
        self._commit(scope, COST, "focus_export", CHARGED * USAGES)

    def _commit(self, scope: Mapping[str, Any], metric: Metric, source: str, rows: int) -> None:
        windows = (self.end - self.start) // metric.window
        windows += bool((self.end - self.start) % metric.window)
        step = int(metric.window.total_seconds())
        self._run(
            "fill_windows.sql",
            {
                **scope, "dataset": metric.name, "source": source, "start": self.start,
                "step": step, "windows": windows, "rows": rows,
            },
        )  # fmt: skip
        database = Database(self.installation.servers.postgres)
        now = SystemClock().now()
        state = SourceState(
            customer_id=str(scope["customer"]),
            provider="aws",
            dataset=metric.name,
            account_id=ACCOUNT,
            source=source,
            watermark=self.end,
            last_attempt_at=now,
            last_success_at=now,
            data_version=self.version,
            committed_at=now,
            windows_committed=windows,
        )
        SourceStates(database).save(state)
        database.close()

    def _run(self, file: str, params: Mapping[str, Any]) -> None:
        self.warehouse.execute((SQL / file).read_text(encoding="utf-8"), params)

    def settle(self) -> None:
        """Wait until no merge is under way, as it is between two ticks."""
        until = time.monotonic() + MERGING_SECONDS
        quiet = 0
        while quiet < 3 and time.monotonic() < until:
            [running] = self.warehouse.select("SELECT count() AS merges FROM system.merges")
            quiet = 0 if running["merges"] else quiet + 1
            time.sleep(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question: how the API is asked, and how ClickHouse."""

    name: str
    question: Question[Any]
    path: str
    query: Mapping[str, str]
    params: Mapping[str, Any]
    page: int = 0
    # Which field of the row before goes into which parameter of the next page.
    after: Mapping[str, str] = field(default_factory=dict)


def cases(end: datetime) -> Iterator[Case]:
    """Pages of samples of a day, pages of charges and the total of thirty days."""
    day = {"start": end - DAY, "end": end}
    month = {"start": floor(end, DAY) - (DAYS - 1) * DAY, "end": floor(end, DAY) + DAY}
    sampled = {
        "after_timestamp": "timestamp", "after_provider": "provider",
        "after_resource": "resource_id", "after_metric": "metric_name",
        "after_statistic": "statistic", "after_account": "account_id", "after_region": "region",
    }  # fmt: skip
    charged = {
        "after_start": "charge_period_start", "after_provider": "provider",
        "after_service": "service_name", "after_resource": "resource_id", "after_line": "line_key",
        "after_detail": "detail_key",
    }  # fmt: skip
    for limit in (100, 1000):
        for following in (False, True):
            yield Case(
                name=f"samples, {'next ' if following else ''}page of {limit}",
                question=performance.METRICS,
                path="performance/{customer}/aws/metrics",
                query=told(day, limit),
                params=day,
                page=limit,
                after=sampled if following else {},
            )
            yield Case(
                name=f"charges, {'next ' if following else ''}page of {limit}",
                question=cost.METRICS,
                path="costs/{customer}/aws/metrics",
                query=told(month, limit),
                params={**month, "basis": "effective"},
                page=limit,
                after=charged if following else {},
            )
    yield Case(
        name="total of 30 days",
        question=cost.TOTAL,
        path="costs/{customer}/aws/total",
        query=told(month),
        params={**month, "basis": "effective"},
    )


def told(window: Mapping[str, datetime], limit: int | None = None) -> Mapping[str, str]:
    """A period and a limit as a query string has them."""
    period = {name: instant.isoformat().replace("+00:00", "Z") for name, instant in window.items()}
    return period | ({"limit": str(limit)} if limit else {})


class Contest:
    """Asks both ways in turns and keeps the milliseconds."""

    def __init__(
        self, api: httpx.AsyncClient, clickhouse: AsyncClient, installation: Installation
    ) -> None:
        self._api = api
        self._clickhouse = clickhouse
        self._endpoint = installation.servers.clickhouse

    async def run(self, case: Case, customers: list[str], rounds: int) -> dict[str, object]:
        """Every round asks for another customer, first one way, then the other."""
        taken: dict[str, list[float]] = {"api": [], "direct": []}
        ways = {slug: await self._ways(case, slug) for slug in customers}
        for ask in (ask for both in ways.values() for ask in both.values()):
            await ask()
        began = load()
        for turn in range(rounds):
            # A customer is asked for twice in a row, once in either order.
            both = ways[customers[turn // 2 % len(customers)]]
            for name in sorted(both, reverse=bool(turn % 2)):
                since = time.perf_counter()
                await both[name]()
                taken[name].append((time.perf_counter() - since) * 1000)
        spreads = {name: Spread.of(each) for name, each in taken.items()}
        return {
            "question": case.name,
            "asked": rounds,
            "load": began,
            "api_ms": spreads["api"].rounded(),
            "direct_ms": spreads["direct"].rounded(),
            "ratio": round(median(taken["api"]) / median(taken["direct"]), 2),
        }

    async def _ways(self, case: Case, slug: str) -> dict[str, Callable[[], Awaitable[object]]]:
        path = f"/api/v2/{case.path.format(customer=slug)}"
        query = dict(case.query)
        params = {"customer_id": slug, "providers": ("aws",), **case.params}
        if case.page:
            params["limit"] = (
                case.page + 1
            )  # as the API asks: the row more says that a page follows
        first = await self._api.get(path, params=query)
        rows = (await self._direct(case.question, params)).named_results()
        found = list(rows)
        answered = first.raise_for_status().json()
        assert answered["count"] == len(found[: case.page or None]), answered["count"]
        assert answered["complete"], answered
        if case.after:
            last = found[case.page - 1]
            held = {name: last[column] for name, column in case.after.items()}
            params |= {"has_after": True, **held}
            query["cursor"] = answered["next_cursor"]

        async def by_api() -> object:
            return (await self._api.get(path, params=query)).raise_for_status().content

        async def directly() -> object:
            return (await self._direct(case.question, params)).result_rows

        return {"api": by_api, "direct": directly}

    async def _direct(self, question: Question[Any], params: Mapping[str, Any]) -> Any:
        bound = question.bind(params)
        return await self._clickhouse.query(
            question.sql,
            parameters=wire(question.sql, bound),
            settings=read_settings(self._endpoint, question, bound),
        )


@asynccontextmanager
async def serving(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """The API in a process of its own, and a client with a key for every customer."""
    database = Database(installation.servers.postgres)
    ring = KeyRing.load(installation.settings)
    keys = ApiKeys(database, ring.pepper, installation.settings.environment, SystemClock())
    scopes = ("costs:read", "performance:read", "resources:read")
    _, token = keys.create(NewKey(name="bench", scopes=scopes, customers=("*",)))
    database.close()
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    with api(installation) as address:
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
            await answering(client)
            yield client


@contextmanager
def api(installation: Installation) -> Iterator[str]:
    """The address of an API process of the installation."""
    port = free_port()
    with (installation.folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "optiinfra_api"],
            env=installation.environment(
                OPTIINFRA_ENVIRONMENT="bench",
                OPTIINFRA_API_PORT=str(port),
                OPTIINFRA_RATE_LIMIT_PER_MINUTE="1000000",
            ),
            stderr=log,
            cwd=ROOT,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def answering(client: httpx.AsyncClient) -> None:
    """Return once the API answers."""
    for _ in range(300):
        try:
            (await client.get("/livez")).raise_for_status()
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError("the API did not answer within 30 seconds")


async def contest(
    installation: Installation, end: datetime, customers: list[str], options_: argparse.Namespace
) -> list[dict[str, object]]:
    """Every case over a filled installation."""
    endpoint = installation.servers.clickhouse
    client = await clickhouse_connect.get_async_client(**options(endpoint, reader=True))
    async with serving(installation) as served:
        match = Contest(served, client, installation)
        found = []
        for case in cases(end):
            result = await match.run(case, customers, options_.rounds)
            found.append(result)
    await client.close()
    return found


def measure(options_: argparse.Namespace) -> list[dict[str, object]]:
    """Grow one installation from size to size and ask at each."""
    found: list[dict[str, object]] = []
    with (
        installed(options_.folder) as installation,
        Warehouse(installation.servers.clickhouse) as warehouse,
    ):
        database = Database(installation.servers.postgres)
        ProviderCatalogue(database).publish([describe(provider("aws"))])
        end = floor(SystemClock().now(), PERFORMANCE.window)
        fill = Fill(installation, warehouse, end)
        customers: list[str] = []
        for size in options_.millions:
            began = time.monotonic()
            while len(customers) * fill.samples < size * 1e6:
                slug = f"c{len(customers):04}"
                Customers(database).add(slug, slug)
                fill.customer(slug)
                customers.append(slug)
            fill.settle()
            print(
                f"{len(customers)} customers filled in {time.monotonic() - began:.0f} s",
                file=sys.stderr,
            )
            rows = round(len(customers) * fill.samples / 1e6, 1)
            asked = asyncio.run(contest(installation, end, customers, options_))
            found += [{"rows_m": rows, **result} for result in asked]
        database.close()
    return found


def main() -> int:
    """Exit code 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--millions", type=float, nargs="+", default=[2.0], help="sizes of the table, in M samples"
    )
    parser.add_argument("--rounds", type=int, default=50, help="questions asked each way")
    parser.add_argument("--folder", type=Path, help="where to keep the data meanwhile")
    parser.add_argument("--full", action="store_true", help="the claim: 10 M and 100 M samples")
    chosen = parser.parse_args()
    if chosen.full:
        chosen.millions, chosen.rounds = [10.0, 100.0], 200
    results = measure(chosen)
    show("api_reads", results)
    missed = [
        result["question"]
        for result in results
        if result["ratio"] > TARGET_RATIO or result["api_ms"]["p99"] >= TARGET_P99  # type: ignore[operator,index]
    ]
    if missed:
        print(f"missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
