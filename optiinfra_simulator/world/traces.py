"""Measured series that feed the simulated ones: AWS CloudWatch data published by numenta/NAB."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

STEP = 300

# Families by the beginning of the file's name.
_FAMILIES = {
    "ec2_cpu": "cpu",
    "rds_cpu": "cpu",
    "ec2_network": "network",
    "ec2_disk": "disk",
    "elb_request": "requests",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """A measured series at 5-minute steps, repeated without end; None stands for a gap."""

    name: str
    values: tuple[float | None, ...]
    peak: float

    def at(self, step: int) -> float | None:
        """The value at a step, counted from anywhere."""
        return self.values[step % len(self.values)]


def load(folder: Path | None) -> Mapping[str, tuple[Trace, ...]]:
    """The traces of a folder by family; none where there is no folder.

    Gaps stay gaps. Of two values for one stamp the later one counts, as CloudWatch keeps one.
    """
    families: dict[str, tuple[Trace, ...]] = {}
    for path in sorted(folder.glob("*.csv")) if folder else ():
        for beginning, family in _FAMILIES.items():
            if path.name.startswith(beginning):
                families[family] = (*families.get(family, ()), _read(path))
    return families


def _read(path: Path) -> Trace:
    with path.open(newline="") as lines:
        rows = [
            (int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()), float(value))
            for stamp, value in (tuple(row) for row in csv.reader(lines) if row[0] != "timestamp")
        ]
    first = min(stamp for stamp, _ in rows)
    values: list[float | None] = [None] * ((max(stamp for stamp, _ in rows) - first) // STEP + 1)
    for stamp, value in rows:
        values[(stamp - first) // STEP] = value
    return Trace(path.stem, tuple(values), max(value for _, value in rows) or 1.0)
