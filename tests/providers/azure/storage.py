"""Exports of Cost Management in a Blob container: runs, their manifests and their files."""

import csv
import gzip
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from optiinfra_core.testing.http_double import Fate, Reply
from tests.providers.azure.wire import Asked, missing

ROOT = "d/focus"
GUID = "bbac73f1-9a05-4de6-84ab-c72b568a03b4"


def charge(cost: Any = "1.5", day: str = "2026-11-20", **columns: Any) -> dict[str, Any]:
    """A charge in the columns of FOCUS 1.0."""
    return {
        "BilledCost": cost,
        "BillingAccountId": "/providers/Microsoft.Billing/billingAccounts/1",
        "BillingCurrency": "EUR",
        "BillingPeriodStart": "2026-11-01T00:00:00Z",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day}T23:59:59Z",
        "EffectiveCost": cost,
        "RegionId": "East US",
        "ResourceId": "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/disks/Data",
        "ServiceName": "Storage",
        "Tags": '{"env": "prod"}',
        "x_SkuMeterName": "P10 LRS Disk",
        "x_AccountOwnerId": "owner@customer.example",
        **columns,
    }


def as_csv(rows: Sequence[Mapping[str, Any]], *, bom: bool = True) -> bytes:
    """Rows as CSV, with the byte order mark that exports begin with."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def as_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as Parquet with Snappy, as exports are compressed."""
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


def as_gzip(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as compressed CSV."""
    return gzip.compress(as_csv(rows))


@dataclass
class Container:
    """The blobs of a container by name; each was written at its own minute of 22 November."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    page: int = 5000
    _written: list[str] = field(default_factory=list)

    def put(self, name: str, data: bytes) -> None:
        """Write a blob; its place in the order of writing is its minute."""
        self.blobs[name] = data
        self._written.append(name)

    def run(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        month: str = "20261101-20261130",
        identity: str = GUID,
        form: str = "csv",
        **further: Any,
    ) -> str:
        """Write a complete run of one file; ``further`` overrides fields of the manifest."""
        folder = f"{ROOT}/{month}/{identity}"
        writers = {"csv": as_csv, "parquet": as_parquet, "csv.gz": as_gzip}
        data = writers[form](rows)
        name = f"{folder}/part_0_0001.{form}"
        self.put(name, data)
        blob = {"blobName": name, "byteCount": len(data), "dataRowCount": len(rows)}
        self.put(f"{folder}/manifest.json", manifest([blob], **further))
        return folder

    def lists(self, call: Asked) -> Fate:
        """A page of a list, of names or of folders."""
        prefix, delimiter = call.params.get("prefix", ""), call.params.get("delimiter", "")
        names = sorted(name for name in self.blobs if name.startswith(prefix))
        entries: dict[str, str] = {}
        for name in names:
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest.split(delimiter)[0] + delimiter
                entries[folder] = f"<BlobPrefix><Name>{folder}</Name></BlobPrefix>"
            else:
                entries[name] = self._entry(name)
        start = int(call.params.get("marker") or 0)
        chosen = list(entries.values())[start : start + self.page]
        following = start + self.page
        marker = str(following) if following < len(entries) else ""
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<EnumerationResults ServiceEndpoint="x" ContainerName="c">'
            f"<Blobs>{''.join(chosen)}</Blobs><NextMarker>{marker}</NextMarker>"
            "</EnumerationResults>"
        )
        return Reply(body=body.encode(), headers={"content-type": "application/xml"})

    def _entry(self, name: str) -> str:
        minute = self._written.index(name)
        return (
            f"<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 "
            f"{minute // 60:02}:{minute % 60:02}:00 GMT</Last-Modified><Etag>0x{minute}</Etag>"
            f"<Content-Length>{len(self.blobs[name])}</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
        )

    def gives(self, call: Asked) -> Fate:
        """A range of a blob."""
        name = call.path.split("/", 3)[3]
        data = self.blobs.get(name)
        if data is None:
            return missing()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", call.incoming.headers["x-ms-range"])
        assert asked is not None
        first, last = int(asked[1]), min(int(asked[2]), len(data) - 1)
        headers = {
            "content-type": "application/octet-stream",
            "content-range": f"bytes {first}-{last}/{len(data)}",
            "etag": f'"0x{len(data)}"',
            "last-modified": "Sun, 22 Nov 2026 00:00:00 GMT",
            "x-ms-blob-type": "BlockBlob",
        }
        return Reply(status=206, body=data[first : last + 1], headers=headers)


def manifest(blobs: Sequence[Mapping[str, Any]], /, **further: Any) -> bytes:
    """A manifest of version 2024-04-01 (learn.microsoft.com, tutorial-improved-exports)."""
    told = {
        "manifestVersion": "2024-04-01",
        "byteCount": sum(blob["byteCount"] for blob in blobs),
        "blobCount": len(blobs),
        "dataRowCount": sum(blob["dataRowCount"] for blob in blobs),
        "exportConfig": {"exportName": "focus", "dataVersion": "1.0r2", "type": "FocusCost"},
        "deliveryConfig": {"partitionData": True, "compressionMode": "None"},
        "runInfo": {"runId": GUID, "submittedTime": "2026-11-22T04:00:00.1234567Z"},
        "blobs": list(blobs),
        **further,
    }
    return json.dumps(told).encode()
