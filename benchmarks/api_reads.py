"""How fast are the paged reads of the API, and what does it add to the questions that it asks?

The real API in a process of its own, asked by sixteen callers at once and by one, for pages of
their own (nobody asked for them before), for pages one after the other, and all for the same page;
and the same .sql with the same parameters and settings sent straight to ClickHouse by as many
callers. What ClickHouse itself took for the API's questions is read from its own log.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks.figures import show
from benchmarks.filling import Fill
from benchmarks.installation import ROOT, Installation, free_port, installed
from benchmarks.read_cases import cases
from benchmarks.read_contest import Contest, Served
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.database import Database
from optiinfra_core.metrics import PERFORMANCE
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import SystemClock, floor
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import provider

TARGET_P99, TARGET_ADDED = 50.0, 5.0
SMALL, FULL = 2.0, 100.0


@contextmanager
def api(installation: Installation) -> Iterator[str]:
    """The address of an API process of the installation."""
    with api_process(installation) as (address, _):
        yield address


@contextmanager
def api_process(installation: Installation) -> Iterator[tuple[str, int]]:
    """The address of an API process of the installation, and its id."""
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
        yield f"http://127.0.0.1:{port}", process.pid
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


def key_of(installation: Installation) -> str:
    """A key for every customer."""
    database = Database(installation.servers.postgres)
    ring = KeyRing.load(installation.settings)
    keys = ApiKeys(database, ring.pepper, installation.settings.environment, SystemClock())
    scopes = ("costs:read", "performance:read", "resources:read")
    _, token = keys.create(NewKey(name="bench", scopes=scopes, customers=("*",)))
    database.close()
    return token.get_secret_value()


async def contests(
    installation: Installation, end: datetime, customers: list[str], options: argparse.Namespace
) -> list[dict[str, object]]:
    """Every case over a filled installation."""
    with api_process(installation) as (address, pid):
        async with httpx.AsyncClient(base_url=address) as client:
            await answering(client)
        served = Served(address, key_of(installation), pid)
        contest = Contest(installation, served, customers, options.seconds)
        found: list[dict[str, object]] = []
        for case in cases(end):
            if re.search(options.only, case.name):
                told = await contest.run(case, options.callers)
                sys.stderr.writelines(f"{json.dumps(result)}\n" for result in told)
                found += told
        return found


def measure(options: argparse.Namespace) -> list[dict[str, object]]:
    """Fill one installation from size to size and ask at each."""
    found: list[dict[str, object]] = []
    with (
        installed(options.folder) as installation,
        Warehouse(installation.servers.clickhouse) as warehouse,
    ):
        database = Database(installation.servers.postgres)
        ProviderCatalogue(database).publish([describe(provider("aws"))])
        database.close()
        end = floor(SystemClock().now(), PERFORMANCE.window)
        fill = Fill(installation, warehouse, end)
        customers: list[str] = []
        for size in options.millions:
            fill.grow(customers, size * 1e6)
            rows = round(len(customers) * fill.samples / 1e6, 1)
            asked = asyncio.run(contests(installation, end, customers, options))
            found += [{"rows_m": rows, **result} for result in asked]
    return found


def missed(result: dict[str, object]) -> bool:
    """Whether a result is over what is promised.

    Of new pages only those of one caller are: sixteen at once wait longer for ClickHouse alone.
    """
    if result["pages"] == "new" and result["callers"] != 1:
        return False
    slow = result["api_ms"]["p99"] >= TARGET_P99  # type: ignore[index]
    return slow or float(str(result.get("added_ms", 0))) >= TARGET_ADDED


def main() -> int:
    """Exit code 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", help="sizes of the table, M samples")
    parser.add_argument("--seconds", type=float, help="how long each crowd asks")
    parser.add_argument("--callers", type=int, default=16, help="callers at once")
    parser.add_argument("--only", default="", help="reads whose name matches this expression")
    parser.add_argument("--folder", type=Path, help="where to keep the data meanwhile")
    parser.add_argument("--full", action="store_true", help="the claim: 100 M samples")
    chosen = parser.parse_args()
    chosen.millions = chosen.millions or [FULL if chosen.full else SMALL]
    chosen.seconds = chosen.seconds or (1.0 if chosen.full else 0.5)
    began = time.monotonic()
    results = measure(chosen)
    show("api_reads", results)
    sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    over = [f"{each['read']}: {each['pages']}" for each in results if missed(each)]
    if over:
        print(f"missed: {over}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
