"""Quotas of Cost Management and Resource Graph, counted by the clock of the world.

Query units: 12 in ten seconds, 60 in a minute, 600 in an hour for each tenant and ClientType; a
month of data is one unit (learn.microsoft.com/azure/cost-management-billing/costs/
manage-automation). Further pages of an answer cost none. Resource Graph: 15 queries in five
seconds for each principal (learn.microsoft.com/azure/governance/resource-graph/concepts/
guidance-for-throttled-requests).
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from optiinfra_simulator.azure.answers import AzureError

PREFIX = "x-ms-ratelimit-microsoft.costmanagement-"
_WINDOWS = (
    ("QueriesPerHour", timedelta(hours=1), 600),
    ("QueriesPerMin", timedelta(minutes=1), 60),
    ("QueriesPer10Sec", timedelta(seconds=10), 12),
)
_GRAPH_WINDOW = timedelta(seconds=5)
_GRAPH_QUERIES = 15

Spent = deque[tuple[datetime, int]]


@dataclass
class QueryQuota:
    """Query units that tenants have spent."""

    _spent: dict[tuple[str, str], Spent] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def spend(self, tenant: str, client_type: str, units: int, now: datetime) -> Mapping[str, str]:
        """Take units; the headers that tell what is left.

        Raises:
            AzureError: 429, that many are not left.
        """
        with self._lock:
            spent = self._spent.setdefault((tenant, client_type), deque())
            while spent and now - spent[0][0] >= _WINDOWS[0][1]:
                spent.popleft()
            waits = [_wait(spent, length, most - units, now) for _, length, most in _WINDOWS]
            if any(waits):
                raise throttled(max(waits))
            spent.append((now, units))
            left = ",".join(
                f"{name}:{most - _used(spent, length, now)}" for name, length, most in _WINDOWS
            )
        return {f"{PREFIX}qpu-consumed": str(units), f"{PREFIX}qpu-remaining": left}


def _used(spent: Spent, length: timedelta, now: datetime) -> int:
    return sum(units for at, units in spent if now - at < length)


def _wait(spent: Spent, length: timedelta, room: int, now: datetime) -> int:
    """Seconds until no more than ``room`` is used in a window of that length."""
    used = _used(spent, length, now)
    for at, units in spent:
        if used <= room:
            return 0
        if now - at < length:
            used -= units
            if used <= room:
                return max(1, -(-(at + length - now) // timedelta(seconds=1)))
    return 0


def throttled(seconds: int) -> AzureError:
    """The refusal of Cost Management; it has headers of its own and no Retry-After."""
    return AzureError(
        429,
        "429",
        "Too many requests. Please retry.",
        {f"{PREFIX}{name}-retry-after": str(seconds) for name in ("qpu", "tenant", "clienttype")},
    )


@dataclass
class GraphQuota:
    """Queries that principals have sent to Resource Graph, in windows of five seconds."""

    _windows: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def spend(self, principal: str, now: datetime) -> Mapping[str, str]:
        """Take one query; the headers that tell what is left.

        Raises:
            AzureError: 429, none is left in this window.
        """
        with self._lock:
            began, used = self._windows.get(principal, (now, 0))
            if now - began >= _GRAPH_WINDOW:
                began, used = now, 0
            resets = -(-(began + _GRAPH_WINDOW - now) // timedelta(seconds=1))
            if used >= _GRAPH_QUERIES:
                raise graph_throttled(resets)
            self._windows[principal] = (began, used + 1)
        return graph_headers(_GRAPH_QUERIES - used - 1, resets)


def graph_headers(left: int, seconds: int) -> Mapping[str, str]:
    """What Resource Graph tells of the quota."""
    return {
        "x-ms-user-quota-remaining": str(left),
        "x-ms-user-quota-resets-after": f"00:00:{seconds:02d}",
    }


def graph_throttled(seconds: int) -> AzureError:
    """The refusal of Resource Graph."""
    message = "Client application has been throttled and should not repeat the request yet."
    return AzureError(429, "RateLimiting", message, graph_headers(0, seconds))
