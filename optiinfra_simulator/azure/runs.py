"""The runs of a FOCUS export: which files each delivers, and when it is complete.

Six times a day the whole billing period is exported again into a folder of its own:
``directory/name/first day-last day/minute of the run/run/``. The period before is exported too
until it is settled. A run's manifest is written last.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from optiinfra_core.windows import DAY, Window, day_window, month_window
from optiinfra_simulator.azure import focus
from optiinfra_simulator.azure.accounts import ExportPlace, Subscription
from optiinfra_simulator.azure.answers import AzureError
from optiinfra_simulator.azure.billing import Billing
from optiinfra_simulator.azure.charges import Charge
from optiinfra_simulator.azure.keeping import Kept
from optiinfra_simulator.azure.publication import (
    REFRESH,
    RUN_TIME,
    SETTLED,
    known,
    refresh_at,
)
from optiinfra_simulator.azure.rigging import guid

# The export keeps the runs of so many refreshes; of a settled period its last run.
_KEPT_RUNS = 3
# It was created so many billing periods ago, the running one included.
PERIODS = 4
_DAYS_IN_A_PART = 8
_FIRST_PART = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)
VERSION = "1.2-preview"


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of the container; ``content`` makes it."""

    name: str
    modified: datetime
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Run:
    """An export run of a billing period: it tells what the refresh at its beginning knew."""

    place: ExportPlace
    subscription: str
    month: Window
    began: datetime

    @property
    def id(self) -> str:
        """The identifier of the run."""
        return guid(self.subscription, self.place.name, self.month.start, self.began)

    @property
    def completed(self) -> datetime:
        """When its manifest is written."""
        return self.began + RUN_TIME

    @property
    def folder(self) -> str:
        """The folder into which it writes."""
        last = self.month.last_day
        return (
            f"{self.place.directory}/{self.place.name}/{self.month.start:%Y%m%d}-{last:%Y%m%d}/"
            f"{self.began:%Y%m%d%H%M}/{self.id}"
        )

    @property
    def parts(self) -> tuple[tuple[date, date], ...]:
        """The days [first, end) of each part; days to come are in none."""
        end = min(self.month.last_day, self.began.date()) + DAY
        first = self.month.start.date()
        found = []
        while first < end:
            found.append((first, min(first + _DAYS_IN_A_PART * DAY, end)))
            first = found[-1][1]
        return tuple(found)


@dataclass
class Exporter:
    """The export of one subscription; parts whose days did not change are not made again."""

    subscription: Subscription
    billing: Billing
    _parts: Kept[tuple[object, ...], tuple[bytes, int]] = field(default_factory=lambda: Kept(64))

    @property
    def place(self) -> ExportPlace:
        """Where the export is delivered.

        Raises:
            AzureError: 404, the subscription has no export.
        """
        if self.subscription.export is None:
            raise AzureError(404, "ResourceNotFound", "The export does not exist.")
        return self.subscription.export

    def runs(self, now: datetime) -> Iterator[Run]:
        """The runs that are kept, one in progress among them, the oldest first."""
        for month in _months(now):
            last = min(refresh_at(now), month.end + SETTLED)
            settled = now >= month.end + SETTLED + RUN_TIME
            for age in reversed(range(1 if settled else _KEPT_RUNS)):
                began = last - age * REFRESH
                # The first refresh of a period that knows anything is the second.
                if began > month.start:
                    yield Run(self.place, self.subscription.id, month, began)

    def blobs(self, now: datetime) -> Iterator[Blob]:
        """The files of the container at an instant."""
        for run in self.runs(now):
            for number, days in enumerate(run.parts):
                written = run.began + _FIRST_PART + number * 2 * _MINUTE
                if written <= now:
                    yield Blob(_part(run, number), written, partial(self._content, run, days))
            if run.completed <= now:
                name = f"{run.folder}/manifest.json"
                yield Blob(name, run.completed, partial(self._manifest, run))

    def _content(self, run: Run, days: tuple[date, date]) -> bytes:
        return self.part(run, days)[0]

    def part(self, run: Run, days: tuple[date, date]) -> tuple[bytes, int]:
        """A part of a run and the number of its rows."""
        told = []
        first = days[0]
        while first < days[1]:
            told.append(known(first, run.began))
            first += DAY
        return self._parts.get((days, *told), lambda: self._made(run, days))

    def _made(self, run: Run, days: tuple[date, date]) -> tuple[bytes, int]:
        charges: list[Charge] = []
        day = days[0]
        while day < days[1]:
            charges += self.billing.charges(day, run.began)
            day += DAY
        return focus.parquet(self.subscription, charges), len(charges)

    def _manifest(self, run: Run) -> bytes:
        return json.dumps(self.manifest(run), indent=2).encode()

    def manifest(self, run: Run) -> Mapping[str, Any]:
        """What manifest.json says of a run."""
        blobs = []
        for number, days in enumerate(run.parts):
            content, rows = self.part(run, days)
            blobs.append(
                {"blobName": _part(run, number), "byteCount": len(content), "dataRowCount": rows}
            )
        place = run.place
        scope = f"/subscriptions/{self.subscription.id}"
        account = f"{scope}/resourceGroups/rg-platform/providers/Microsoft.Storage/storageAccounts"
        return {
            "manifestVersion": "2024-04-01",
            "byteCount": sum(one["byteCount"] for one in blobs),
            "blobCount": len(blobs),
            "dataRowCount": sum(one["dataRowCount"] for one in blobs),
            "exportConfig": {
                "exportName": place.name,
                "resourceId": f"{scope}/providers/Microsoft.CostManagement/exports/{place.name}",
                "dataVersion": VERSION,
                "apiVersion": "2023-07-01-preview",
                "type": "FocusCost",
                "timeFrame": "MonthToDate",
                "granularity": "Daily",
            },
            "deliveryConfig": {
                "partitionData": True,
                "dataOverwriteBehavior": "CreateNewReport",
                "fileFormat": "Parquet",
                "compressionMode": "Snappy",
                "containerUri": f"{account}/{place.storage_account}",
                "rootFolderPath": place.directory,
            },
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": f"{run.began:%Y-%m-%dT%H:%M:%S}.0000000Z",
                "runId": run.id,
                "startDate": f"{run.month.start:%Y-%m-%dT%H:%M:%S}",
                "endDate": f"{day_window(run.month.last_day).start:%Y-%m-%dT%H:%M:%S}",
            },
            "blobs": blobs,
        }


def _part(run: Run, number: int) -> str:
    return f"{run.folder}/part_{number}_0001.snappy.parquet"


def _months(now: datetime) -> list[Window]:
    """The billing periods that are exported, the oldest first."""
    months = [month_window(now.date())]
    while len(months) < PERIODS:
        months.insert(0, month_window((months[0].start - DAY).date()))
    return months
