"""What the questions about cost answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.errors import InvalidRequest, Permanent
from optiinfra_core.warehouse.questions import cost
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span

MONTH = day_span(date(2026, 11, 1), 30)
PERIOD = {"start": MONTH.start, "end": MONTH.end}


def test_totals_are_per_currency(scene: Scene) -> None:
    """Dollars and euros are two rows, never one sum."""
    scene.costs(
        charge("1.10", resource_id="a"),
        charge("2.20", resource_id="b"),
        charge("-0.30", charge_category="Credit"),
        charge("5", billing_currency="EUR"),
    )
    euros, dollars = scene.ask(cost.TOTAL)
    assert (euros.currency, euros.cost) == ("EUR", Decimal(5))
    assert (dollars.currency, dollars.cost, dollars.rows) == ("USD", Decimal("3.00"), 3)
    assert dollars.resources == 2
    assert (dollars.first_charge, dollars.last_charge) == (
        day_span(TODAY).start,
        day_span(TODAY).end,
    )


def test_an_unknown_cost_is_counted_and_never_zero(scene: Scene) -> None:
    """Where no row tells its list cost the total is unknown; where some do, how many do not."""
    scene.costs(charge("1", resource_id="a"), charge("1", resource_id="b"))
    [unknown] = scene.ask(cost.TOTAL, basis="list")
    scene.costs(charge("1", resource_id="a", list_cost=Decimal(3)), charge("1", resource_id="b"))
    [partly] = scene.ask(cost.TOTAL, basis="list")
    assert (unknown.cost, unknown.unknown_rows) == (None, 2)
    assert (partly.cost, partly.unknown_rows) == (Decimal(3), 1)
    [trend] = scene.ask(cost.TRENDS, basis="list")
    assert (trend.cost, trend.unknown_rows) == (Decimal(3), 1)


@pytest.mark.parametrize(
    ("basis", "total"), [("effective", 2), ("billed", 1), ("contracted", 3), ("list", 4)]
)
def test_every_basis_has_its_own_total(scene: Scene, basis: str, total: int) -> None:
    """The four costs of FOCUS are told apart."""
    row = charge("1", effective_cost=Decimal(2), contracted_cost=Decimal(3), list_cost=Decimal(4))
    scene.costs(row)
    assert scene.ask(cost.TOTAL, basis=basis)[0].cost == total
    assert scene.ask(cost.BY_TYPE, basis=basis)[0].cost == total
    assert scene.ask(cost.METRICS, basis=basis)[0].cost == total


def test_pages_hold_every_charge_once(scene: Scene) -> None:
    """Following the cursor visits all charges in order, none twice."""
    for day in (TODAY - timedelta(days=1), TODAY):
        rows = [
            charge(str(n), day, service_name=f"s{n % 2}", resource_id=f"r{n % 3}", sku_meter=str(n))
            for n in range(1, 8)
        ]
        scene.costs(*rows, span=day_span(day))
    seen = []
    cursor: dict[str, object] = {}
    while page := scene.ask(cost.METRICS, **PERIOD, limit=3, **cursor):
        seen += page
        last = page[-1]
        cursor = {
            "has_after": True,
            "after_start": last.charge_period_start,
            "after_provider": last.provider,
            "after_service": last.service_name,
            "after_resource": last.resource_id,
            "after_line": last.line_key,
            "after_detail": last.detail_key,
        }
    assert len(seen) == len({(line.charge_period_start, line.billed_cost) for line in seen}) == 14
    assert [line.charge_period_start for line in seen] == sorted(
        (line.charge_period_start for line in seen), reverse=True
    )
    assert seen == scene.ask(cost.METRICS, **PERIOD)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"service": "Amazon S3"}, {"s3"}),
        ({"region": "eu-west-1"}, {"eu"}),
        ({"account": "999999999999"}, {"linked"}),
        ({"account": "111111111111"}, {"s3", "eu", "linked", "tagged", "credit"}),
        ({"charge_category": "Credit"}, {"credit"}),
        ({"resource_id": "eu"}, {"eu"}),
        ({"tag_keys": ["team"], "tag_values": ["data"]}, {"tagged"}),
        ({"tag_keys": ["team", "env"], "tag_values": ["data", "x"]}, set()),
        ({"tag_keys": ["team"], "tag_values": [""]}, set()),
        ({"service": "' OR 1 = 1 --"}, set()),
    ],
)
def test_filters_narrow_the_charges(
    scene: Scene, filters: dict[str, object], found: set[str]
) -> None:
    """Service, region, account, category, resource and tags; a missing tag is no empty tag."""
    scene.costs(
        charge("1", resource_id="s3", service_name="Amazon S3"),
        charge("1", resource_id="eu", region_id="eu-west-1"),
        charge("1", resource_id="linked", sub_account_id="999999999999"),
        charge("1", resource_id="tagged", tags={"team": "data", "env": "prod"}),
        charge("1", resource_id="credit", charge_category="Credit"),
    )
    assert {line.resource_id for line in scene.ask(cost.METRICS, **filters)} == found
    assert {line.resource_id for line in scene.ask(cost.STREAM, **filters)} == found


def test_latest_is_the_newest_charge_of_each_resource_and_service(scene: Scene) -> None:
    """Older days of a resource are left out, other services of it are not."""
    yesterday = TODAY - timedelta(days=1)
    scene.costs(
        charge("1", yesterday, resource_id="a"),
        charge("2", yesterday, resource_id="b"),
        charge("3", TODAY, resource_id="a"),
        charge("4", TODAY, resource_id="a", service_name="Amazon S3"),
        span=day_span(yesterday, 2),
    )
    latest = scene.ask(cost.LATEST, **PERIOD)
    assert [(line.service_name, line.resource_id, line.cost) for line in latest] == [
        ("Amazon EC2", "a", 3),
        ("Amazon EC2", "b", 2),
        ("Amazon S3", "a", 4),
    ]
    after = {
        "has_after": True,
        "after_provider": "aws",
        "after_account": "111111111111",
        "after_service": "Amazon EC2",
        "after_resource": "a",
    }
    assert scene.ask(cost.LATEST, **PERIOD, **after) == latest[1:]


@pytest.mark.parametrize(
    ("group_by", "periods"),
    [
        ("day", [(9, 1, None), (10, 2, 1), (16, 4, 2)]),
        ("week", [(9, 3, None), (16, 4, 3)]),
        ("month", [(1, 7, None)]),
    ],
)
def test_trends_compare_a_period_with_the_one_before(
    scene: Scene, group_by: str, periods: list[tuple[int, int, int | None]]
) -> None:
    """Days, weeks from Monday and months, each with what came before it."""
    for day, amount in ((9, "1"), (10, "2"), (16, "4")):
        scene.costs(charge(amount, date(2026, 11, day)), span=day_span(date(2026, 11, day)))
    trend = scene.ask(cost.TRENDS, **PERIOD, group_by=group_by)
    assert [(point.period.day, point.cost, point.previous) for point in trend] == periods
    for point in trend:
        change = None if point.previous is None else point.cost - point.previous
        assert point.change == change


def test_hours_are_told_apart_where_the_source_does(scene: Scene) -> None:
    """An hourly export makes an hourly trend."""
    start = day_span(TODAY).start
    hours = [start + timedelta(hours=n) for n in range(3)]
    scene.costs(
        *(
            charge("1", charge_period_start=hour, charge_period_end=hour + timedelta(hours=1))
            for hour in hours
        )
    )
    trend = scene.ask(cost.TRENDS, group_by="hour")
    assert [(point.period, point.complete) for point in trend] == [(hour, True) for hour in hours]


def test_a_period_is_complete_once_every_account_has_all_its_days(scene: Scene) -> None:
    """A missing day, a failed part, a running day or an account left behind: not complete."""
    first = date(2026, 11, 9)
    week = {"start": day_span(first).start, "end": day_span(first, 7).end, "group_by": "week"}

    def complete() -> bool:
        [point] = scene.ask(cost.TRENDS, **week)
        return point.complete

    scene.costs(charge("1", first), span=day_span(first, 6))
    assert not complete()
    scene.costs(span=day_span(first + timedelta(days=6)))
    assert complete()
    scene.costs(span=day_span(first), account_id="222222222222")
    assert not complete()
    scene.costs(span=day_span(first, 7), account_id="222222222222")
    assert complete()
    scene.clock.instant = datetime(2026, 11, 15, 12, tzinfo=UTC)
    running = replace(scene, customer=f"{scene.customer}-running")
    running.costs(charge("1", first), span=day_span(first, 7))
    assert not running.ask(cost.TRENDS, **week)[0].complete


def test_resources_are_ranked_by_what_they_cost(scene: Scene) -> None:
    """Dearest first, with the share of the total; the unattributed rest is an entry."""
    scene.costs(
        charge("1", resource_id="small"),
        charge("6", resource_id="large", resource_name="db"),
        charge("3"),
    )
    ranked = scene.ask(cost.BY_RESOURCE)
    assert [(row.resource_id, row.cost) for row in ranked] == [("large", 6), ("", 3), ("small", 1)]
    assert [row.share for row in ranked] == pytest.approx([0.6, 0.3, 0.1])
    assert ranked[0].resource_name == "db"
    after = {"after_currency": "USD", "after_cost": 6, "after_resource": "large"}
    where = {"after_provider": "aws", "after_service": "Amazon EC2", "after_region": "us-east-1"}
    second = scene.ask(
        cost.BY_RESOURCE, limit=1, has_after=True, after_account="111111111111", **after, **where
    )
    assert [(row.resource_id, row.share) for row in second] == [("", pytest.approx(0.3))]


@pytest.mark.parametrize(
    ("dimension", "values"),
    [
        ("service", {"Amazon EC2": 3, "Amazon S3": 4}),
        ("charge_category", {"Usage": 3, "Tax": 4}),
        ("region", {"us-east-1": 1, "eu-west-1": 6}),
        ("account", {"111111111111": 3, "999999999999": 4}),
        ("sku", {"box": 1, "": 6}),
        ("resource_type", {"vm": 2, "": 5}),
        ("provider", {"aws": 7}),
        ("tag", {"web": 1, "": 6}),
    ],
)
def test_cost_is_split_by_any_dimension(
    scene: Scene, dimension: str, values: dict[str, int]
) -> None:
    """Every dimension adds up to the same total."""
    scene.costs(
        charge("1", sku_id="box", tags={"team": "web"}),
        charge("2", region_id="eu-west-1", resource_type="vm"),
        charge(
            "4", region_id="eu-west-1", service_name="Amazon S3", charge_category="Tax",
            sub_account_id="999999999999",
        ),
    )  # fmt: skip
    split = scene.ask(cost.BY_TYPE, dimension=dimension, tag="team")
    assert {row.value: row.cost for row in split} == values
    assert sum(row.share or 0 for row in split) == pytest.approx(1)


def test_words_that_a_question_does_not_know_are_refused(scene: Scene) -> None:
    """A basis, dimension or grouping is one of a list, and the refusal names it."""
    with pytest.raises(InvalidRequest) as refusal:
        scene.ask(cost.BY_TYPE, dimension="colour")
    assert "resource_type" in refusal.value.remedy
    with pytest.raises(Permanent):
        scene.ask(cost.TOTAL, colour="red")
    with pytest.raises(Permanent):
        scene.ask(cost.TOTAL, customer_id="")


def test_several_clouds_add_up(scene: Scene) -> None:
    """All providers named together, or one alone."""
    scene.costs(charge("1"))
    scene.costs(charge("2"), provider="gcp")
    assert scene.ask(cost.TOTAL, providers=["aws", "gcp"])[0].cost == 3
    assert scene.ask(cost.TOTAL, providers=["gcp"])[0].cost == 2
    assert scene.ask(cost.TOTAL, providers=[]) == []
