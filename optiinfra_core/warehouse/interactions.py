"""Calls of applications on their way into ClickHouse: a batch is one columnar insert."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from optiinfra_core.applications.privacy.kept import KeptInteraction
from optiinfra_core.errors import Permanent
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import Clock, SystemClock

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "llm_interactions"
CHUNK_ROWS = 20_000
# Below this a server gathers inserts of many senders into one part (it answers once that part is
# written); above it a batch is a part worth having. The embedded one is clickhouse-local, which has
# no such queue (26.9): there every insert is a part.
SMALL_ROWS = 1000

_TOLD = tuple(each.name for each in fields(KeptInteraction))
COLUMNS: tuple[str, ...] = ("customer_id", *_TOLD, "ingested_at")

# Columns of few values travel as a dictionary: with it, Arrow took 8 to 11 us of this process for
# a row of 3 KB, the driver's rows 16 to 29, its columns 17 to 26, JSON 22 to 32.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("day", "text_expires_on"), "day"),
    **dict.fromkeys(("started_at", "ended_at"), "microseconds"),
    "ingested_at": "milliseconds",
    **dict.fromkeys(("latency_ms", "ttft_ms"), "float"),
    **dict.fromkeys(
        (
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
        ),
        "count",
    ),
    "cost_usd": "money",
    "judge_allowed": "flag",
    **dict.fromkeys(("input_parts", "output_parts", "context_parts"), "texts"),
    "tags": "tags",
    **dict.fromkeys(
        (
            "trace_id",
            "span_id",
            "conversation_id",
            "user_hash",
            "external_id",
            "content_sha256",
        ),
        "text",
    ),
}


class InteractionWriter:
    """Writes calls; the same call again, in halves or whole, in any order, changes nothing.

    The table joins rows of one call by functions that repetition does not move, so every insert may
    be repeated. Safe for threads.
    """

    def __init__(self, warehouse: Warehouse, clock: Clock | None = None) -> None:
        self._warehouse = warehouse
        self._clock = clock or SystemClock()

    def write(self, customer_id: str, rows: Iterable[KeptInteraction], token: str = "") -> int:
        """Write ``rows`` of one customer and return how many; stored once this returns.

        ``token`` names the batch where the server drops repeated inserts; it saves work there and
        is not needed for the result.

        Raises:
            Transient: ClickHouse does not answer; part of the batch may be stored, send it again.
            Permanent: a value is none that its column can hold.
        """
        pending = list(rows)
        now = self._clock.now()
        for start in range(0, len(pending), CHUNK_ROWS):
            chunk = pending[start : start + CHUNK_ROWS]
            named = f"{token}:{start}" if token else ""
            self._warehouse.load(
                TABLE, COLUMNS, encoded(customer_id, chunk, now), _settings(len(chunk), named)
            )
        return len(pending)


def _settings(rows: int, token: str) -> Mapping[str, Any]:
    # A customer that sends its past touches many months at once.
    settings: dict[str, Any] = {"max_partitions_per_insert_block": 0}
    if rows < SMALL_ROWS:
        return {**settings, "async_insert": 1, "wait_for_async_insert": 1}
    return {**settings, "insert_deduplication_token": token} if token else settings


def encoded(customer_id: str, rows: Sequence[KeptInteraction], now: datetime) -> bytes:
    """``rows`` as one Arrow stream with the columns of ``COLUMNS``.

    Raises:
        Permanent: a value is none that its column can hold.
    """
    import pyarrow as pa  # noqa: PLC0415 - 0.4 s that a process without calls need not pay

    arrays = {
        "customer_id": _array("customer_id", [customer_id] * len(rows)),
        **{name: _array(name, [getattr(row, name) for row in rows]) for name in _TOLD},
        "ingested_at": _array("ingested_at", [now] * len(rows)),
    }
    batch = pa.record_batch([arrays[name] for name in COLUMNS], names=list(COLUMNS))
    sink = BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue()


def _array(name: str, values: list[Any]) -> "pa.Array":
    import pyarrow as pa  # noqa: PLC0415 - as above

    kind = _KINDS.get(name, "few")
    told = [list(tags.items()) for tags in values] if kind == "tags" else values
    try:
        array = pa.array(told, _types()[kind])
    except (pa.ArrowException, TypeError, ValueError) as error:
        # Without the value: it may be a text of a person's.
        raise Permanent(f"{TABLE}.{name} cannot hold a value: {type(error).__name__}") from None
    return array.dictionary_encode() if kind == "few" else array


def _types() -> Mapping[str, "pa.DataType"]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    return {
        "few": pa.string(),
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "tags": pa.map_(pa.string(), pa.string()),
        "day": pa.date32(),
        "microseconds": pa.timestamp("us", "UTC"),
        "milliseconds": pa.timestamp("ms", "UTC"),
        "float": pa.float64(),
        "count": pa.uint64(),
        "money": pa.decimal128(38, 12),
        "flag": pa.bool_(),
    }
