"""What of this package a browser may have, with its type, its tag and how long it may keep it."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

PACKAGE = "optiinfra_api.dashboard"
INDEX = "index.html"
VENDOR = "vendor/"
# Only these leave the package: its Python, declarations of types and licences stay.
MEDIA_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Names of vendor files carry their version: another content gets another name.
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served."""

    path: str
    media_type: str
    content: bytes
    compressed: bytes

    @property
    def cache_control(self) -> str:
        """How long a browser may keep it."""
        return FOR_EVER if self.path.startswith(VENDOR) else ASK_AGAIN

    @property
    def sha256(self) -> str:
        """The digest of its content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def tag(self) -> str:
        """A weak entity tag: compressed or not, it says the same."""
        return f'W/"{self.sha256[:32]}"'


def walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Every file below ``folder`` with its path from there."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry


def suffix_of(path: str) -> str:
    """What follows the last dot, with it; empty where there is none."""
    return "." + path.rpartition(".")[2] if "." in path else ""


@cache
def shipped(package: str = PACKAGE) -> Mapping[str, File]:
    """The files of a package by their path; read and compressed once in a process (1.3 MB).

    A request only looks its path up here: no path leads anywhere else.
    """
    found = {}
    for path, entry in walk(files(package)):
        media_type = MEDIA_TYPES.get(suffix_of(path))
        if media_type:
            content = entry.read_bytes()
            found[path] = File(path, media_type, content, gzip.compress(content, 6, mtime=0))
    return found
