"""An export's bucket as AWS writes it: data files in Parquet, and the manifests that name them."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import boto3
import pyarrow as pa
from pyarrow import parquet

from optiinfra_core.windows import Window, day_window
from optiinfra_pipelines.providers.aws.credential import CostExport
from tests.providers.aws.wire import KEY_ID, SECRET

NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
DAY = day_window(date(2026, 11, 20))

FOCUS: Mapping[str, Any] = {
    "BillingAccountId": "111111111111",
    "SubAccountId": "222222222222",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceCategory": "Compute",
    "ChargePeriodStart": datetime(2026, 11, 20, 5),  # noqa: DTZ001 - AWS writes no zone
    "ChargePeriodEnd": datetime(2026, 11, 20, 6),  # noqa: DTZ001
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "$0.096 per On Demand Linux m5.large Instance Hour",
    "ChargeFrequency": "Usage-Based",
    "RegionId": "us-east-1",
    "ResourceId": "i-0ae9098e3f12fa3e0",
    "SkuId": "G95FST5FTYV3JSRX",
    "BillingCurrency": "USD",
    "BilledCost": 0.1,
    "EffectiveCost": 0.096,
    "ListCost": 0.2,
    "ContractedCost": None,
    "ConsumedQuantity": 1.0,
    "ConsumedUnit": "Hours",
    "InvoiceId": None,
    "Tags": [("team", "web")],
    "x_UsageType": "BoxUsage:m5.large",
    "SomethingElse": "not ours to keep",
}
FOCUS_SCHEMA = pa.schema(
    [
        ("Tags", pa.map_(pa.string(), pa.string())),
        *((name, pa.timestamp("ms")) for name in ("ChargePeriodStart", "ChargePeriodEnd")),
        *(
            (name, pa.float64())
            for name in (
                "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity",
            )
        ),
        *(
            (name, pa.string())
            for name, value in FOCUS.items()
            if value is None or isinstance(value, str)
            if name != "ContractedCost"
        ),
    ]
)  # fmt: skip


class Bucket:
    """An export's bucket, written to as AWS writes it."""

    def __init__(self, url: str) -> None:
        self.export = CostExport(
            bucket=f"export-{uuid4().hex[:12]}", prefix="billing", name="focus"
        )
        self._s3 = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )
        self._s3.create_bucket(Bucket=self.export.bucket)

    def put(self, key: str, body: bytes) -> None:
        """Write one object."""
        self._s3.put_object(Bucket=self.export.bucket, Key=key, Body=body)

    def deliver(self, month: str, *files: bytes) -> None:
        """Write data files, then the manifest that names them."""
        keys = []
        for number, body in enumerate(files):
            key = f"billing/focus/data/BILLING_PERIOD={month}/focus-{number:05}.snappy.parquet"
            self.put(key, body)
            keys.append(f"s3://{self.export.bucket}/{key}")
        self.manifest(month, {"dataFiles": keys})

    def manifest(self, month: str, told: object) -> None:
        """Write a manifest."""
        key = f"billing/focus/metadata/BILLING_PERIOD={month}/focus-Manifest.json"
        self.put(key, json.dumps(told).encode())

    def close(self) -> None:
        """Close the writer's connections."""
        self._s3.close()


def focus(*records: Mapping[str, Any]) -> bytes:
    """A FOCUS data file."""
    rows = [{**FOCUS, **record} for record in records]
    table = pa.Table.from_pylist(rows, schema=FOCUS_SCHEMA)
    return as_parquet(table)


def as_parquet(table: pa.Table) -> bytes:
    """A table as an export's file."""
    spool = io.BytesIO()
    parquet.write_table(table, spool, compression="snappy", row_group_size=2)
    return spool.getvalue()
