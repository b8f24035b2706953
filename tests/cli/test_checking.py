"""The demo's comparison finds what is missing, doubled or wrong, and forgives what has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_cli.demonstration.checking import Checker, Line
from optiinfra_cli.demonstration.collecting import Collected
from optiinfra_cli.demonstration.simulated import Account
from optiinfra_core.windows import Window

BEGAN = datetime(2026, 11, 22, 10, 7, tzinfo=UTC)
DAYS = Window(datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
ACCOUNT = Account(
    customer="acme", name="Acme", provider="aws", account_id="1", label="x", credential={}
)


@dataclass
class Clouds:
    """Clouds in which two machines exist and a third one has ended."""

    dollars: Decimal = Decimal("12.345")
    exist: frozenset[str] = frozenset({"a", "b"})
    shown: Mapping[str, int] = field(default_factory=lambda: {"a": 10, "b": 20, "ended": 5})

    def cost(self, account: str, span: Window, as_of: datetime) -> Decimal:
        """What the span cost."""
        return self.dollars

    def points(self, account: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """Points by machine."""
        return self.shown

    def resources(self, account: str, as_of: datetime) -> frozenset[str]:
        """What exists."""
        return self.exist


@dataclass
class Served:
    """An API that serves these figures, the inventory in pages of one."""

    cost: str = "12.35"
    points: Mapping[str, int] = field(default_factory=lambda: {"a": 10, "b": 20})
    inventory: tuple[tuple[str, str], ...] = (("a", "running"), ("b", "stopped"))

    def get(self, path: str, **query: Any) -> Mapping[str, Any]:
        """The answer of the question that the path ends in."""
        answer: dict[str, Any] = {"as_of": BEGAN.isoformat(), "customer_id": "acme"}
        match path.rpartition("/")[2]:
            case "total":
                assert query["end"] == "2026-11-23T00:00:00+00:00"
                return {**answer, "data": [{"cost": self.cost}]}
            case "summary":
                wanted = query.get("resource_id")
                found = [n for name, n in self.points.items() if wanted in (None, name)]
                return {**answer, "data": [{"samples": n} for n in found]}
            case _:
                at = int(query.get("cursor", 0))
                name, status = self.inventory[at]
                following = str(at + 1) if at + 1 < len(self.inventory) else None
                row = {"resource_id": name, "status": status}
                return {**answer, "data": [row], "next_cursor": following}


def compared(data_type: str, served: Served, *errors: str) -> Line:
    """The line of one data type; ``errors`` are details of what a run could not do."""
    failures = [{"code": "transient", "detail": error} for error in errors]
    result = {
        "data_type": data_type,
        "rows": 3,
        "api_calls": 2,
        "started_at": "2026-11-22T10:00:00Z",
        "finished_at": "2026-11-22T10:00:01Z",
        "error": None,
        "failed_parts": failures,
    }
    task = {
        "data_types": [data_type],
        "start": "2026-11-08T00:00:00Z",
        "end": "2026-11-22T00:00:00Z",
        "results": [result],
    }
    done = Collected(customer="acme", provider="aws", tasks=(task,))
    return Checker(served, Clouds(), (ACCOUNT,), BEGAN, DAYS).line(done, data_type)  # type: ignore[arg-type]


def test_cost_is_compared_to_the_cent() -> None:
    """Half a cent of rounding is equal, a cent is not."""
    line = compared("cost", Served(cost="12.3449"))
    assert (line.served, line.true, line.ok) == (Decimal("12.34"), Decimal("12.34"), True)
    assert line.partitions == 14
    assert not compared("cost", Served(cost="12.36")).ok


@pytest.mark.parametrize(
    ("points", "equal"),
    [
        ({"a": 10, "b": 20}, True),
        ({"a": 10, "b": 20, "ended": 5}, True),
        ({"a": 10, "b": 20, "ended": 3}, True),
        ({"a": 10, "b": 20, "ended": 6}, False),
        ({"a": 10, "b": 19}, False),
        ({"a": 10, "b": 40}, False),
        ({"a": 10, "b": 20, "stranger": 1}, False),
    ],
)
def test_points_are_whole_for_what_exists_and_never_too_many(
    points: Mapping[str, int], *, equal: bool
) -> None:
    """A machine that exists has all its points; one that ended has at most its own."""
    assert compared("performance", Served(points=points)).ok is equal


@pytest.mark.parametrize(
    ("inventory", "equal"),
    [
        ((("a", "running"), ("b", "stopped")), True),
        ((("a", "running"), ("b", "stopped"), ("ended", "terminated")), True),
        ((("a", "running"),), False),
        ((("a", "running"), ("b", "stopped"), ("stranger", "running")), False),
    ],
)
def test_the_inventory_holds_what_exists_and_nothing_else(
    inventory: tuple[tuple[str, str], ...], *, equal: bool
) -> None:
    """All pages together name what exists; only what is terminated may be there besides."""
    assert compared("resource", Served(inventory=inventory)).ok is equal


def test_a_part_that_failed_is_not_ok_even_if_the_figures_agree() -> None:
    """An error on the way is told with its detail."""
    line = compared("cost", Served(cost="12.345"), "a region did not answer")
    assert not line.ok
    assert line.as_dict()["errors"] == ["a region did not answer"]
