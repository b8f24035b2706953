"""Faults that can be switched on for a route: what goes wrong, where, how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from itertools import count
from threading import Lock
from typing import Any

from optiinfra_core.errors import InvalidRequest

LONGEST_HANG = 120.0
ANY = "*"


class FaultKind(Enum):
    """What can go wrong. The value is its name in control requests."""

    THROTTLE = "throttle"
    # Without any hint how long to wait, and with the headers of the service's own quota only.
    THROTTLE_BARE = "throttle_bare"
    THROTTLE_QUOTA = "throttle_quota"
    ERROR_500 = "error500"
    HANG = "hang"
    TRUNCATE = "truncate"
    GARBAGE = "garbage"
    DENY = "deny"
    EXPIRED = "expired"
    RESET = "reset"
    EMPTY_PAGE = "empty_page"
    # One zone, region or location cannot be asked; the rest answers.
    UNREACHABLE = "unreachable"
    CYCLIC_TOKEN = "cyclic_token"  # noqa: S105 - the name of a fault
    DUPLICATE_POINTS = "duplicate_points"
    NAN_POINTS = "nan_points"
    NULL_POINTS = "null_points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault on the calls that match; ``*`` matches everything.

    It begins after ``after`` matching calls and strikes ``times`` times, for ever if None.
    ``seconds`` is how long a hang lasts. Services are named as boto3 clients are,
    those of other clouds as their own tables of operations name them.
    """

    kind: FaultKind
    service: str = ANY
    operation: str = ANY
    region: str = ANY
    account: str = ANY
    times: int | None = None
    after: int = 0
    seconds: float = 5.0

    def matches(self, route: "Route") -> bool:
        """Whether a call is on its route."""
        pairs = (
            (self.service, route.service),
            (self.operation, route.operation),
            (self.region, route.region),
            (self.account, route.account),
        )
        return all(pattern in (ANY, value) for pattern, value in pairs)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Fault":
        """The fault that a control request describes.

        Raises:
            InvalidRequest: it cannot be meant.
        """
        names = {each.name for each in fields(cls)}
        unknown = set(document) - names
        if unknown or "kind" not in document:
            raise InvalidRequest(
                f"a fault has a kind and none of {sorted(unknown)}",
                remedy=f"Use {', '.join(sorted(names))}.",
            )
        try:
            kind = FaultKind(document["kind"])
            fault = cls(**{**document, "kind": kind})
            lasting = float(fault.seconds)
        except (TypeError, ValueError) as error:
            kinds = ", ".join(each.value for each in FaultKind)
            raise InvalidRequest(str(error), remedy=f"Kinds are {kinds}.") from None
        if not 0 <= lasting <= LONGEST_HANG:
            raise InvalidRequest(f"a hang lasts 0 to {LONGEST_HANG:g} seconds, not {lasting:g}")
        return fault


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes and who makes it."""

    service: str
    operation: str
    region: str
    account: str


@dataclass(slots=True)
class _Planned:
    fault: Fault
    seen: int = 0
    struck: int = 0


@dataclass
class FaultPlan:
    """The faults that are switched on, safe to use from many threads."""

    _planned: dict[int, _Planned] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def add(self, fault: Fault) -> int:
        """Switch a fault on; the number switches it off again."""
        with self._lock:
            number = next(self._numbers)
            self._planned[number] = _Planned(fault)
            return number

    def add_told(self, document: Mapping[str, Any]) -> Mapping[str, object]:
        """Switch on the fault that a control request describes; its number.

        Raises:
            InvalidRequest: it cannot be meant.
        """
        return {"id": self.add(Fault.read(document))}

    def clear(self, number: int | None = None) -> None:
        """Switch one fault off, or all of them."""
        with self._lock:
            if number is None:
                self._planned.clear()
            else:
                self._planned.pop(number, None)

    def strike(self, route: Route) -> Fault | None:
        """The fault that strikes this call, the earliest added first."""
        with self._lock:
            for planned in self._planned.values():
                fault = planned.fault
                if not fault.matches(route):
                    continue
                planned.seen += 1
                spent = fault.times is not None and planned.struck >= fault.times
                if planned.seen > fault.after and not spent:
                    planned.struck += 1
                    return fault
            return None

    def listed(self) -> list[Mapping[str, Any]]:
        """Every fault that is switched on, with how often it was passed and struck."""
        with self._lock:
            return [
                {
                    "id": number,
                    **{each.name: getattr(planned.fault, each.name) for each in fields(Fault)},
                    "kind": planned.fault.kind.value,
                    "seen": planned.seen,
                    "struck": planned.struck,
                }
                for number, planned in self._planned.items()
            ]
