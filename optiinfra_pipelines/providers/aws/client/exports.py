"""Data Exports in S3: which billing periods are delivered, and the rows of one."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from urllib.parse import urlsplit

from optiinfra_core.errors import Malformed, Transient
from optiinfra_core.redaction import scrub
from optiinfra_core.windows import as_utc
from optiinfra_pipelines.providers.aws.client.calls import Paging, Request
from optiinfra_pipelines.providers.aws.client.connection import Aws
from optiinfra_pipelines.providers.aws.credential import CostExport

_PAGES = Paging(  # names of fields
    token_in="ContinuationToken",  # noqa: S106
    token_out="NextContinuationToken",  # noqa: S106
)
CHUNK = 1 << 20
BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A delivered billing period; ``version`` changes with every delivery."""

    month: date
    key: str
    version: str


def manifest(aws: Aws, export: CostExport, month: date) -> Manifest | None:
    """The newest manifest of a billing period, None where nothing is delivered; one S3 list.

    An export that keeps its deliveries writes a manifest for each, one folder deeper.
    """
    period = f"BILLING_PERIOD={month:%Y-%m}"
    folder = _path(export.prefix, export.name, "metadata", period) + "/"
    request = Request(
        service="s3",
        operation="ListObjectsV2",
        answer="KeyCount",
        params={"Bucket": export.bucket, "Prefix": folder},
    )
    found = [
        entry
        for page in aws.calls.pages(request, export.region, _PAGES)
        for entry in page.get("Contents", ())
        if str(entry["Key"]).endswith("Manifest.json")
    ]
    if not found:
        return None
    newest = max(found, key=lambda entry: (as_utc(entry["LastModified"]), str(entry["Key"])))
    delivered: datetime = as_utc(newest["LastModified"])
    etag = str(newest["ETag"]).strip('"')
    return Manifest(
        month=month, key=str(newest["Key"]), version=f"{etag}@{delivered:%Y-%m-%dT%H:%M:%SZ}"
    )


def files(aws: Aws, export: CostExport, delivered: Manifest) -> tuple[str, ...]:
    """The keys of the data files that a manifest names.

    Raises:
        Malformed: it names none, or files of another bucket.
    """
    with tempfile.TemporaryFile(prefix="optiinfra-manifest-") as spool:
        _download(aws, export, delivered.key, spool)
        body = spool.read()
    try:
        named: Sequence[str] = json.loads(body)["dataFiles"]
        keys = tuple(_key(export, str(address)) for address in named)
    except (ValueError, KeyError, TypeError):
        raise Malformed(
            f"the manifest {delivered.key} has no list of data files",
            sample=scrub(body[:300].decode("utf-8", "replace")),
        ) from None
    if not keys:
        raise Malformed(f"the manifest {delivered.key} names no data file")
    return keys


class DataFile:
    """A Parquet file of an export on local disk; its columns go by their names in lower case."""

    def __init__(self, key: str, parquet_file: Any) -> None:
        self._key = key
        self._parquet = parquet_file
        self._names = {str(name).lower(): str(name) for name in parquet_file.schema_arrow.names}
        self.columns = frozenset(self._names)

    def records(self, columns: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """Each row, with those of ``columns`` that the file has; other columns are not read.

        Raises:
            Malformed: the file is cut short or damaged.
        """
        from pyarrow import ArrowException  # noqa: PLC0415 - loads 100 MB

        wanted = {self._names[name]: name for name in columns if name in self._names}
        try:
            for batch in self._parquet.iter_batches(batch_size=BATCH_ROWS, columns=list(wanted)):
                for record in batch.to_pylist():
                    yield {wanted[name]: value for name, value in record.items()}
        except (ArrowException, OSError) as failure:
            raise _unreadable(self._key, failure) from None


@contextmanager
def data_file(aws: Aws, export: CostExport, key: str) -> Iterator[DataFile]:
    """A data file, downloaded for as long as it is looked at.

    Raises:
        Malformed: it is not Parquet.
    """
    from pyarrow import ArrowException, parquet  # noqa: PLC0415 - loads 100 MB

    with tempfile.TemporaryFile(prefix="optiinfra-export-") as spool:
        _download(aws, export, key, spool)
        try:
            opened = DataFile(key, parquet.ParquetFile(spool))
        except (ArrowException, OSError) as failure:
            raise _unreadable(key, failure) from None
        yield opened


def _unreadable(key: str, failure: Exception) -> Malformed:
    return Malformed(f"{key} cannot be read as Parquet: {scrub(str(failure))[:200]}")


def _download(aws: Aws, export: CostExport, key: str, into: IO[bytes]) -> None:
    aws.calls.patiently(lambda: _download_once(aws, export, key, into))


def _download_once(aws: Aws, export: CostExport, key: str, into: IO[bytes]) -> None:
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - loads the SDK

    request = Request(
        service="s3",
        operation="GetObject",
        answer="Body",
        params={"Bucket": export.bucket, "Key": key},
    )
    into.seek(0)
    into.truncate()
    try:
        for chunk in aws.calls.once(request, export.region)["Body"].iter_chunks(CHUNK):
            into.write(chunk)
    except BotoCoreError as failure:
        raise Transient(
            f"s3:GetObject of {key} broke off: {type(failure).__name__}: {scrub(str(failure))}"
        ) from None
    into.seek(0)


def _key(export: CostExport, address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "s3" or parts.netloc != export.bucket:
        raise ValueError(address)
    return parts.path.lstrip("/")


def _path(*parts: str) -> str:
    return "/".join(part.strip("/") for part in parts if part.strip("/"))
