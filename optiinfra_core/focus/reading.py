"""FOCUS files of versions 1.0 to 1.3 -> CostRow, whatever spelling their columns have."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from optiinfra_core.errors import Malformed
from optiinfra_core.focus.columns import COLUMNS, FORMER, FocusColumn
from optiinfra_core.focus.values import absent, day, document, instant, number, tags, text
from optiinfra_core.metrics import CostRow, Kind
from optiinfra_core.redaction import scrub

BATCH_ROWS = 10_000
# The longest cell that is taken: a map of 50 tags of 128 + 256 letters is a fifth of it.
MOST_LETTERS = 131_072

# Without these a line of a file is no charge.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "BilledCost": "billed_cost",
        "BillingPeriodStart": "billing_period_start",
        "ChargePeriodEnd": "charge_period_end",
        "ChargePeriodStart": "charge_period_start",
        "EffectiveCost": "effective_cost",
        "ServiceName": "service_name",
        "BillingAccountId": "billing_account_id",
    }
)
# What our own export adds, and where it came from.
FINALITY = "x_Finality"
PROVIDER_COLUMNS = "x_ProviderColumns"
OWN = frozenset({"x_Provider", "x_AccountId", "x_SourceDataset", "x_CollectedAt"})

PARSERS: Mapping[Kind, Callable[[Any], Any]] = MappingProxyType(
    {
        Kind.TEXT: text,
        Kind.LONG_TEXT: document,
        Kind.MONEY: partial(number, kind=Kind.MONEY),
        Kind.OPTIONAL_MONEY: partial(number, kind=Kind.OPTIONAL_MONEY),
        Kind.QUANTITY: partial(number, kind=Kind.QUANTITY),
        Kind.INSTANT: instant,
        Kind.DAY: day,
        Kind.OPTIONAL_DAY: day,
        Kind.TAGS: tags,
    }
)


def spelled(name: str) -> str:
    """A column's name without case, underscores, blanks and byte order mark."""
    return name.strip("\ufeff \t").replace("_", "").replace(" ", "").lower()


PRESENT = frozenset(spelled(one.name) for one in COLUMNS)
SPELLINGS: Mapping[str, FocusColumn] = MappingProxyType(
    {
        **{
            spelled(former): one
            for former, now in FORMER.items()
            for one in COLUMNS
            if one.name == now
        },
        **{spelled(one.name): one for one in COLUMNS},
    }
)


class FocusReader:
    """Reads the lines of one file, whose columns are known once from its head.

    A column that FOCUS does not know is kept in ``extra``, ``x_`` prefixed. A column that is not
    there says nothing: text is empty, a number None, a mandatory cost is refused.
    """

    def __init__(self, head: Iterable[str], told: Iterable[str] = ()) -> None:
        """Take the names of the file's columns; ``told`` are fields that every row is told.

        Raises:
            Malformed: columns are missing without which there is no charge.
        """
        names = tuple(head)
        known = _known(names)
        present = {one.field for one in known.values()} | set(told)
        lacking = [name for name, field in NEEDED.items() if field not in present]
        if lacking:
            raise Malformed(
                f"this is not a FOCUS file: it has no column {', '.join(lacking)}",
                sample=", ".join(names)[:300],
                remedy="Export the FOCUS table with all its columns.",
            )
        self._plan = tuple((name, one.field, PARSERS[one.kind]) for name, one in known.items())
        self._extras = {
            name: _extra_name(name) for name in names if name not in known and name not in OWN
        }
        self.columns = (*known, *self._extras)

    def row(self, record: Mapping[str, Any], **told: Any) -> CostRow:
        """One charge; ``told`` are fields that the caller knows better than the file.

        Raises:
            ValueError: a value cannot be read, or a cost that must be there is not.
        """
        fields = {field: parse(record.get(name)) for name, field, parse in self._plan}
        extra = _extra(self._extras, record)
        stated = {"finality": extra.pop(FINALITY)} if FINALITY in extra else {}
        given: dict[str, Any] = {**fields, "extra": extra, **stated, **told}
        for field in NEEDED.values():
            if given[field] is None:
                raise ValueError(f"{field} is missing")
        given["charge_category"] = given.get("charge_category") or "Usage"
        given["billing_currency"] = given.get("billing_currency") or "USD"
        return CostRow(**given)


def _known(names: Iterable[str]) -> dict[str, FocusColumn]:
    """The columns that FOCUS has; of a former and a present name for one, the present."""
    found: dict[str, FocusColumn] = {}
    plain = [name for name in names if not name.lower().startswith("x_")]
    for name in sorted(plain, key=lambda name: spelled(name) not in PRESENT):
        column = SPELLINGS.get(spelled(name))
        if column is not None and column not in found.values():
            found[name] = column
    return found


def _extra_name(name: str) -> str:
    stripped = name.strip("\ufeff ")
    return stripped if stripped.lower().startswith("x_") else f"x_{stripped}"


def _extra(names: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, str]:
    """What FOCUS has no column for; our own export's map of such columns is taken apart."""
    found = {}
    for name, kept in names.items():
        value = record.get(name)
        if absent(value):
            continue
        if kept == PROVIDER_COLUMNS:
            found.update(tags(value))
        elif isinstance(value, (datetime, date)):
            found[kept] = value.isoformat()
        else:
            found[kept] = document(value) if isinstance(value, (dict, list)) else text(value)
    return found


def csv_rows(path: Path, **told: Any) -> Iterator[CostRow]:
    """Every charge of a CSV file, UTF-8 with or without byte order mark.

    Raises:
        Malformed: it is no FOCUS file, or a line cannot be read; the line is named.
    """
    csv.field_size_limit(MOST_LETTERS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        reader = FocusReader(lines.fieldnames or ())
        for count, record in enumerate(lines, start=2):
            yield _understood(reader, record, f"line {count} of {path.name}", told)


def parquet_rows(path: Path, **told: Any) -> Iterator[CostRow]:
    """Every charge of a Parquet file, 10,000 in memory at a time.

    Raises:
        Malformed: it is no FOCUS file, or a row cannot be read; the row is named.
    """
    from pyarrow import parquet  # noqa: PLC0415 - loads 100 MB

    with parquet.ParquetFile(path) as file:
        reader = FocusReader(file.schema_arrow.names)
        count = 0
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for record in batch.to_pylist():
                count += 1
                yield _understood(reader, record, f"row {count} of {path.name}", told)


def _understood(
    reader: FocusReader, record: Mapping[str, Any], place: str, told: Mapping[str, Any]
) -> CostRow:
    try:
        return reader.row(record, **told)
    except (ValueError, TypeError, ArithmeticError) as refusal:
        raise Malformed(
            f"{place} is not understood: {scrub(str(refusal))}",
            sample=scrub(str(dict(record)))[:300],
        ) from None
