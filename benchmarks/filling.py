"""A warehouse as many collections would have left it, made by the server itself.

One customer is made row by row; the others are copies of it, several in one insert, so that each
insert leaves one sorted part, as merging would.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.installation import Installation
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import DAY, SystemClock, floor, milliseconds

SQL = Path(__file__).parent / "sql"
ACCOUNT = "111111111111"
DAYS = 30
RESOURCES = 60
FIVE_MINUTES = timedelta(minutes=5)
DAYS_AT_ONCE = 5  # 432,000 samples in one insert: memory stays bounded
CHARGED, USAGES = 250, 10  # 2,500 charges a day: 75,000 a customer
OWNED, SNAPSHOT_DAYS = 250, 3  # 250 resources, 96 snapshots a day
RESTATED = 2000
COPIED = (
    "performance_metrics", "cost_metrics", "resource_metrics", "cost_restatements",
    "collection_windows",
)  # fmt: skip
COPIES_AT_ONCE = 6  # 15 M samples in one insert: 2 GB
MERGING_SECONDS = 600
# One part of each month out of each insert.
ONE_PART: Mapping[str, Any] = {
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_threads": 1,
    "max_threads": 1,
}
WRITTEN = (
    "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
    " AND default_kind = '' AND name != 'customer_id' ORDER BY position"
)


@dataclass(frozen=True, slots=True)
class Fill:
    """Writes what collections would have left: rows, commits, and what sources said last."""

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

    def grow(self, customers: list[str], samples: float) -> None:
        """Add customers until the table holds ``samples`` rows."""
        began = time.monotonic()
        wanted = range(len(customers), max(1, -int(-samples // self.samples)))
        names = [f"c{number:04}" for number in wanted]
        if not customers:
            self._first(names[0])
        customers += names
        copies = [name for name in names if name != customers[0]]
        for at in range(0, len(copies), COPIES_AT_ONCE):
            self._copy(customers[0], copies[at : at + COPIES_AT_ONCE])
        self._register(names)
        self.settle()
        took = time.monotonic() - began
        sys.stderr.write(f"{len(customers)} customers filled in {took:.0f} s\n")

    def _first(self, slug: str) -> None:
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
        shape = {"days": DAYS, "resources": CHARGED, "usages": USAGES}
        self._run("fill_cost.sql", {**scope, "start": self.start, **shape})
        self._run(
            "fill_restatements.sql",
            {**scope, "start": self.start, "days": DAYS, "count": RESTATED},
        )
        snapshots = (self.end - self._snapshots_from) // RESOURCE.window
        kept = {"start": self._snapshots_from, "snapshots": snapshots, "resources": OWNED}
        self._run("fill_snapshots.sql", {**scope, **kept})
        for table in COPIED[:-1]:
            self.warehouse.execute(f"OPTIMIZE TABLE {table} FINAL")
        self._commit(scope, PERFORMANCE, self.start, RESOURCES * 5 * 3)
        self._commit(scope, COST, self.start, CHARGED * USAGES)
        self._commit(scope, RESOURCE, self._snapshots_from, OWNED)

    @property
    def _snapshots_from(self) -> datetime:
        return floor(self.end, DAY) - (SNAPSHOT_DAYS - 1) * DAY

    def _commit(self, scope: Mapping[str, Any], metric: Metric, start: datetime, rows: int) -> None:
        windows = -(-(self.end - start) // metric.window)
        step = int(metric.window.total_seconds())
        self._run(
            "fill_windows.sql",
            {
                **scope, "dataset": metric.name, "source": source_of(metric), "start": start,
                "step": step, "windows": windows, "rows": rows,
            },
        )  # fmt: skip

    def _copy(self, slug: str, copies: Sequence[str]) -> None:
        for table in COPIED:
            found = self.warehouse.select(WRITTEN, {"table": table})
            columns = ", ".join(f'"{row["name"]}"' for row in found)
            # Names of columns and the number of copies; every value is bound.
            selects = " UNION ALL ".join(
                f"SELECT {{copy{number}:String}}, {columns} FROM {table}"  # noqa: S608
                " WHERE customer_id = {slug:String}"
                for number in range(len(copies))
            )
            names = {f"copy{number}": name for number, name in enumerate(copies)}
            self.warehouse.execute(
                f"INSERT INTO {table} (customer_id, {columns}) {selects}",
                {"slug": slug, **names},
                settings=ONE_PART,
            )

    def _register(self, slugs: Sequence[str]) -> None:
        database = Database(self.installation.servers.postgres)
        now = SystemClock().now()
        for slug in slugs:
            Customers(database).add(slug, slug)
            for metric in (PERFORMANCE, COST, RESOURCE):
                SourceStates(database).save(self._state(slug, metric, now))
        database.close()

    def _state(self, slug: str, metric: Metric, now: datetime) -> SourceState:
        return SourceState(
            customer_id=slug,
            provider="aws",
            dataset=metric.name,
            account_id=ACCOUNT,
            source=source_of(metric),
            watermark=self.end,
            last_attempt_at=now,
            last_success_at=now,
            data_version=self.version,
            committed_at=now,
            windows_committed=(self.end - self.start) // metric.window,
        )

    def _run(self, file: str, params: Mapping[str, Any]) -> None:
        self.warehouse.execute((SQL / file).read_text(encoding="utf-8"), params)

    def settle(self) -> None:
        """Wait until no merge is under way, as it is between two ticks."""
        until = time.monotonic() + MERGING_SECONDS
        quiet = 0
        while quiet < 2 and time.monotonic() < until:
            [running] = self.warehouse.select("SELECT count() AS merges FROM system.merges")
            quiet = 0 if running["merges"] else quiet + 1
            time.sleep(1)


def source_of(metric: Metric) -> str:
    """A source that each kind of data comes from."""
    return {"performance": "cloudwatch", "cost": "focus_export"}.get(metric.name, "describe")
