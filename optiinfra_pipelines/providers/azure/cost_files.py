"""Data files of an export, Parquet or CSV, as records by FOCUS's names of columns."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from optiinfra_core.errors import Malformed
from optiinfra_core.redaction import scrub

BATCH_ROWS = 10_000
PARQUET, GZIP = b"PAR1", b"\x1f\x8b"
# A column that every version of FOCUS has, and no other data set of Cost Management.
MARK = "billedcost"


def records(name: str, spool: IO[bytes], columns: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Each row of the file, with those of ``columns`` that it has; what it is, it tells itself.

    Raises:
        Malformed: it is damaged, or not in FOCUS's columns.
    """
    start = spool.read(len(PARQUET))
    spool.seek(0)
    if start == PARQUET:
        yield from _parquet(name, spool, columns)
    else:
        yield from _csv(name, spool, columns, packed=start.startswith(GZIP))


def _parquet(name: str, spool: IO[bytes], columns: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    from pyarrow import ArrowException, parquet  # noqa: PLC0415 - loads 100 MB

    try:
        opened = parquet.ParquetFile(spool)
        wanted = _wanted(name, opened.schema_arrow.names, columns)
        for batch in opened.iter_batches(batch_size=BATCH_ROWS, columns=list(wanted)):
            for record in batch.to_pylist():
                yield {wanted[key]: value for key, value in record.items()}
    except (ArrowException, OSError) as failure:
        raise _unreadable(name, failure) from None


def _csv(
    name: str, spool: IO[bytes], columns: Iterable[str], *, packed: bool
) -> Iterator[Mapping[str, Any]]:
    try:
        with _text(spool, packed=packed) as text:
            lines = csv.reader(text, strict=True)
            header = next(lines, [])
            wanted = _wanted(name, header, columns)
            places = [(at, wanted[title]) for at, title in enumerate(header) if title in wanted]
            for line in lines:
                if len(line) != len(header):
                    told = f"{len(line)} values for {len(header)} columns"
                    raise Malformed(f"{name}: line {lines.line_num} has {told}")
                yield {key: line[at] for at, key in places}
    except (csv.Error, EOFError, OSError, UnicodeDecodeError, ValueError) as failure:
        raise _unreadable(name, failure) from None


@contextmanager
def _text(spool: IO[bytes], *, packed: bool) -> Iterator[io.TextIOWrapper]:
    """The file as text; exports begin with a byte order mark, files of other tools may not."""
    opened: Any = gzip.GzipFile(fileobj=spool) if packed else spool
    text = io.TextIOWrapper(opened, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()  # the file is closed by who opened it


def _wanted(name: str, header: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """The file's own spelling of each wanted column -> FOCUS's; case and blanks do not matter."""
    known = {title: "".join(str(title).lower().split()) for title in header}
    if MARK not in known.values():
        raise Malformed(
            f"{name} is not FOCUS: it has no column BilledCost",
            sample=", ".join(sorted(known.values())),
            remedy="Create an export of the type Cost and usage details (FOCUS) and name it.",
        )
    listed = {name.lower(): name for name in columns}
    return {title: listed[plain] for title, plain in known.items() if plain in listed}


def _unreadable(name: str, failure: Exception) -> Malformed:
    return Malformed(f"{name} cannot be read: {scrub(str(failure))[:200]}")
