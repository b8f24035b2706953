"""AWS Data Exports: which files an account's FOCUS export consists of at any time.

Layout after docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html: the whole
billing period is written again at each publication that changes it, into the same files: a closed
one when it is invoiced, when support is charged, and when money is given back.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.windows import DAY, Window, month_window
from optiinfra_simulator.cost.publication import Bill, last_change, last_publication
from optiinfra_simulator.focus import COLUMNS, parquet
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.accounts import Account, ExportPlace
from optiinfra_simulator.world.world import World

# The export was created so many billing periods ago, the running one included.
PERIODS = 3


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file of an export as it is after a publication; its content is made when asked for."""

    key: str
    published: datetime
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Exporter:
    """The exports of a world."""

    world: World

    def due(self, account: Account, now: datetime) -> Iterator[Delivered]:
        """Every file of the account's export as it stands at ``now``."""
        place = account.export
        if place is None:
            return
        for month in _months(now):
            bill = Bill(self.world.seed, account.id, month.first_day)
            published = last_change(bill, now)
            data, manifest = _keys(place, month)
            yield Delivered(data, published, self._data(account, month, published))
            yield Delivered(manifest, published, _manifest(account.id, place, month, published))

    def keys(self, account: Account, now: datetime) -> frozenset[str]:
        """The keys of those files."""
        return frozenset(delivered.key for delivered in self.due(account, now))

    def _data(self, account: Account, month: Window, published: datetime) -> Callable[[], bytes]:
        return lambda: parquet(self.world, account, month, published)


def _months(now: datetime) -> list[Window]:
    """The billing periods that have charges, the oldest first."""
    publication = last_publication(now)
    months = [month_window(publication.date())]
    while len(months) < PERIODS:
        months.insert(0, month_window((months[0].start - DAY).date()))
    return [month for month in months if publication > month.start]


def _keys(place: ExportPlace, month: Window) -> tuple[str, str]:
    base = f"{place.prefix}/{place.name}"
    partition = f"BILLING_PERIOD={month.start:%Y-%m}"
    return (
        f"{base}/data/{partition}/{place.name}-00001.snappy.parquet",
        f"{base}/metadata/{partition}/{place.name}-Manifest.json",
    )


def _manifest(
    account: str, place: ExportPlace, month: Window, published: datetime
) -> Callable[[], bytes]:
    document = {
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{account}:export/{place.name}",
        "exportName": place.name,
        "executionId": dice.hexadecimal(32, account, place.name, published),
        "createdAt": published.isoformat(),
        "billingPeriod": f"{month.start:%Y-%m}",
        "table": "FOCUS_1_2_AWS",
        "contentType": "Parquet",
        "compression": "PARQUET",
        "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
        "dataFiles": [f"s3://{place.bucket}/{_keys(place, month)[0]}"],
    }
    return lambda: json.dumps(document, indent=1).encode()
