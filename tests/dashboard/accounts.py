"""The cloud accounts of the furnished customers, and how something is committed for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optiinfra_core.collecting.catalogue import DataTypeInfo, ProviderInfo, fields_of
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.metrics import Metric, Row
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import Window
from tests.api.house import AWS, CANARY, HETZNER, NOW, CloudKey, House

NO_SAMPLES = "This cloud measures no machine of its customers."
VULTR = ProviderInfo(
    slug="vultr",
    title="Vultr",
    credential=fields_of(CloudKey),
    data_types=(
        AWS.data_types[0].model_copy(
            update={
                "history_seconds": 90 * 86400,
                "calls_per_day": Decimal(2),
                "usd_per_call": Decimal(0),
            }
        ),
        AWS.data_types[2],
    ),
    not_supported={"performance": NO_SAMPLES},
)
GCP = ProviderInfo(slug="gcp", title="Google Cloud", credential=(), data_types=AWS.data_types)
# What applications send comes without a collection of ours, and from every cloud that hosts them.
CALLS = DataTypeInfo(
    name="application",
    window_seconds=900,
    min_interval_seconds=900,
    lag_seconds=900,
    reread_seconds=0,
    history_seconds=None,
    supplied=False,
)
HOSTING = AWS.model_copy(update={"data_types": (*AWS.data_types, CALLS), "not_supported": {}})
PROVIDERS = (HOSTING, VULTR, HETZNER, GCP)


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one cloud."""

    customer: str
    provider: str
    id: str

    def commit(self, house: House, metric: Metric, span: Window, rows: Sequence[Row]) -> None:
        """Commit every window of ``span``, as a collection that succeeded now does."""
        batch = Batch(
            metric=metric,
            customer_id=self.customer,
            provider=self.provider,
            account_id=self.id,
            source="test",
            run_id="run-0",
            span=span,
            windows=tuple(span.split(metric.window)),
        )
        written = WindowWriter(house.warehouse, house.writing).replace(batch, rows)
        self.note(house, metric, watermark=min(span.end, NOW), data_version=written.version)

    def note(self, house: House, metric: Metric, **told: Any) -> None:
        """Write how the collection of one data type stands."""
        now = house.writing.now()
        given = {
            "customer_id": self.customer,
            "provider": self.provider,
            "dataset": metric.name,
            "account_id": self.id,
            "source": "test",
            "last_attempt_at": now,
            "last_success_at": now,
            "committed_at": now,
            "next_due_at": now + metric.window,
        }
        SourceStates(house.database).save(SourceState(**{**given, **told}))


PRODUCTION = Account("acme", "aws", "111111111111")
STAGING = Account("acme", "aws", "333333333333")
CHEAP = Account("acme", "vultr", "vultr-acme")
EURO = Account("acme", "hetzner", "k-4711")
THEIRS = Account("globex", "aws", f"{CANARY}-account")
