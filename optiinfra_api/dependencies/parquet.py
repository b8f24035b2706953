"""Arrow as ClickHouse sends it -> Parquet, a group of rows at a time, with metadata in the file."""

import io
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from anyio import from_thread, to_thread
from typing_extensions import override

# A group is what must be in memory at once; 50,000 charges are 20 to 40 MB of it.
GROUP_ROWS = 50_000


class Inflow(io.RawIOBase):
    """A file that holds what ``pull`` gives, until it gives nothing."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._held = b""

    @override
    def readable(self) -> bool:
        """It can be read, in order."""
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as what is at hand goes; 0 at the end."""
        if not self._held:
            self._held = self._pull()
        taken = self._held[: len(buffer)]
        self._held = self._held[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


class Outflow(io.RawIOBase):
    """A file whose content is taken away while it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    @override
    def writable(self) -> bool:
        """It can be written, in order."""
        return True

    @override
    def write(self, data: Any) -> int:
        """Keep ``data`` until it is taken."""
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    @override
    def tell(self) -> int:
        """How much was written, taken or not."""
        return self._written

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Converter:
    """Turns one Arrow stream into one Parquet file; ``step`` gives the file's next piece."""

    def __init__(self, pull: Callable[[], bytes], metadata: Mapping[str, str]) -> None:
        self._pull = pull
        self._metadata = metadata
        self._out = Outflow()
        self._reader: Any = None
        self._writer: Any = None

    def step(self) -> bytes:
        """The next piece, empty when the file is complete."""
        import pyarrow as pa  # noqa: PLC0415 - loads 100 MB, only for who asks for a file
        from pyarrow import parquet  # noqa: PLC0415

        if self._reader is None:
            self._reader = pa.ipc.open_stream(io.BufferedReader(Inflow(self._pull)))
            self._writer = parquet.ParquetWriter(
                pa.PythonFile(self._out, "w"), self._reader.schema, compression="zstd"
            )
            self._writer.add_key_value_metadata(dict(self._metadata))
        if not self._writer.is_open:
            return b""
        group = self._group()
        if group:
            self._writer.write_table(pa.Table.from_batches(group))
        else:
            self._writer.close()
        return self._out.take() or self.step()

    def _group(self) -> list[Any]:
        found: list[Any] = []
        for batch in self._reader:
            found.append(batch)
            if sum(one.num_rows for one in found) >= GROUP_ROWS:
                break
        return found


async def as_parquet(
    chunks: AsyncIterator[bytes], metadata: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """The Parquet file of an Arrow stream; compressing runs beside the event loop."""

    async def pull() -> bytes:
        return await anext(chunks, b"")

    converter = Converter(lambda: from_thread.run(pull), metadata)
    while piece := await to_thread.run_sync(converter.step):
        yield piece
