"""The Cost Management query: what it sums up, how it pages, what it refuses."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from optiinfra_simulator.azure.accounts import GLOBEX
from optiinfra_simulator.azure.calls import Limits
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW

SCOPE = f"subscriptions/{GLOBEX.id}"
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)


def body(
    *groups: str, kind: str = "ActualCost", granularity: str = "Daily", **dataset: Any
) -> dict[str, Any]:
    """A query over November so far, grouped by dimensions."""
    return {
        "type": kind,
        "timeframe": "Custom",
        "timePeriod": {"from": f"{FIRST}T00:00:00Z", "to": f"{LAST}T23:59:59Z"},
        "dataset": {
            "granularity": granularity,
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            "grouping": [{"type": "Dimension", "name": name} for name in groups],
            **dataset,
        },
    }


def names(answer: Any) -> list[str]:
    """The columns of an answer."""
    return [column.name for column in answer.columns]


def cents(value: object) -> Decimal:
    """A sum as far as it matters: doubles have been added up."""
    return Decimal(str(value)).quantize(Decimal("0.0000001"))


def pages(client: Any, asked: dict[str, Any]) -> list[list[list[Any]]]:
    """The rows of every page of an answer."""
    answer = client.query.usage(SCOPE, asked)
    return [answer.rows, *following(client, asked, answer.next_link)]


def following(client: Any, asked: dict[str, Any], link: str | None) -> Iterator[list[list[Any]]]:
    """The rows of the pages from a link on; the SDK does not follow the links, so that we do."""
    while link:
        response = client.send_request(HttpRequest("POST", link, json=asked))
        response.raise_for_status()
        properties = response.json()["properties"]
        yield properties["rows"]
        link = properties["nextLink"]


def by_day(rows: Iterable[list[Any]]) -> dict[date, Decimal]:
    """What rows of cost and day add up to."""
    told: dict[date, Decimal] = {}
    for row in rows:
        day = date.fromisoformat(str(row[1]))
        told[day] = told.get(day, Decimal(0)) + Decimal(str(row[0]))
    return told


def test_the_query_adds_up_to_the_truth_day_by_day(clients: Clients) -> None:
    """Each day's sum is the cost that the world tells without any request."""
    client, asked = clients.costs(GLOBEX.id), body("ResourceId", "ChargeType")
    columns = names(client.query.usage(SCOPE, asked))
    assert columns == ["Cost", "UsageDate", "ResourceId", "ChargeType", "Currency"]
    told = by_day(row for page in pages(client, asked) for row in page)
    truth = clients.cloud.cost_by_day(GLOBEX.id, FIRST, LAST + timedelta(days=1), NOW)
    assert told == truth
    assert len(truth) == 20


def test_groups_are_services_as_truth_names_them(clients: Clients) -> None:
    """Without granularity there is a row for each service."""
    answer = clients.costs(GLOBEX.id).query.usage(SCOPE, body("ServiceName", granularity="None"))
    truth = clients.cloud.cost_by_service(GLOBEX.id, FIRST, LAST + timedelta(days=1), NOW)
    assert names(answer) == ["Cost", "ServiceName", "Currency"]
    assert {row[1]: cents(row[0]) for row in answer.rows} == {
        name: cents(cost) for name, cost in truth.items()
    }


def test_a_filter_keeps_what_it_names(clients: Clients) -> None:
    """Filters on dimensions and tags, joined by ``and``, keep the charges that pass both."""
    team = {"tags": {"name": "team", "operator": "In", "values": ["search"]}}
    machines = {
        "dimensions": {"name": "ServiceName", "operator": "In", "values": ["virtual machines"]}
    }
    asked = body("ServiceName", "ResourceGroup", filter={"and": [team, machines]})
    rows = clients.costs(GLOBEX.id).query.usage(SCOPE, asked).rows
    assert {row[2] for row in rows} == {"Virtual Machines"}
    assert {row[3] for row in rows} == {"rg-search"}


def test_costs_are_grouped_by_the_values_of_a_tag(clients: Clients) -> None:
    """A group of a tag gives two columns: its key and its value."""
    asked = body(granularity="None", grouping=[{"type": "TagKey", "name": "team"}])
    answer = clients.costs(GLOBEX.id).query.usage(SCOPE, asked)
    assert names(answer) == ["Cost", "TagKey", "TagValue", "Currency"]
    assert {row[1] for row in answer.rows} == {"team"}
    assert {"", "search", "payments"} <= {row[2] for row in answer.rows}


@pytest.fixture
def cloud(clock: WorldClock, authority: Any) -> Any:
    """The simulated Azure with pages of a hundred rows."""
    limits = Limits(query_rows=100)
    with AzureCloud(World(clock=clock), state=authority, limits=limits) as served:
        yield served


def test_pages_are_posted_for_and_tell_one_moment(clients: Clients, clock: WorldClock) -> None:
    """The next pages want the body again; they tell the first page's moment, each row once."""
    client, asked = clients.costs(GLOBEX.id), body("ResourceId", "MeterSubcategory", "Meter")
    answer = client.query.usage(SCOPE, asked)
    assert (len(answer.rows), bool(answer.next_link)) == (100, True)
    clock.advance(timedelta(hours=5))
    rest = list(following(client, asked, answer.next_link))
    rows = [*answer.rows, *(row for page in rest for row in page)]
    assert len(rest) > 5
    assert len({tuple(row) for row in rows}) == len(rows)
    days = (FIRST, LAST + timedelta(days=1))
    assert by_day(rows) == clients.cloud.cost_by_day(GLOBEX.id, *days, NOW)
    assert by_day(rows) != clients.cloud.cost_by_day(GLOBEX.id, *days, clock.now())


def test_a_link_wants_its_own_body(clients: Clients) -> None:
    """A link that is fetched with GET, or with the body of another query, leads nowhere."""
    client, asked = clients.costs(GLOBEX.id), body("ResourceId", "MeterSubcategory", "Meter")
    link = client.query.usage(SCOPE, asked).next_link
    assert client.send_request(HttpRequest("GET", link)).status_code == 404
    other = client.send_request(HttpRequest("POST", link, json=body("Meter")))
    assert other.status_code == 400


def test_top_asks_for_larger_pages_up_to_the_limit(clients: Clients) -> None:
    """``$top`` makes pages of up to 5,000 rows, and stays in the link."""
    path = f"/{SCOPE}/providers/Microsoft.CostManagement/query?api-version=2025-03-01&$top=7"
    found = clients.wire(GLOBEX.id).post(path, json=body("ResourceId")).json()["properties"]
    assert len(found["rows"]) == 7
    assert "$top=7" in found["nextLink"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (body("Colour"), "Invalid dataset grouping: 'Colour'"),
        (body(kind="GuessedCost"), "type 'GuessedCost'"),
        (body(granularity="Hourly"), "granularity 'Hourly'"),
        (body(aggregation={"a": {"name": "Joy", "function": "Sum"}}), "aggregation: 'Joy'"),
        (body() | {"timeframe": "Someday"}, "timeframe 'someday'"),
        (
            body() | {"timePeriod": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}},
            "no more than 31 days",
        ),
        (
            body(granularity="None")
            | {"timePeriod": {"from": "2025-01-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}},
            "cannot exceed 1 year",
        ),
        (
            body() | {"timePeriod": {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}},
            "ends before it begins",
        ),
    ],
)
def test_what_cannot_be_meant_is_a_bad_request(
    clients: Clients, asked: dict[str, Any], said: str
) -> None:
    """The query refuses with 400 and names what is wrong."""
    with pytest.raises(HttpResponseError) as refused:
        clients.costs(GLOBEX.id).query.usage(SCOPE, asked)
    assert refused.value.status_code == 400
    assert refused.value.error.code == "BadRequest"
    assert said in str(refused.value)


def test_a_named_timeframe_is_the_months_own(clients: Clients) -> None:
    """``TheLastMonth`` in November is October, each of its days."""
    asked = body() | {"timeframe": "TheLastMonth"}
    asked.pop("timePeriod")
    answer = clients.costs(GLOBEX.id).query.usage(SCOPE, asked)
    assert [row[1] for row in answer.rows] == [20261000 + day for day in range(1, 32)]


def sums(clients: Clients, kind: str) -> dict[tuple[str, str], Decimal]:
    """November's cost of one kind by charge type and pricing model."""
    asked = body("ChargeType", "PricingModel", kind=kind, granularity="None")
    rows = clients.costs(GLOBEX.id).query.usage(SCOPE, asked).rows
    return {(row[1], row[2]): Decimal(str(row[0])) for row in rows}


def test_a_reservation_is_paid_once_or_spread(clients: Clients) -> None:
    """Actual cost has the payment and free usage; amortised cost the usage and what is unused."""
    actual, spread = sums(clients, "ActualCost"), sums(clients, "AmortizedCost")
    reservation = clients.cloud.estate.billing(GLOBEX.id).reservation
    assert actual["Purchase", "Reservation"] == reservation.monthly
    assert actual["Usage", "Reservation"] == 0
    assert ("UnusedReservation", "Reservation") not in actual
    assert ("Purchase", "Reservation") not in spread
    whole_days = 19 * 24 + 10
    covered = spread["Usage", "Reservation"] + spread["UnusedReservation", "Reservation"]
    assert covered == reservation.hourly * reservation.machines * whole_days
    assert actual["Usage", "OnDemand"] == spread["Usage", "OnDemand"]


def test_the_marketplace_is_another_publisher(clients: Clients) -> None:
    """What others sell has the publisher type Marketplace and is no service of Azure's."""
    asked = body("PublisherType", "ServiceName", "ChargeType", granularity="None")
    rows = clients.costs(GLOBEX.id).query.usage(SCOPE, asked).rows
    others = [row for row in rows if row[1] == "Marketplace"]
    assert [(row[2], row[3]) for row in others] == [("SaaS", "Usage")]
    assert {row[1] for row in rows} == {"Azure", "Marketplace"}
    refunds = [row for row in rows if row[3] == "Refund"]
    assert [row[0] < 0 for row in refunds] == [True]
