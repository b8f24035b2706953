"""Cost Management exports in Blob storage: which billing periods are delivered, and their files.

Folders are ``<directory>/<export>/<first day>-<last day>/`` and below it one for each run, with a
level of the run's minute in between where the export keeps its runs. A run is complete when its
``manifest.json`` is there: it is written last (learn.microsoft.com, tutorial-improved-exports).
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO, Any

from optiinfra_core.errors import Malformed, NotReady, Transient
from optiinfra_core.redaction import scrub
from optiinfra_core.windows import as_utc, month_window
from optiinfra_pipelines.providers.azure.client.actions import BLOB_GET, BLOB_LIST
from optiinfra_pipelines.providers.azure.client.connection import Azure
from optiinfra_pipelines.providers.azure.client.transport import Asked
from optiinfra_pipelines.providers.azure.credential import CostExport

LIST, GET = Asked(operation=BLOB_LIST), Asked(operation=BLOB_GET)
PAGE = 5000
CHUNK = 8 << 20

_PERIOD = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d{4})(\d\d)(\d\d)")
_COMPRESSED = frozenset({"gzip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The newest complete run of a billing period; ``version`` changes with every delivery."""

    month: date
    manifest: str
    version: str
    delivered: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A data file of a run, and what the manifest says of it."""

    name: str
    rows: int
    size: int | None


def runs(azure: Azure, export: CostExport, months: frozenset[date] | None = None) -> list[Run]:
    """The newest complete run of each delivered period in order; of ``months`` where given.

    One list of the periods, and one for each period that is looked at.
    """
    found: list[Run] = []
    for folder in _folders(azure, export):
        month = _month(folder.rstrip("/").rpartition("/")[2])
        if month is not None and (months is None or month in months):
            manifests = [one for one in _blobs(azure, export, folder) if _is_manifest(one.name)]
            if manifests:
                found.append(_run(month, max(manifests, key=lambda one: (one.delivered, one.name))))
    return sorted(found, key=lambda run: run.month)


def parts(azure: Azure, export: CostExport, run: Run) -> tuple[Part, ...]:
    """The data files of a run.

    Raises:
        NotReady: the run was replaced meanwhile.
        Malformed: the manifest's own sums do not agree, or it names files of another export.
    """
    with downloaded(azure, export, run.manifest) as spool:
        body = spool.read()
    try:
        told = json.loads(body.decode("utf-8-sig"))
        kind = str(told["exportConfig"]["type"])
        packed = str((told.get("deliveryConfig") or {}).get("compressionMode") or "").lower()
        found = tuple(_part(blob, sized=packed not in _COMPRESSED) for blob in told["blobs"])
        counts = (told.get("blobCount"), told.get("dataRowCount"), told.get("byteCount"))
        sizes = sum(int(blob["byteCount"]) for blob in told["blobs"])
    except (ValueError, KeyError, TypeError, AttributeError) as surprise:
        raise Malformed(
            f"{run.manifest} is not a manifest as documented: {type(surprise).__name__}",
            sample=scrub(body[:300].decode("utf-8", "replace")),
        ) from None
    if "focus" not in kind.lower():
        raise Malformed(
            f"{run.manifest} tells of an export of type {kind}, not of FOCUS",
            remedy="Create an export of the type Cost and usage details (FOCUS) and name it.",
        )
    _agree(run, counts, (len(found), sum(part.rows for part in found), sizes))
    for part in found:
        if not part.name.startswith(_prefix(export)):
            raise Malformed(f"{run.manifest} names {part.name}, which is not the export's")
    return found


@contextmanager
def downloaded(
    azure: Azure, export: CostExport, name: str, size: int | None = None
) -> Iterator[IO[bytes]]:
    """A blob on local disk, for as long as it is looked at; read in chunks, each retried.

    Raises:
        Malformed: it has not the ``size`` that was promised.
        Transient: it was replaced while it was read.
    """
    with TemporaryFile(prefix="optiinfra-azure-") as spool:
        chunk = _chunk(azure, export, name, None)
        spool.write(chunk.data)
        while spool.tell() < chunk.length:
            chunk = _chunk(azure, export, name, (spool.tell(), chunk.etag))
            spool.write(chunk.data)
        if size is not None and size != chunk.length:
            raise Malformed(f"{name} has {chunk.length} bytes, its manifest says {size}")
        spool.seek(0)
        yield spool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blob:
    name: str
    delivered: datetime
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    data: bytes
    length: int
    etag: str


def _chunk(azure: Azure, export: CostExport, name: str, after: tuple[int, str] | None) -> _Chunk:
    """The beginning of a blob, or what follows ``after`` so many bytes of that version."""
    start, etag = after or (0, "")

    def get() -> _Chunk:
        from azure.core import MatchConditions  # noqa: PLC0415 - loads the SDK

        held = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        client = azure.clients.container(export.account_url, export.container)
        answer = client.download_blob(name, offset=start, length=CHUNK, **held)
        return _Chunk(
            data=answer.readall(), length=_whole(answer), etag=str(answer.properties.etag)
        )

    chunk = azure.calls.ask(GET, get)
    if not chunk.data and start < chunk.length:
        raise Transient(f"{name} gave nothing after {start} of {chunk.length} bytes")
    return chunk


def _whole(answer: Any) -> int:
    # Content-Range says ``bytes 0-99/1234``; the SDK's size is that of the range.
    told = str(answer.properties.content_range or "").rpartition("/")[2]
    return int(told) if told.isdecimal() else int(answer.size)


def _folders(azure: Azure, export: CostExport) -> list[str]:
    client = azure.clients.container(export.account_url, export.container)
    pages = client.walk_blobs(
        name_starts_with=_prefix(export), delimiter="/", results_per_page=PAGE
    ).by_page()
    return [str(one.name) for one in _every(azure, pages) if str(one.name).endswith("/")]


def _blobs(azure: Azure, export: CostExport, folder: str) -> list[_Blob]:
    client = azure.clients.container(export.account_url, export.container)
    pages = client.list_blobs(name_starts_with=folder, results_per_page=PAGE).by_page()
    return [
        _Blob(name=str(one.name), delivered=as_utc(one.last_modified), etag=str(one.etag))
        for one in _every(azure, pages)
    ]


def _every(azure: Azure, pages: Any) -> Iterator[Any]:
    """Everything on all pages; each page is its own request and is retried by itself."""

    def page() -> list[Any] | None:
        found = next(pages, None)
        return None if found is None else list(found)

    while (found := azure.calls.ask(LIST, page)) is not None:
        yield from found


def listable(azure: Azure, export: CostExport) -> None:
    """Ask for one blob of the container.

    Raises:
        PermissionMissing: the principal may not read it.
    """
    client = azure.clients.container(export.account_url, export.container)
    pages = client.list_blobs(name_starts_with=_prefix(export), results_per_page=1).by_page()
    azure.calls.ask(LIST, lambda: list(next(pages, ())))


def _run(month: date, manifest: _Blob) -> Run:
    identity = manifest.name.rstrip("/").split("/")[-2]
    stamp = f"{manifest.delivered:%Y-%m-%dT%H:%M:%SZ}"
    return Run(
        month=month,
        manifest=manifest.name,
        version=f"{identity}@{stamp}",
        delivered=manifest.delivered,
    )


def _part(blob: Mapping[str, Any], *, sized: bool) -> Part:
    size = int(blob["byteCount"])
    return Part(
        name=str(blob["blobName"]).strip().lstrip("/"),
        rows=int(blob["dataRowCount"]),
        size=size if sized else None,
    )


def _agree(run: Run, told: tuple[Any, ...], summed: tuple[int, ...]) -> None:
    names = ("blobCount", "dataRowCount", "byteCount")
    for name, stated, found in zip(names, told, summed, strict=True):
        if stated is not None and int(stated) != found:
            raise Malformed(f"{run.manifest} says {name} {stated}, its blobs sum up to {found}")
    if not summed[0]:
        raise NotReady(f"{run.manifest} names no blob yet")


def _is_manifest(name: str) -> bool:
    return name.rpartition("/")[2] in ("manifest.json", "_manifest.json")


def _month(folder: str) -> date | None:
    """The first day of the calendar month that ``folder`` spans, None where it spans none."""
    match = _PERIOD.fullmatch(folder)
    if match is None:
        return None
    numbers = [int(group) for group in match.groups()]
    try:
        first, last = date(*numbers[:3]), date(*numbers[3:])
    except ValueError:
        return None
    return first if first.day == 1 and last == month_window(first).last_day else None


def _prefix(export: CostExport) -> str:
    return "/".join(one for one in (export.directory.strip("/"), export.name) if one) + "/"
