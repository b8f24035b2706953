"""The ledger of requests: how often each operation was called, by whom and where."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from optiinfra_simulator.faults import Route


@dataclass
class CallLedger:
    """Counts of requests, safe to use from many threads."""

    _counts: Counter[Route] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def record(self, route: Route) -> None:
        """Count one request."""
        with self._lock:
            self._counts[route] += 1

    def count(self, service: str, operation: str | None = None) -> int:
        """How often a service, or one of its operations, was called."""
        with self._lock:
            return sum(
                number
                for route, number in self._counts.items()
                if route.service == service and operation in (None, route.operation)
            )

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._counts.clear()

    def summary(self) -> Mapping[str, object]:
        """Counts by ``service.operation`` and one by one."""
        with self._lock:
            counts = dict(self._counts)
        by_operation: Counter[str] = Counter()
        for route, number in counts.items():
            by_operation[f"{route.service}.{route.operation}"] += number
        return {
            "total": sum(counts.values()),
            "by_operation": dict(sorted(by_operation.items())),
            "calls": [
                {
                    "service": route.service,
                    "operation": route.operation,
                    "region": route.region,
                    "account": route.account,
                    "count": number,
                }
                for route, number in counts.items()
            ],
        }
