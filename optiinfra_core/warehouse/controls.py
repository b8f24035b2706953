"""Sums that providers state, held against the rows that came with them, and kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import ControlTotal, Metric
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.tally import EXACT, exact_sum

if TYPE_CHECKING:
    from clickhouse_connect.driver.external import ExternalData

# Columns that a statement narrows the rows by, where the metric type has them.
CURRENCY, INVOICE = "billing_currency", "invoice_id"

PLACES = Decimal(1).scaleb(-18)

_COLUMNS: dict[str, tuple[pa.DataType, str]] = {
    "span_start": (pa.timestamp("s", "UTC"), "DateTime('UTC')"),
    "span_end": (pa.timestamp("s", "UTC"), "DateTime('UTC')"),
    "name": (pa.string(), "String"),
    "invoice_id": (pa.string(), "String"),
    "measure": (pa.string(), "String"),
    "currency": (pa.string(), "String"),
    "stated": (pa.decimal128(38, 18), "Decimal(38, 18)"),
    "collected": (pa.decimal128(38, 18), "Decimal(38, 18)"),
    "tolerance": (pa.decimal128(38, 18), "Decimal(38, 18)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A statement, and what the rows it speaks of add up to."""

    control: ControlTotal
    collected: Decimal


def agreed(batch: Batch, controls: Sequence[ControlTotal], stream: bytes) -> tuple[Agreed, ...]:
    """The statements with the sums of the batch's rows, which agree with them.

    Raises:
        Permanent: one does not agree, speaks of time outside the batch, or of no such column.
    """
    known = [Agreed(control=each, collected=_sum(batch, each, stream)) for each in controls]
    wrong = [each for each in known if not _agrees(each)]
    if wrong:
        raise Permanent(
            f"{batch.summary}: {'; '.join(_told(each) for each in wrong[:5])}",
            remedy="Nothing was written, what was served before stays. Collect the days again; if "
            "it still differs, open an issue with both figures.",
        )
    return tuple(known)


def statements(known: Iterable[Agreed]) -> "ExternalData":
    """The statements as a table that a query can read."""
    from clickhouse_connect.driver.external import ExternalData  # noqa: PLC0415

    rows = [
        (
            each.control.span.start, each.control.span.end, each.control.name,
            each.control.invoice_id, each.control.column, each.control.currency,
            each.control.amount.quantize(PLACES, context=EXACT),
            each.collected.quantize(PLACES, context=EXACT),
            each.control.tolerance.quantize(PLACES, context=EXACT),
        )
        for each in known
    ]  # fmt: skip
    schema = pa.schema([(name, kind) for name, (kind, _) in _COLUMNS.items()])
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    table = pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    return ExternalData(
        file_name="stated",
        data=sink.getvalue().to_pybytes(),
        fmt="ArrowStream",
        structure=", ".join(f"{name} {kind}" for name, (_, kind) in _COLUMNS.items()),
    )


def _sum(batch: Batch, control: ControlTotal, stream: bytes) -> Decimal:
    metric, span = batch.metric, control.span
    if span.start < batch.span.start or span.end > batch.span.end:
        raise Permanent(f"{batch.summary}: the statement {control.name!r} speaks of {span}")
    if control.column not in metric.additive:
        raise Permanent(f"{batch.summary}: {control.column!r} is no column that adds up")
    return exact_sum(
        pc.sum(chunk[control.column].filter(_mask(metric, control, chunk))).as_py()
        for chunk in pa.ipc.open_stream(stream)
    )


def _mask(metric: Metric, control: ControlTotal, chunk: pa.RecordBatch) -> pa.Array:
    """Which rows of ``chunk`` the statement speaks of."""
    at = chunk[metric.instant]
    bounds = pa.array([control.span.start, control.span.end], at.type)
    mask = pc.and_(pc.greater_equal(at, bounds[0]), pc.less(at, bounds[1]))
    wanted = {CURRENCY: control.currency, INVOICE: control.invoice_id}
    for name, value in wanted.items():
        if value and name in metric.by_name():
            mask = pc.and_(mask, pc.equal(chunk[name].cast(pa.string()), value))
    return mask


def _agrees(each: Agreed) -> bool:
    apart = EXACT.subtract(each.control.amount, each.collected).copy_abs()
    return apart <= each.control.tolerance


def _told(each: Agreed) -> str:
    control = each.control
    of = f" of invoice {control.invoice_id}" if control.invoice_id else ""
    return (
        f"the provider's {control.name}{of} states {control.amount:f} {control.currency} of "
        f"{control.column} in {control.span}, the rows add up to {each.collected:f}"
    )
