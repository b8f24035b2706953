"""How fast are answers about applications, and how much more do they take than a bare sum?

One customer with a million calls and three million scores of thirty days, made by the server
itself. Each answer is asked for over the real API without a tag that is held: for a period that
nobody asked for before, and again for the same one. Beside it, in turns, a bare sum over the
scores of the same days, straight at ClickHouse.
"""

import argparse
import asyncio
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import clickhouse_connect
import httpx
from clickhouse_connect.driver.asyncclient import AsyncClient

from benchmarks.api_reads import answering, api
from benchmarks.figures import Spread, load, show
from benchmarks.installation import Installation, installed
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.database import Database
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.wire import options
from optiinfra_core.windows import DAY, SystemClock, floor
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import provider

SQL = Path(__file__).parent / "sql"
CUSTOMER = "bench"
DAYS = 30
AT_ONCE = 250_000
TARGET_P95 = 300.0
READS = ("quality", "hallucinations", "toxicity", "summary", "models", "usage", "trends", "drift",
         "worst", "judges", "corrected")  # fmt: skip
BARE = (
    "SELECT count(), sum(score) FROM application_metrics WHERE customer_id = {customer:String}"
    " AND day >= toDate({start:DateTime('UTC')})"
)


def fill(warehouse: Warehouse, calls: int, end: datetime) -> None:
    """Calls, scores and windows of the thirty days before ``end``."""
    shape = {
        "customer": CUSTOMER,
        "start": end - DAYS * DAY,
        "span": int(timedelta(days=DAYS).total_seconds()) - 1,
        "calls": calls,
    }
    for first in range(0, calls, AT_ONCE):
        part = {**shape, "first": first, "count": min(AT_ONCE, calls - first)}
        run(warehouse, "fill_calls.sql", part)
        run(warehouse, "fill_scores.sql", part)
    run(warehouse, "fill_windows_of_scores.sql", {"customer": CUSTOMER, "start": shape["start"]})
    for table in ("llm_interactions", "application_metrics", "quality_windows"):
        warehouse.execute(f"OPTIMIZE TABLE {table} FINAL")


def run(warehouse: Warehouse, file: str, params: dict[str, object]) -> None:
    """Run one of the benchmark's statements."""
    warehouse.execute((SQL / file).read_text(encoding="utf-8"), params)


def key_of(installation: Installation) -> str:
    """The token of a key that reads applications; the customer is made with it."""
    database = Database(installation.servers.postgres)
    ProviderCatalogue(database).publish([describe(provider("aws"))])
    Customers(database).add(CUSTOMER, CUSTOMER)
    ring = KeyRing.load(installation.settings)
    keys = ApiKeys(database, ring.pepper, "bench", SystemClock())
    new = NewKey(name="bench", scopes=("applications:read",), customers=(CUSTOMER,))
    _, token = keys.create(new)
    database.close()
    return token.get_secret_value()


async def timed(
    client: httpx.AsyncClient, clickhouse: AsyncClient, read: str, days: int, rounds: int
) -> dict[str, object]:
    """Milliseconds of one read, of the same one again, and of the bare sum, in turns."""
    path = f"/api/v2/applications/{CUSTOMER}/all/{read}"
    end = floor(SystemClock().now(), DAY)
    taken: dict[str, list[float]] = {"api": [], "again": [], "bare": []}
    began = load()
    for turn in range(-1, rounds):
        # Each read has ends of its own, so that nothing is remembered of another one's.
        until = end - timedelta(seconds=READS.index(read) * 1000 + turn + 1)
        params = {"start": (until - days * DAY).isoformat(), "end": until.isoformat()}
        marks = [time.perf_counter()]
        for _ in range(2):
            answer = await client.get(path, params=params)
            marks.append(time.perf_counter())
            assert answer.raise_for_status().json()["count"], path
        await clickhouse.query(BARE, parameters={"customer": CUSTOMER, "start": until - days * DAY})
        marks.append(time.perf_counter())
        if turn >= 0:  # the first one warms caches
            for name, since, ended in zip(taken, marks, marks[1:], strict=False):
                taken[name].append((ended - since) * 1000)
    spreads = {name: Spread.of(each) for name, each in taken.items()}
    return {
        "read": read,
        "days": days,
        "load": began,
        "api_ms": spreads["api"].rounded(),
        "again_ms": spreads["again"].rounded(),
        "bare_ms": spreads["bare"].rounded(),
        "ratio": round(spreads["api"].p50 / spreads["bare"].p50, 1),
    }


async def measure(
    installation: Installation, token: str, chosen: argparse.Namespace
) -> list[dict[str, object]]:
    """Every read over the periods asked for."""
    endpoint = installation.servers.clickhouse
    clickhouse = await clickhouse_connect.get_async_client(**options(endpoint, reader=True))
    headers = {"Authorization": f"Bearer {token}"}
    with api(installation) as address:
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
            await answering(client)
            found = [
                await timed(client, clickhouse, read, days, chosen.rounds)
                for days in chosen.days
                for read in READS
            ]
    await clickhouse.close()
    return found


def main() -> int:
    """Exit code 1 where a week's answer takes longer than the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="three scores each")
    parser.add_argument("--days", type=int, nargs="+", default=[7], help="periods to ask for")
    parser.add_argument("--rounds", type=int, default=20, help="questions for each")
    parser.add_argument("--folder", type=Path, help="where to keep the data meanwhile")
    chosen = parser.parse_args()
    with (
        installed(chosen.folder) as installation,
        Warehouse(installation.servers.clickhouse) as warehouse,
    ):
        fill(warehouse, chosen.calls, floor(SystemClock().now(), timedelta(minutes=15)))
        results = asyncio.run(measure(installation, key_of(installation), chosen))
    show("application_reads", results)
    missed = [
        result["read"]
        for result in results
        if result["days"] == 7 and result["api_ms"]["p95"] >= TARGET_P95  # type: ignore[index]
    ]
    if missed:
        print(f"missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
