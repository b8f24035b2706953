"""Blob storage: the part of its REST API that reads a container of exports.

After learn.microsoft.com/rest/api/storageservices (list-blobs, get-blob, get-blob-properties).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.answers import AzureError, whole
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.runs import Blob
from optiinfra_simulator.faults import FaultKind
from optiinfra_simulator.reply import Reply

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
_VERSION = "x-ms-version"
STORAGE_ACCOUNTS = frozenset(
    one.export.storage_account for one in SUBSCRIPTIONS.values() if one.export is not None
)


def owner(account: str) -> str:
    """The subscription that has a storage account.

    Raises:
        AzureError: 404, none has.
    """
    for one in SUBSCRIPTIONS.values():
        if one.export is not None and one.export.storage_account == account:
            return one.id
    raise AzureError(404, "ResourceNotFound", "The specified resource does not exist.")


def answer(call: Call) -> Reply:
    """The answer to any request of a container: a list, a blob, or its properties."""
    if _VERSION not in call.request.headers:
        raise AzureError(400, "MissingRequiredHeader", f"The header {_VERSION} is missing.")
    exporter = call.azure.exporter(call.subscription)
    if call.named["container"] != exporter.place.container:
        raise AzureError(404, "ContainerNotFound", "The specified container does not exist.")
    blobs = sorted(exporter.blobs(call.now), key=lambda blob: blob.name)
    name = call.named.get("blob") or ""
    if not name:
        return _listed(call, blobs)
    for blob in blobs:
        if blob.name == name:
            return _content(call, blob)
    raise AzureError(404, "BlobNotFound", "The specified blob does not exist.")


def _listed(call: Call, blobs: Sequence[Blob]) -> Reply:
    parameters = call.parameters
    if parameters.get("comp") != "list":
        return Reply(200, _shared(call), b"")
    prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
    marker = parameters.get("marker", "")
    most = min(whole(parameters.get("maxresults"), 5_000, "maxresults"), call.azure.limits.blobs)
    entries = [one for one in _entries(blobs, prefix, delimiter) if one[0] >= marker]
    shown, rest = entries[:most], entries[most:]
    following = rest[0][0] if rest else ""
    kind = call.fault.kind if call.fault else None
    if kind in (FaultKind.EMPTY_PAGE, FaultKind.CYCLIC_TOKEN):
        # A page that leads to itself.
        shown = [] if kind is FaultKind.EMPTY_PAGE else shown
        following = marker or (entries[0][0] if entries else "")
    body = "".join(_entry(name, blob) for name, blob in shown)
    text = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>'
        f'<EnumerationResults ServiceEndpoint="{call.azure.origin}/{call.named["account"]}/" '
        f'ContainerName="{call.named["container"]}"><Prefix>{escape(prefix)}</Prefix>'
        f"<Marker>{escape(marker)}</Marker><MaxResults>{most}</MaxResults>"
        f"<Delimiter>{escape(delimiter)}</Delimiter><Blobs>{body}</Blobs>"
        f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    )
    return Reply(200, (("Content-Type", "application/xml"), *_shared(call)), text.encode())


def _entries(blobs: Sequence[Blob], prefix: str, delimiter: str) -> list[tuple[str, Blob | None]]:
    """Blobs below the prefix; what lies behind a further delimiter is one entry together."""
    found: dict[str, Blob | None] = {}
    for blob in blobs:
        if not blob.name.startswith(prefix):
            continue
        head, cut, _ = blob.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if cut:
            found.setdefault(f"{prefix}{head}{delimiter}")
        else:
            found[blob.name] = blob
    return sorted(found.items())


def _entry(name: str, blob: Blob | None) -> str:
    if blob is None:
        return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"
    stamp = _date(blob.modified)
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties>"
        f"<Creation-Time>{stamp}</Creation-Time><Last-Modified>{stamp}</Last-Modified>"
        f"<Etag>{_etag(blob)}</Etag><Content-Length>{len(blob.content())}</Content-Length>"
        "<Content-Type>application/octet-stream</Content-Type><Content-Encoding />"
        "<Content-Language /><Content-CRC64 /><Content-MD5 /><Cache-Control />"
        "<Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
        "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted>"
        "</Properties><OrMetadata /></Blob>"
    )


def _content(call: Call, blob: Blob) -> Reply:
    etag = _etag(blob)
    wanted = call.request.headers.get("if-match", "").strip('"')
    if wanted not in ("", "*", etag):
        message = "The condition specified using HTTP conditional header(s) is not met."
        raise AzureError(412, "ConditionNotMet", message)
    content = blob.content()
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
        "Last-Modified": _date(blob.modified),
        "x-ms-creation-time": _date(blob.modified),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
    }
    if call.request.method == "HEAD":
        headers["Content-Length"] = str(len(content))
        return Reply(200, (*headers.items(), *_shared(call)), b"")
    asked = _RANGE.match(
        call.request.headers.get("x-ms-range") or call.request.headers.get("range") or ""
    )
    if asked is None:
        return Reply(200, (*headers.items(), *_shared(call)), content)
    first = int(asked[1])
    if first >= len(content):
        raise AzureError(416, "InvalidRange", "The range specified is invalid.")
    last = min(int(asked[2] or len(content) - 1), len(content) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, (*headers.items(), *_shared(call)), content[first : last + 1])


def _shared(call: Call) -> tuple[tuple[str, str], ...]:
    shared: Mapping[str, str] = {_VERSION: call.request.headers[_VERSION]}
    return tuple(shared.items())


def _date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


def _etag(blob: Blob) -> str:
    digest = hashlib.sha256(f"{blob.name}{blob.modified}".encode()).hexdigest()[:14].upper()
    return f"0x8D{digest}"
