"""The baseline that a person pinned for an application: days, or a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.windows import DAY

VERSIONS = ("service_version", "prompt_version", "model")
MOMENT = timedelta(microseconds=1)
REMEDY = 'Give {"start": "2026-11-01", "end": "2026-11-08"} or {"service_version": "1.4"}.'


@dataclass(frozen=True, slots=True)
class Pinned:
    """The UTC days from ``start`` until before ``end``, or what carried ``value`` in ``version``.

    Exactly one of the two is told. A period that begins or ends within a day takes the whole day.
    """

    start: date | None = None
    end: date | None = None
    version: str = ""
    value: str = ""

    @classmethod
    def read(cls, told: Mapping[str, object] | None) -> Self | None:
        """The baseline as ``applications.baseline`` keeps it; None where nothing is pinned.

        Raises:
            InvalidRequest: it is neither two days in their order nor one version.
        """
        if not told:
            return None
        if set(told) == {"start", "end"}:
            start, end = _instant(told["start"]), _instant(told["end"])
            if start < end:
                return cls(start=start.date(), end=(end + DAY - MOMENT).date())
        if len(told) == 1:
            [(version, value)] = told.items()
            if version in VERSIONS and isinstance(value, str) and value:
                return cls(version=version, value=value)
        raise InvalidRequest("this is no baseline", remedy=REMEDY)

    def holds(self, day: date, versions: Mapping[str, str]) -> bool:
        """Whether a day of a series that carried these ``versions`` is part of it."""
        if self.start is not None and self.end is not None:
            return self.start <= day < self.end
        return versions.get(self.version) == self.value


def _instant(told: object) -> datetime:
    """A day or an instant in UTC; one without a zone is taken for UTC."""
    try:
        read = datetime.fromisoformat(str(told))
    except ValueError:
        raise InvalidRequest(f"{str(told)[:40]!r} is no day", remedy=REMEDY) from None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
