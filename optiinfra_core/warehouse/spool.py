"""Rows on their way to ClickHouse: compressed Arrow chunks, counted and summed as they pass."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa

from optiinfra_core.errors import PartFailure, Permanent
from optiinfra_core.metrics import ControlTotal, Kind, Metric, Row
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.statements import ORDINAL
from optiinfra_core.warehouse.tally import Tally

CHUNK_ROWS = 10_000

_TEXT = pa.dictionary(pa.int32(), pa.string())
_ARROW: dict[Kind, pa.DataType] = {
    Kind.TEXT: _TEXT,
    Kind.LONG_TEXT: pa.string(),
    Kind.MONEY: pa.decimal128(38, 12),
    Kind.OPTIONAL_MONEY: pa.decimal128(38, 12),
    Kind.QUANTITY: pa.decimal128(38, 18),
    Kind.FLOAT: pa.float64(),
    Kind.OPTIONAL_FLOAT: pa.float64(),
    Kind.COUNT: pa.uint32(),
    Kind.INSTANT: pa.timestamp("s", "UTC"),
    Kind.OPTIONAL_INSTANT: pa.timestamp("s", "UTC"),
    Kind.DAY: pa.date32(),
    Kind.OPTIONAL_DAY: pa.date32(),
    Kind.TAGS: pa.map_(pa.string(), pa.string()),
}


class Spool:
    """Takes rows one by one and holds them as compressed Arrow, 35 bytes a cost line, 10 a sample.

    Memory grows with the compressed size, never with the number of row objects.
    """

    def __init__(self, batch: Batch, chunk_rows: int = CHUNK_ROWS) -> None:
        self._batch = batch
        self._metric = batch.metric
        self._chunk_rows = chunk_rows
        self._pending: list[Row] = []
        self._count = 0
        self._schema = schema(batch.metric)
        self._sink = BytesIO()
        self._stream = pa.ipc.new_stream(
            self._sink, self._schema, options=pa.ipc.IpcWriteOptions(compression="zstd")
        )
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.controls: list[ControlTotal] = []

    def take(self, items: Iterable[Row | PartFailure | ControlTotal]) -> list[PartFailure]:
        """Take every row and control total; return the failures of parts that came among them."""
        failures = []
        for row in items:
            if isinstance(row, PartFailure):
                failures.append(row)
            elif isinstance(row, ControlTotal):
                self.controls.append(row)
            else:
                self.add(row)
        return failures

    def add(self, row: Row) -> None:
        """Take ``row``.

        Raises:
            Permanent: it is of another metric, outside the span, or of a part nobody asked for.
        """
        self._refuse_foreign(row)
        self.tallies[getattr(row, self._metric.part)].add(row, self._metric.additive)
        self._pending.append(row)
        if len(self._pending) >= self._chunk_rows:
            self._flush()

    def finish(self) -> bytes:
        """All rows as one Arrow stream; nothing can be added afterwards."""
        self._flush()
        self._stream.close()
        return self._sink.getvalue()

    def _refuse_foreign(self, row: Row) -> None:
        metric, batch = self._metric, self._batch
        if not isinstance(row, metric.row):
            raise Permanent(f"a collector of {metric.name} yielded {row!r}")
        instant: datetime = getattr(row, metric.instant)
        if instant.tzinfo is None or instant not in batch.span:
            raise Permanent(f"a row of {instant.isoformat()} is outside {batch.summary}: {row!r}")
        if batch.parts is not None and getattr(row, metric.part) not in batch.parts:
            raise Permanent(f"a row is of none of the parts {sorted(batch.parts)}: {row!r}")

    def _flush(self) -> None:
        if not self._pending:
            return
        arrays = [
            _array(self._metric, column.name, column.kind, self._pending)
            for column in self._metric.columns
        ]
        ordinals = range(self._count, self._count + len(self._pending))
        arrays.append(pa.array(ordinals, pa.uint64()))
        self._stream.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._count += len(self._pending)
        self._pending.clear()


def schema(metric: Metric) -> pa.Schema:
    """The Arrow schema of a metric's rows."""
    columns = [(column.name, _ARROW[column.kind]) for column in metric.columns]
    return pa.schema([*columns, (ORDINAL, pa.uint64())])


def _array(metric: Metric, name: str, kind: Kind, rows: list[Row]) -> pa.Array:
    values: list[Any] = [getattr(row, name) for row in rows]
    if kind is Kind.TAGS:
        values = [list(tags.items()) for tags in values]
    try:
        if kind is Kind.TEXT:
            encoded = pa.array(values, pa.string()).dictionary_encode()
            return encoded.cast(_TEXT)
        return pa.array(values, _ARROW[kind])
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise Permanent(
            f"{metric.name}.{name} does not hold {_first_unfit(values, kind)!r}: {error}",
            remedy="The collector must deliver this column as the catalogue declares it.",
        ) from error


def _first_unfit(values: list[Any], kind: Kind) -> object:
    for value in values:
        try:
            pa.array([value], pa.string() if kind is Kind.TEXT else _ARROW[kind])
        except (pa.ArrowException, TypeError, ValueError):
            return value
    return None
