"""Files: upload, list, content, delete, as https://console.groq.com/docs/api-reference has them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from optiinfra_core.windows import Clock
from optiinfra_simulator.groq.refusals import Refusal, wrong

Json = dict[str, Any]
LARGEST = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A stored file."""

    id: str
    filename: str
    purpose: str
    created: int
    content: bytes = field(repr=False)

    def told(self) -> Json:
        """As the API tells it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.filename,
            "purpose": self.purpose,
        }


@dataclass
class Files:
    """The files of one organisation, safe to use from many threads."""

    clock: Clock
    _files: dict[str, File] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def upload(self, form: Mapping[str, tuple[str, bytes]]) -> File:
        """Keep an uploaded file.

        Raises:
            Refusal: 400 without a file or with another purpose than batch, 413 above 100 MB.
        """
        if "file" not in form:
            raise wrong("'file' : is required")
        if form.get("purpose", ("", b""))[1] != b"batch":
            raise wrong("'purpose' : value must be one of batch")
        filename, content = form["file"]
        if len(content) > LARGEST:
            raise Refusal(413, "The file is larger than 100 MB", "file_too_large")
        return self.keep(filename, "batch", content)

    def keep(self, filename: str, purpose: str, content: bytes) -> File:
        """Store a file under a new identifier."""
        created = int(self.clock.now().timestamp())
        file = File(f"file_{uuid.uuid4().hex[:26]}", filename, purpose, created, content)
        with self._lock:
            self._files[file.id] = file
        return file

    def get(self, file_id: str) -> File:
        """The file.

        Raises:
            Refusal: 404.
        """
        with self._lock:
            found = self._files.get(file_id)
        if found is None:
            raise Refusal(404, f"No such File object: {file_id}", "not_found")
        return found

    def listed(self) -> Json:
        """Every file."""
        with self._lock:
            return {"object": "list", "data": [one.told() for one in self._files.values()]}

    def delete(self, file_id: str) -> Json:
        """Forget a file.

        Raises:
            Refusal: 404.
        """
        self.get(file_id)
        with self._lock:
            self._files.pop(file_id, None)
        return {"id": file_id, "object": "file", "deleted": True}


def parts(content_type: str, body: bytes) -> Mapping[str, tuple[str, bytes]]:
    """The fields of a multipart/form-data body: file name (empty for plain fields) and bytes."""
    _, _, boundary = content_type.partition("boundary=")
    found: dict[str, tuple[str, bytes]] = {}
    for piece in body.split(b"--" + boundary.strip('"').encode())[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = head.decode("utf-8", "replace")
        name = _quoted(told, ' name="')
        if name:
            found[name] = (_quoted(told, ' filename="'), content.removesuffix(b"\r\n"))
    return found


def _quoted(head: str, before: str) -> str:
    _, _, after = head.partition(before)
    return after.partition('"')[0]
