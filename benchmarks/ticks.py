"""What does one tick take for 10, 100 and 1,000 customers, and how many fit on two cores?

A tick here is what the schedule starts: a process that loads the definitions, brings the customer
partitions up to date and runs the provider's job over today's partition of every customer, with
Dagster's storage in Postgres. The provider answers at once (scripted_cloud.py), so the figures are
our own work; a real cloud adds its answers, which are waited for in parallel.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr
from typing_extensions import override

from benchmarks.figures import cpu_seconds, load, show
from benchmarks.installation import ROOT, Installation, installed
from benchmarks.scripted_cloud import PROVIDER, SLUG, ScriptedCredential
from optiinfra_cli.environment import migrate_dagster
from optiinfra_core.database import Database
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import SystemClock
from optiinfra_pipelines.verification import gate_of, identify

TICK_SECONDS = 900
MERGING_SECONDS = 120
# The share of the machine that ticks may take: the rest is for reads, merges, retries, backfills.
SHARE = 0.5
# A tick, a quarter of an hour later; the last one comes when costs are due again.
AHEAD: Mapping[str, timedelta] = {
    "first": timedelta(0),
    "steady 1": timedelta(minutes=15),
    "steady 2": timedelta(minutes=30),
    "steady 3": timedelta(minutes=45),
    "with costs": timedelta(hours=7),
}


@dataclass(frozen=True, slots=True)
class LaterClock:
    """The machine's clock, set ahead: ticks follow each other without waiting for them."""

    ahead: timedelta

    def now(self) -> datetime:
        """The present instant, moved."""
        return SystemClock().now() + self.ahead


def work(ahead: timedelta) -> int:
    """The tick itself, in the process that the parent measures; prints what became of it."""
    began = time.perf_counter()
    import dagster as dg  # noqa: PLC0415 - loading it is part of what is measured

    from optiinfra_core.settings import settings  # noqa: PLC0415
    from optiinfra_pipelines.assets.collect import TRIGGER_TAG  # noqa: PLC0415
    from optiinfra_pipelines.collection.doors import RUN_LEASE, open_doors  # noqa: PLC0415
    from optiinfra_pipelines.definitions import defs  # noqa: PLC0415
    from optiinfra_pipelines.partitions import key_of  # noqa: PLC0415
    from optiinfra_pipelines.resources.collection import CollectionResource  # noqa: PLC0415
    from optiinfra_pipelines.schedules import (  # noqa: PLC0415
        RANGE_END,
        RANGE_START,
        sync_customers,
    )

    clock = LaterClock(ahead)

    class Later(CollectionResource):
        @override
        @contextmanager
        def yield_for_execution(
            self, context: dg.InitResourceContext
        ) -> Generator[CollectionResource, None, None]:
            run_id = context.run.run_id if context.run else ""
            with open_doors(settings(), clock) as doors, doors.database.try_lock(RUN_LEASE, run_id):
                self._doors = doors
                yield self

    job = defs().resolve_job_def(f"collect_{SLUG}")
    loaded = time.perf_counter()
    with dg.DagsterInstance.get() as instance:
        customers = sync_customers(instance, SLUG)
        synced = time.perf_counter()
        today = clock.now().date()
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            resources={"collection": Later()},
            tags={
                RANGE_START: key_of(customers[0], today),
                RANGE_END: key_of(customers[-1], today),
                TRIGGER_TAG: "schedule",
            },
        )
        ended = time.perf_counter()
        steps = {
            stats.step_key: round((stats.end_time or 0) - (stats.start_time or 0), 2)
            for stats in instance.get_run_step_stats(result.run_id)
        }
    told = {
        "success": result.success,
        "load_s": round(loaded - began, 2),
        "sync_s": round(synced - loaded, 2),
        "run_s": round(ended - synced, 2),
        "steps": steps,
    }
    print(json.dumps(told))
    return 0 if result.success else 1


class Stage:
    """One installation with so many customers of the scripted cloud, and its meters."""

    def __init__(self, installation: Installation, customers: int) -> None:
        self.installation = installation
        self.customers = customers
        self._entry = installation.folder / "entry"
        self._warehouse = Warehouse(installation.servers.clickhouse)

    def prepare(self) -> None:
        """Dagster's tables, the provider's entry point, customers with a verified credential."""
        migrate_dagster(self.installation.settings, self.installation.servers)
        described = self._entry / "scripted_cloud-1.0.dist-info"
        described.mkdir(parents=True)
        (described / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: scripted-cloud\nVersion: 1.0\n"
        )
        (described / "entry_points.txt").write_text(
            f"[optiinfra.providers]\n{SLUG} = benchmarks.scripted_cloud:PROVIDER\n"
        )
        clock = SystemClock()
        settings = self.installation.settings
        database = Database(self.installation.servers.postgres)
        vault = Vault(database, KeyRing.load(settings), clock)
        for number in range(self.customers):
            slug = f"c{number:04}"
            Customers(database).add(slug, slug)
            credential = ScriptedCredential(account=f"account-{slug}", token=SecretStr("sealed"))
            record = vault.add(slug, SLUG, credential, "main", "bench")
            identify(PROVIDER, record, vault=vault, gate=gate_of(settings, clock), actor="bench")
        database.close()

    def tick(self, name: str) -> dict[str, object]:
        """Run one tick and say what it took."""
        before, began = self._meters(), load()
        since = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), "--tick-ahead", str(AHEAD[name].total_seconds())],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=(self.installation.folder / "worker.log").open("ab"),
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        told = json.loads(process.stdout.read().splitlines()[-1])
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - since
        assert told["success"], (self.installation.folder / "worker.log").read_text()[-4000:]
        return self._result(name, began, seconds, used, told, before)

    def _result(  # noqa: PLR0913, PLR0917 - one for each thing that was measured
        self,
        name: str,
        began: float,
        seconds: float,
        used: Any,
        told: Mapping[str, Any],
        before: Mapping[str, float],
    ) -> dict[str, object]:
        at_end = self._meters()
        self._settle()
        after = self._meters()
        spent = {key: after[key] - before[key] for key in after}
        worker = used.ru_utime + used.ru_stime
        return {
            "customers": self.customers,
            "tick": name,
            "load": began,
            "seconds": round(seconds, 1),
            "worker_cpu_s": round(worker, 1),
            "postgres_cpu_s": round(spent["postgres"], 1),
            "clickhouse_cpu_s": round(spent["clickhouse"], 1),
            "merging_cpu_s": round(after["clickhouse"] - at_end["clickhouse"], 1),
            "cpu_s": round(worker + spent["postgres"] + spent["clickhouse"], 1),
            "rss_mib": round(used.ru_maxrss / 1024),
            "events": int(spent["events"]),
            "event_mib": round(spent["event_bytes"] / 2**20, 2),
            "rows": int(spent["InsertedRows"]),
            "queries": int(spent["Query"]),
            "load_s": told["load_s"],
            "sync_s": told["sync_s"],
            "run_s": told["run_s"],
            "steps": told["steps"],
        }

    def _environment(self) -> dict[str, str]:
        home = self.installation.folder / "dagster"
        return self.installation.environment(
            DAGSTER_HOME=str(home),
            DAGSTER_EVENT_BATCH_SIZE="1000",
            PYTHONPATH=os.pathsep.join((str(self._entry), str(ROOT))),
        )

    def _meters(self) -> dict[str, float]:
        keepers = self.installation.keepers()
        meters = {name: cpu_seconds(pid) for name, pid in keepers.items()}
        url = self.installation.servers.postgres.url.get_secret_value()
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT count(*), pg_total_relation_size('public.event_logs')"
                " FROM public.event_logs"
            ).fetchone()
        assert found is not None
        meters["events"], meters["event_bytes"] = float(found[0]), float(found[1])
        counted = self._warehouse.select(
            "SELECT event, value FROM system.events WHERE event IN ('InsertedRows', 'Query')"
        )
        meters |= {row["event"]: float(row["value"]) for row in counted}
        return meters

    def _settle(self) -> None:
        """Wait until no merge is under way: a tick's writes cause them."""
        until, quiet = time.monotonic() + MERGING_SECONDS, 0
        while quiet < 3 and time.monotonic() < until:
            [running] = self._warehouse.select("SELECT count() AS merges FROM system.merges")
            quiet = 0 if running["merges"] else quiet + 1
            time.sleep(0.5)


def measure(
    sizes: list[int], kinds: Sequence[str], folder: Path | None
) -> Iterator[dict[str, object]]:
    """These ticks, in order, of a fresh installation of each size."""
    for size in sizes:
        with installed(folder) as installation:
            stage = Stage(installation, size)
            stage.prepare()
            for name in kinds:
                result = stage.tick(name)
                print(json.dumps(result), file=sys.stderr, flush=True)
                yield result


def capacity(results: Sequence[Mapping[str, Any]]) -> dict[str, float | int] | None:
    """How many customers fit, from the CPU seconds of the two largest sizes; None of one size.

    A line through both gives what a tick costs without customers and what each adds; a tick that
    reads costs comes every six hours, so one in 24 adds what it takes more. Ticks may take half of
    both cores' seconds, and one must end within half of its quarter of an hour.
    """
    sizes = sorted({result["customers"] for result in results})[-2:]
    kinds = {result["tick"] for result in results}
    if len(sizes) < 2 or not {"steady 1", "with costs"} <= kinds:
        return None
    steady = {size: _mean(results, size, "steady", "cpu_s") for size in sizes}
    waited = {size: _mean(results, size, "steady", "seconds") for size in sizes}
    small, large = sizes
    each = (steady[large] - steady[small]) / (large - small)
    costs = (_mean(results, large, "with costs", "cpu_s") - steady[large]) / large / 24
    each_waits = (waited[large] - waited[small]) / (large - small)
    fixed = steady[small] - each * small
    by_cpu = (SHARE * (os.cpu_count() or 1) * TICK_SECONDS - fixed) / (each + costs)
    by_time = SHARE * TICK_SECONDS / each_waits
    return {
        "cpu_s_a_tick": round(fixed, 1),
        "cpu_ms_a_customer": round(1000 * (each + costs)),
        "ms_a_customer": round(1000 * each_waits),
        "customers_by_cpu": int(by_cpu),
        "customers_by_time": int(by_time),
    }


def _mean(results: Sequence[Mapping[str, Any]], size: int, kind: str, figure: str) -> float:
    return statistics.fmean(
        float(result[figure])
        for result in results
        if result["customers"] == size and result["tick"].startswith(kind)
    )


def main() -> int:
    """Exit code 0 when every tick succeeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[10], help="how many")
    parser.add_argument(
        "--ticks", nargs="+", choices=tuple(AHEAD), default=tuple(AHEAD), help="which ticks"
    )
    parser.add_argument("--folder", type=Path, help="where to keep the data meanwhile")
    parser.add_argument("--full", action="store_true", help="the claim: 10, 100 and 1,000")
    parser.add_argument("--tick-ahead", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tick_ahead is not None:
        return work(timedelta(seconds=options.tick_ahead))
    sizes = [10, 100, 1000] if options.full else options.customers
    results = list(measure(sizes, options.ticks, options.folder))
    show("ticks", results)
    print(json.dumps({"capacity": capacity(results)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
