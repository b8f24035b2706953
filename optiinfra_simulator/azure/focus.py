"""FOCUS 1.2 with Microsoft's columns: charges as a Parquet file.

Columns after learn.microsoft.com/azure/cost-management-billing/dataset-schema/
cost-usage-details-focus, version 1.2-preview. One row has actual and amortised cost: what a
reservation paid already is billed with 0, and its payment is effective with 0.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from optiinfra_simulator.azure.accounts import Subscription
from optiinfra_simulator.azure.charges import Charge
from optiinfra_simulator.azure.focus_columns import CHARGED, EMPTY, SUBSCRIBED, TYPES

_PRECISION = (38, 18)


def parquet(subscription: Subscription, charges: Iterable[Charge]) -> bytes:
    """The charges as the rows of a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415 - loads slowly, and only who reads exports needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    types: Mapping[str, Callable[[], Any]] = MappingProxyType(
        {
            "text": pa.string,
            "money": lambda: pa.decimal128(*_PRECISION),
            "instant": lambda: pa.timestamp("us", tz="UTC"),
            "flag": pa.bool_,
        }
    )
    rows = list(charges)
    arrays = {
        name: pa.array(_values(name, subscription, rows), types[kind]())
        for name, kind in TYPES.items()
    }
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file, compression="snappy")
    return file.getvalue()


def _values(name: str, subscription: Subscription, rows: list[Charge]) -> list[Any]:
    if name in EMPTY:
        return [None] * len(rows)
    if name in SUBSCRIBED:
        return [SUBSCRIBED[name](subscription)] * len(rows)
    value = CHARGED[name]
    return [value(row) for row in rows]
