"""Cost Explorer tells the truth in every grouping, and refuses what the real one refuses."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from botocore.exceptions import ClientError

from optiinfra_simulator import truth
from optiinfra_simulator.aws.calls import Limits
from optiinfra_simulator.cost.publication import Bill
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

START, END = date(2026, 11, 10), date(2026, 11, 21)
KEYS = ("SERVICE", "USAGE_TYPE", "REGION", "RECORD_TYPE", "LINKED_ACCOUNT")
GROUPINGS = [(), *((key,) for key in KEYS), *combinations(KEYS, 2)]


def _pages(explorer: Any, **changed: Any) -> Iterator[dict[str, Any]]:
    """Every page of an answer, following its tokens."""
    request: dict[str, Any] = {
        "TimePeriod": {"Start": START.isoformat(), "End": END.isoformat()},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        **changed,
    }
    while True:
        page = explorer.get_cost_and_usage(**request)
        yield page
        if "NextPageToken" not in page:
            return
        request["NextPageToken"] = page["NextPageToken"]


def _total(explorer: Any, metric: str = "UnblendedCost", **changed: Any) -> Decimal:
    """The sum over all pages, periods and groups."""
    return sum(
        (
            Decimal(
                each["Metrics"][metric]["Amount"] if "Metrics" in each else each[metric]["Amount"]
            )
            for page in _pages(explorer, **changed)
            for result in page["ResultsByTime"]
            for each in (result["Groups"] or [result["Total"]])
        ),
        Decimal(0),
    )


def _grouped(keys: tuple[str, ...]) -> dict[str, Any]:
    """Parameters that group by these keys."""
    return {"GroupBy": [{"Type": "DIMENSION", "Key": key} for key in keys]}


def _only(key: str, *values: str) -> dict[str, Any]:
    """A filter on the values of one dimension."""
    return {"Dimensions": {"Key": key, "Values": list(values)}}


@pytest.fixture
def explorer(clients: Clients) -> Any:
    """Cost Explorer as the user of the first account sees it."""
    return clients.user(ACME.id, "ce")


def test_every_grouping_adds_up_to_the_truth(explorer: Any, world: World) -> None:
    """Grouped by nothing, one or two keys, the sum is the truth to the last decimal."""
    expected = truth.cost_total(world, ACME.id, START, END, NOON)
    assert expected > 0
    for keys in GROUPINGS:
        assert _total(explorer, **_grouped(keys)) == expected, keys


def test_monthly_and_every_cost_metric_agree_with_daily(explorer: Any, world: World) -> None:
    """Nothing is paid up front here, so all cost metrics are equal."""
    expected = truth.cost_total(world, ACME.id, START, END, NOON)
    for metric in ("BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"):
        assert _total(explorer, metric, Metrics=[metric], Granularity="MONTHLY") == expected


def test_a_filter_and_its_negation_split_the_total(explorer: Any, world: World) -> None:
    """Each predicate and its Not are disjoint and complete."""
    expected = truth.cost_total(world, ACME.id, START, END, NOON)
    taxes = _only("RECORD_TYPE", "Tax", "Credit")
    west = _only("REGION", "us-west-2", "eu-west-1")
    for one in (taxes, west, {"And": [west, {"Not": taxes}]}, {"Or": [west, taxes]}):
        inside = _total(explorer, Filter=one, **_grouped(("SERVICE",)))
        outside = _total(explorer, Filter={"Not": one}, **_grouped(("USAGE_TYPE", "REGION")))
        assert inside != 0
        assert inside + outside == expected


@pytest.mark.parametrize(
    ("now", "estimated"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), True),
        (datetime(2026, 12, 2, 23, tzinfo=UTC), True),
        (datetime(2026, 12, 3, tzinfo=UTC), False),
    ],
)
def test_days_are_estimated_until_their_month_is_invoiced(
    now: datetime, *, estimated: bool, explorer: Any, world: World
) -> None:
    """On the 3rd of the next month at midnight all of them cease to be."""
    assert isinstance(world.clock, WorldClock)
    world.clock.set(now)
    (page,) = _pages(explorer)
    assert {one["Estimated"] for one in page["ResultsByTime"]} == {estimated}


def test_a_closed_month_tells_its_support_and_its_refund_when_they_are_posted(
    explorer: Any, world: World
) -> None:
    """Each appears with its publication, under its own record type and with its tax."""
    assert isinstance(world.clock, WorldClock)
    bill = Bill(world.seed, ACME.id, date(2026, 11, 1))
    november = {"TimePeriod": {"Start": "2026-11-01", "End": "2026-12-01"}}
    for instant, record_type in ((bill.support_at, "Support"), (bill.refund_at, "Refund")):
        asked = {**november, "Filter": _only("RECORD_TYPE", record_type)}
        world.clock.set(instant - timedelta(seconds=1))
        assert _total(explorer, **asked) == 0
        before = _total(explorer, **november)
        world.clock.set(instant)
        posted = _total(explorer, **asked)
        assert posted != 0
        taxed = posted + (posted * ACME.tax).quantize(Decimal("1e-10"))
        assert _total(explorer, **november) - before == taxed
    assert _total(explorer, **november) == truth.cost_total(
        world, ACME.id, date(2026, 11, 1), date(2026, 12, 1), bill.refund_at + timedelta(days=90)
    )


def test_the_answer_changes_when_costs_are_restated(
    explorer: Any, server: SimulatorServer, world: World
) -> None:
    """After the next publications the same question has another answer, then never again."""
    before = _total(explorer)
    server.world.clock.set(NOON + timedelta(days=4))  # type: ignore[attr-defined]
    after = _total(explorer)
    assert after != before
    assert after == truth.cost_total(world, ACME.id, START, END, NOON + timedelta(days=4))
    server.world.clock.set(NOON + timedelta(days=20))  # type: ignore[attr-defined]
    assert _total(explorer) == after


def test_regional_usage_types_carry_their_region(explorer: Any) -> None:
    """Virginia goes without a prefix for old services; other regions have theirs."""
    types = {
        group["Keys"][0]: group["Keys"][1]
        for page in _pages(explorer, **_grouped(("USAGE_TYPE", "REGION")))
        for result in page["ResultsByTime"]
        for group in result["Groups"]
    }
    assert types["BoxUsage:m5.large"] == "us-east-1"
    assert types["USE1-AmazonEKS-Hours:perCluster"] == "us-east-1"
    assert types["NoUsageType"] == "NoRegion"
    assert any(name.startswith("USW2-") for name in types)
    assert any(name.startswith("EU-") for name in types)


def test_pages_of_groups_hold_everything_once(world: World) -> None:
    """With seven groups in a page the pages together are the whole answer."""
    with SimulatorServer(world, limits=Limits(explorer_groups=7)) as server:
        clients = Clients(server)
        explorer = clients.user(ACME.id, "ce")
        pages = list(_pages(explorer, **_grouped(("SERVICE", "USAGE_TYPE"))))
        seen = [
            (result["TimePeriod"]["Start"], *group["Keys"])
            for page in pages
            for result in page["ResultsByTime"]
            for group in result["Groups"]
        ]
        total = _total(explorer, **_grouped(("SERVICE", "USAGE_TYPE")))
        clients.close()
    assert len(pages) > 10
    assert len(seen) == len(set(seen))
    assert total == truth.cost_total(world, ACME.id, START, END, NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"TimePeriod": {"Start": "2026-11-10", "End": "2026-11-10"}},
        {"TimePeriod": {"Start": "2024-01-01", "End": "2024-01-02"}},
        {"TimePeriod": {"Start": "yesterday", "End": "2026-11-10"}},
        _grouped(("SERVICE", "REGION", "USAGE_TYPE")),
        _grouped(("DATABASE_ENGINE",)),
        {"Granularity": "HOURLY"},
        {"Metrics": ["Pounds"]},
        {"Filter": {"And": [_only("REGION", "eu-west-1")]}},
        {"Filter": _only("REGION")},
        {"NextPageToken": "made up"},
    ],
    ids=str,
)
def test_requests_that_cannot_be_meant_are_refused(explorer: Any, changed: dict[str, Any]) -> None:
    """Each is a ValidationException, never an empty answer."""
    with pytest.raises(ClientError) as refused:
        list(_pages(explorer, **changed))
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_future_day_is_empty_and_estimated(explorer: Any) -> None:
    """Nothing is charged before it happens."""
    (page,) = _pages(
        explorer,
        TimePeriod={"Start": "2026-12-01", "End": "2026-12-02"},
        **_grouped(("SERVICE",)),
    )
    (result,) = page["ResultsByTime"]
    assert result["Groups"] == []
    assert result["Estimated"] is True
    assert datetime.fromisoformat(result["TimePeriod"]["Start"]).day == 1
