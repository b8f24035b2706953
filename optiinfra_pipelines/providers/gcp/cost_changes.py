"""What a billing export changed: first its table's free time of change, then what was appended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.contract import Changes
from optiinfra_core.errors import NotFound, NotReady
from optiinfra_core.windows import Window, as_utc, day_window, merge
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.bigquery import Table
from optiinfra_pipelines.providers.gcp.credential import BillingExport

# An append lies in the partition of the day it was loaded on, which export_time may miss by hours.
PARTITION_MARGIN = timedelta(days=2)
# Where nothing is remembered: far enough back to meet the newest append of a table in use.
FIRST_LOOK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an export has been read: its table's time of change, and its newest append."""

    modified: str
    exported: datetime

    @classmethod
    def parse(cls, version: str | None) -> Self | None:
        """The mark that a version tells, None where there is none or it is not ours."""
        modified, _, exported = (version or "").partition("@")
        try:
            return cls(modified, as_utc(datetime.fromisoformat(exported)))
        except ValueError:
            return None

    @property
    def version(self) -> str:
        """What is remembered."""
        return f"{self.modified}@{self.exported.isoformat()}"


def table_of(gcp: Gcp, export: BillingExport) -> Table:
    """The export's table, looked at for free.

    Raises:
        NotReady: it does not exist yet.
    """
    try:
        return gcp.warehouse.table(export)
    except NotFound as missing:
        raise NotReady(
            f"the export's table is not there: {missing.detail}",
            remedy="Wait: Google creates it some hours after the export is enabled. If it lasts, "
            "check project, dataset, table, kind and billing_account_id of billing_export.",
        ) from None


def changes(
    gcp: Gcp, export: BillingExport, since: str | None, horizon: Window, closing: Closing
) -> Changes:
    """The usage days in ``horizon`` of rows appended since ``since``.

    The first time they are those of the billing periods that still change. A view's time of
    change tells nothing of the table behind it, so a view is asked each time.
    """
    table = table_of(gcp, export)
    known = Mark.parse(since)
    if known and known.modified == table.modified and not table.view:
        return Changes(version=known.version, spans=())
    now = gcp.gate.clock.now()
    floor = known.exported if known else now - FIRST_LOOK
    newest, touched = floor, []
    for row in gcp.warehouse.ask(
        f"changes_{_family(export)}",
        export,
        table,
        {"since": floor, "partition": floor - PARTITION_MARGIN, "oldest": horizon.start},
    ):
        newest = max(newest, as_utc(row["exported"]))
        touched.append(day_window(as_utc(row["day"]).date()))
    if known is None:
        touched = [_unsettled(closing, now, horizon)]
    return Changes(version=Mark(table.modified, newest).version, spans=merge(touched))


def _unsettled(closing: Closing, now: datetime, horizon: Window) -> Window:
    return Window(max(horizon.start, closing.unsettled(now).start), horizon.end)


def _family(export: BillingExport) -> str:
    return "focus" if export.kind == "focus" else "usage"
