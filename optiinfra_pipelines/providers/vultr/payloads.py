"""Readings of Vultr payloads that several collectors share."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from optiinfra_core.collecting.amounts import moment

# Snapshots and inference subscriptions belong to no region.
GLOBAL = "global"
UNKNOWN = "unknown"

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def instant(value: Any) -> datetime | None:
    """A date of Vultr's; naive ones are in UTC, empty and odd ones are none.

    Old resources carry dates in other shapes (govultr's tests: ``01-01-1960``).
    """
    try:
        return moment(str(value)) if value else None
    except ValueError:
        return None


def region(value: Any) -> str:
    """A region's identifier in lower case: databases write it in capitals."""
    return str(value or GLOBAL).lower()


def tags(told: Any) -> dict[str, str]:
    """Vultr's tags are plain texts; what stands before a colon names what stands behind it."""
    texts: Sequence[Any] = told if isinstance(told, (list, tuple)) else str(told or "").split()
    pairs = (str(text).partition(":") for text in texts if text)
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def amount_of(text: Any) -> float | None:
    """The number in a text such as ``65536 MB``."""
    found = _NUMBER.search(str(text or ""))
    return float(found[0]) if found else None


def disk_of(text: Any) -> float | None:
    """Gigabytes in a text such as ``2x 240 GB SSD`` or ``2x 1.92 TB NVMe``."""
    numbers = _NUMBER.findall(str(text or ""))
    if not numbers:
        return None
    times = float(numbers[0]) if len(numbers) > 1 else 1.0
    unit = 1000.0 if "TB" in str(text).upper() else 1.0
    return times * float(numbers[-1]) * unit
