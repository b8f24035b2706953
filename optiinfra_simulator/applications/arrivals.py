"""When calls come and how many tokens they have: a daily shape, or a real trace laid over it."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from optiinfra_simulator.applications.catalogue import Application
from optiinfra_simulator.world import dice

TRACE = Path("llm_traces", "azure_llm_conv.csv")
MINUTE = timedelta(minutes=1)
_MOST = 30.0

# Share of the day's mean in each hour of UTC; of our own making.
SHAPES: Mapping[str, Sequence[float]] = {
    "office": (
        0.2, 0.1, 0.1, 0.1, 0.2, 0.4, 0.9, 1.6, 2.2, 2.4, 2.3, 1.8,
        1.7, 2.2, 2.3, 1.9, 1.3, 0.8, 0.5, 0.3, 0.2, 0.2, 0.2, 0.1,
    ),
    "evening": (
        0.5, 0.3, 0.2, 0.2, 0.2, 0.3, 0.5, 0.8, 0.9, 1.0, 1.0, 1.1,
        1.2, 1.1, 1.0, 1.1, 1.3, 1.6, 2.0, 2.3, 2.2, 1.6, 1.0, 0.6,
    ),
    "round": (
        0.7, 0.6, 0.6, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.3, 1.2,
        1.2, 1.3, 1.3, 1.2, 1.2, 1.1, 1.1, 1.1, 1.0, 0.9, 0.9, 0.7,
    ),
}  # fmt: skip
_WEEKEND: Mapping[str, float] = {"office": 0.2, "evening": 1.2, "round": 0.9}
_SATURDAY = 5

# Tokens of prompt and answer at equal shares of calls where there is no trace.
_TOKENS: Sequence[tuple[int, int]] = (
    (60, 20), (110, 45), (180, 80), (260, 110), (380, 140), (520, 180), (700, 220), (950, 280),
    (1_300, 350), (2_400, 480),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call to come: when, its number within its minute, and its tokens."""

    at: datetime
    number: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Request:
    """A row of a trace: seconds into its minute, tokens of prompt and answer."""

    second: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Trace:
    """Measured requests by minute, repeated without end."""

    minutes: Sequence[Sequence[Request]]

    @cached_property
    def mean(self) -> float:
        """Requests a minute."""
        return sum(map(len, self.minutes)) / len(self.minutes)

    def minute(self, start: datetime) -> Sequence[Request]:
        """The requests of the minute that is laid over a minute of the world."""
        return self.minutes[int(start.timestamp()) // 60 % len(self.minutes)]


def load(path: Path | None) -> Trace | None:
    """The trace of Azure's public data set (TIMESTAMP, ContextTokens, GeneratedTokens; CC BY 4.0).

    None where there is no file.
    """
    if path is None or not path.is_file():
        return None
    minutes: dict[datetime, list[Request]] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            # Seven decimals of a second, which Python does not read.
            at = datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC)
            start = at.replace(second=0, microsecond=0)
            tokens = (int(row["ContextTokens"]), int(row["GeneratedTokens"]))
            second = (at - start).total_seconds()
            minutes.setdefault(start, []).append(Request(second, *tokens))
    first, last = min(minutes), max(minutes)
    span = int((last - first) / MINUTE) + 1
    return Trace([minutes.get(first + step * MINUTE, []) for step in range(span)])


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The calls to come of every application; the same for the same seed, time and trace."""

    seed: int
    scale: float = 1.0
    trace: Trace | None = None

    def minute(self, application: Application, start: datetime) -> Iterator[Arrival]:
        """The calls that begin in the minute from ``start`` on, in no order."""
        names = (self.seed, application.id, int(start.timestamp()))
        measured = self.trace.minute(start) if self.trace else ()
        for number in range(_poisson(self._expected(application, start, measured), names)):
            request = self._request((*names, number), measured)
            at = start + timedelta(seconds=request.second)
            yield Arrival(at, number, request.input_tokens, request.output_tokens)

    def _expected(
        self, application: Application, start: datetime, measured: Sequence[Request]
    ) -> float:
        shape = SHAPES[application.shape]
        share = shape[start.hour] / (sum(shape) / len(shape))
        if start.weekday() >= _SATURDAY:
            share *= _WEEKEND[application.shape]
        if self.trace:
            share *= len(measured) / self.trace.mean
        return application.calls_per_hour * self.scale * share / 60

    def _request(self, names: Sequence[object], measured: Sequence[Request]) -> Request:
        if measured:
            return dice.choice(measured, *names, "request")
        second = dice.fraction(*names, "second") * 60
        prompt, answer = dice.choice(_TOKENS, *names, "tokens")
        spread = 0.7 + 0.6 * dice.fraction(*names, "spread")
        return Request(second, round(prompt * spread), max(1, round(answer * spread)))


def _poisson(expected: float, names: Sequence[object]) -> int:
    """A draw from the Poisson distribution, by inversion; large means are drawn in pieces."""
    pieces = max(1, math.ceil(expected / _MOST))
    return sum(_drawn(expected / pieces, (*names, "count", piece)) for piece in range(pieces))


def _drawn(expected: float, names: Sequence[object]) -> int:
    left = dice.fraction(*names)
    found, chance = 0, math.exp(-expected)
    while left >= chance > 0:
        left -= chance
        found += 1
        chance *= expected / found
    return found
