"""Figures of a benchmark: percentiles, CPU seconds of processes, a JSON line and a small table."""

import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]  # ships no types


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of a sample, in the unit of the sample; p99 of few samples is near the worst."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The percentiles of ``values``."""
        ordered = sorted(values)
        return cls(
            p50=statistics.median(ordered),
            p95=ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
            p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        )

    def rounded(self, digits: int = 1) -> dict[str, float]:
        """The percentiles for a report."""
        return {name: round(getattr(self, name), digits) for name in ("p50", "p95", "p99")}


def load() -> float:
    """The machine's load average of the last minute: what else ran while we measured."""
    return round(os.getloadavg()[0], 2)


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process and all its children, the ended ones included.

    A parent's counters take over those of a child that it has waited for.
    """
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def machine() -> Mapping[str, object]:
    """What the figures were taken on."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": sys.version.split()[0],
    }


def show(benchmark: str, results: Sequence[Mapping[str, object]]) -> None:
    """Print the results: one JSON object on one line, then what is a number or text as a table."""
    print(json.dumps({"benchmark": benchmark, **machine(), "results": results}), flush=True)
    rows = [
        {name: _cell(value) for name, value in result.items() if not _nested(value)}
        for result in results
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    widths = {name: max(len(name), *(len(row.get(name, "")) for row in rows)) for name in names}
    for line in ({name: name for name in names}, *rows):
        print("  ".join(line.get(name, "").rjust(widths[name]) for name in names))


def _nested(value: object) -> bool:
    """Whether ``value`` is more than a cell holds: percentiles are told in one."""
    return isinstance(value, Mapping) and tuple(value) != ("p50", "p95", "p99")


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return "/".join(f"{part:g}" for part in value.values())
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
