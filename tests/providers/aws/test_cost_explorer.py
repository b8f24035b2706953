"""Cost Explorer: every charge once, exact, in its category; pages that end; money accounted for."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, NotReady, NotSupported, PermissionMissing
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import Window, day_window
from optiinfra_pipelines.providers.aws.billing_codes import region_of
from optiinfra_pipelines.providers.aws.cost import CostCollector
from optiinfra_pipelines.providers.aws.cost_explorer import kind_of
from optiinfra_pipelines.providers.aws.finality import finality
from tests.providers.aws.conftest import NOW, Connect
from tests.providers.aws.wire import Asked, AwsDouble, refused

DAY = day_window(date(2026, 11, 20))
EC2 = "Amazon Elastic Compute Cloud - Compute"


def group(service: str, key: str, billed: str, effective: str = "", unit: str = "Hrs") -> Any:
    """One group as Cost Explorer tells it."""
    return {
        "Keys": [service, key],
        "Metrics": {
            "UnblendedCost": {"Amount": billed, "Unit": "USD"},
            "AmortizedCost": {"Amount": effective or billed, "Unit": "USD"},
            "UsageQuantity": {"Amount": "24", "Unit": unit},
        },
    }


def day(*groups: Any, start: str = "2026-11-20", estimated: bool = True) -> dict[str, Any]:
    """One day of an answer."""
    end = (date.fromisoformat(start) + timedelta(days=1)).isoformat()
    period = {"Start": start, "End": end}
    return {"TimePeriod": period, "Total": {}, "Groups": list(groups), "Estimated": estimated}


def telling(
    cloud: AwsDouble,
    usage: Callable[[dict[str, Any]], Any],
    other: Callable[..., Any] | None = None,
) -> list[dict[str, Any]]:
    """Have Cost Explorer answer the two questions; the requests' bodies are kept."""
    bodies: list[dict[str, Any]] = []

    def told(call: Asked) -> Mapping[str, Any]:
        body = json.loads(call.incoming.body)
        bodies.append(body)
        by_usage = body["GroupBy"][1]["Key"] == "USAGE_TYPE"
        tell = usage if by_usage else (other or (lambda _body: {"ResultsByTime": [day()]}))
        return dict(tell(body))

    cloud.script["ce", "GetCostAndUsage"] = told
    return bodies


def collected(connect: Connect, span: Window = DAY, **fields: Any) -> list[CostRow]:
    """The rows that collecting brings."""
    return list(CostCollector().collect(connect(**fields), span))


def test_two_questions_hold_every_charge_once(cloud: AwsDouble, connect: Connect) -> None:
    """The second question's filter is the first one's negation, so no charge is in both or none."""
    bodies = telling(
        cloud,
        lambda _body: {"ResultsByTime": [day(group(EC2, "USE2-BoxUsage:m5.large", "2.304"))]},
        lambda _body: {"ResultsByTime": [day(group(EC2, "Credit", "-1.5"))]},
    )
    rows = collected(connect)
    assert len(bodies) == 2
    assert bodies[1]["Filter"] == {"Not": bodies[0]["Filter"]}
    assert all(len(body["GroupBy"]) == 2 for body in bodies)
    assert all(
        body["TimePeriod"] == {"Start": "2026-11-20", "End": "2026-11-21"} for body in bodies
    )
    assert [(row.charge_category, row.region_id) for row in rows] == [
        ("Usage", "us-east-2"),
        ("Credit", ""),
    ]
    assert sum(row.billed_cost for row in rows) == Decimal("0.804")


def test_amounts_are_kept_to_the_twelfth_place(cloud: AwsDouble, connect: Connect) -> None:
    """Text becomes a decimal without passing through a binary fraction; unknown costs are none."""
    amount = "12345678901234.1234567890124999"
    telling(cloud, lambda _body: {"ResultsByTime": [day(group(EC2, "BoxUsage", amount, "3.3"))]})
    (row,) = collected(connect)
    assert (row.billed_cost, row.effective_cost) == (
        Decimal("12345678901234.123456789012"),
        Decimal("3.3"),
    )
    assert (row.list_cost, row.contracted_cost) == (None, None)
    assert (row.consumed_quantity, row.consumed_unit) == (Decimal(24), "Hrs")
    assert (row.charge_period_start, row.charge_period_end) == (DAY.start, DAY.end)
    assert (row.billing_period_start, row.billing_account_id) == (date(2026, 11, 1), "111111111111")


def test_who_offers_and_hosts_is_told_as_far_as_it_is_known(
    cloud: AwsDouble, connect: Connect
) -> None:
    """AWS offers all of it; a marketplace seller may host elsewhere, and its name is not told."""
    telling(
        cloud,
        lambda _body: {"ResultsByTime": [day(group(EC2, "USE2-BoxUsage:m5.large", "2.304"))]},
        lambda _body: {"ResultsByTime": [day(group("Contoso Log Search", "Fee", "99"))]},
    )
    usage, fee = collected(connect)
    assert usage.billing_period_end == date(2026, 12, 1)
    assert (usage.sku_meter, usage.charge_frequency) == ("USE2-BoxUsage:m5.large", "Usage-Based")
    assert (usage.service_provider_name, usage.host_provider_name) == ("AWS", "AWS")
    assert (fee.service_provider_name, fee.host_provider_name) == ("AWS", "")
    assert (fee.publisher_name, fee.invoice_issuer_name, fee.sku_meter) == ("", "", "")


def test_a_quantity_without_a_unit_is_no_quantity(cloud: AwsDouble, connect: Connect) -> None:
    """Cost Explorer adds hours to gigabytes and calls the unit N/A."""
    telling(cloud, lambda _body: {"ResultsByTime": [day(group(EC2, "BoxUsage", "1", unit="N/A"))]})
    (row,) = collected(connect)
    assert (row.consumed_quantity, row.consumed_unit) == (None, "")


def test_every_page_is_read_and_paid_for(cloud: AwsDouble, connect: Connect) -> None:
    """Each page is a request at 0.01 USD, and stands so in the ledger."""

    def usage(body: dict[str, Any]) -> Any:
        page = int(body.get("NextPageToken", "0"))
        told = {"ResultsByTime": [day(group(EC2, f"BoxUsage:{page}", "1"))]}
        return told if page == 2 else {**told, "NextPageToken": str(page + 1)}

    telling(cloud, usage)
    aws = connect()
    assert len(list(CostCollector().collect(aws, DAY))) == 3
    calls = [call for call in aws.gate.ledger.calls if call.operation == "ce:GetCostAndUsage"]
    assert [str(call.usd) for call in calls] == ["0.01"] * 4


def test_pages_that_go_in_a_circle_cost_two_requests(cloud: AwsDouble, connect: Connect) -> None:
    """A token that comes again ends the reading as malformed."""
    telling(cloud, lambda _body: {"ResultsByTime": [day()], "NextPageToken": "again"})
    with pytest.raises(Malformed, match="same NextPageToken twice"):
        collected(connect)
    assert cloud.count("ce", "GetCostAndUsage") == 2


def test_a_group_told_twice_is_refused(cloud: AwsDouble, connect: Connect) -> None:
    """Adding it up would invent money, dropping it could lose some."""

    def usage(body: dict[str, Any]) -> Any:
        told = {"ResultsByTime": [day(group(EC2, "BoxUsage", "1"))]}
        return told if "NextPageToken" in body else {**told, "NextPageToken": "second"}

    telling(cloud, usage)
    with pytest.raises(Malformed, match="two pages"):
        collected(connect)


def test_an_amount_that_is_no_number_is_malformed(cloud: AwsDouble, connect: Connect) -> None:
    """It is neither guessed nor left out."""
    telling(cloud, lambda _body: {"ResultsByTime": [day(group(EC2, "BoxUsage", "a lot"))]})
    with pytest.raises(Malformed):
        collected(connect)


@pytest.mark.parametrize(
    ("today", "estimated", "state"),
    [
        (datetime(2026, 11, 22, tzinfo=UTC), True, "open"),
        (datetime(2026, 11, 22, tzinfo=UTC), False, "open"),
        (datetime(2026, 12, 1, tzinfo=UTC), True, "closing"),
        (datetime(2026, 12, 7, 23, 59, tzinfo=UTC), False, "closing"),
        (datetime(2026, 12, 8, tzinfo=UTC), False, "final"),
        (datetime(2026, 12, 8, tzinfo=UTC), True, "closing"),
    ],
)
def test_finality_follows_the_month_and_estimated(
    today: datetime, *, estimated: bool, state: str
) -> None:
    """Open while the month runs, final from the 8th on unless AWS still calls it estimated."""
    assert finality(date(2026, 11, 20), today, invoiced=not estimated) == state


@pytest.mark.parametrize(
    ("record_type", "category"),
    [
        ("Credit", "Credit"),
        ("Refund", "Credit"),
        ("Tax", "Tax"),
        ("SavingsPlanRecurringFee", "Purchase"),
        ("Savings Plan Recurring Fee", "Purchase"),
        ("SavingsPlanNegation", "Usage"),
        ("Solution Provider Program Discount", "Credit"),
        ("Something AWS invents in 2027", "Adjustment"),
    ],
)
def test_each_record_type_has_a_charge_category(record_type: str, category: str) -> None:
    """Both spellings of AWS; what is new is an adjustment in AWS's words, never dropped."""
    assert kind_of(record_type)[0] == category


@pytest.mark.parametrize(
    ("service", "usage_type", "region"),
    [
        (EC2, "BoxUsage:m5.large", "us-east-1"),
        (EC2, "USE2-BoxUsage:m5.large", "us-east-2"),
        (EC2, "EU-BoxUsage:m5.large", "eu-west-1"),
        (EC2, "EUC1-EBS:VolumeUsage.gp3", "eu-central-1"),
        (EC2, "USE1-USW2-AWS-Out-Bytes", "us-east-1"),
        (EC2, "LAX1-BoxUsage:t3.medium", ""),
        ("Amazon CloudFront", "EU-Requests-Tier2-HTTPS", ""),
        ("Amazon Route 53", "DNS-Queries", ""),
    ],
)
def test_the_region_is_read_from_the_usage_type(service: str, usage_type: str, region: str) -> None:
    """No code means us-east-1; a code we do not know means no region, not a wrong one."""
    assert region_of(service, usage_type) == region


def test_days_that_have_not_begun_are_not_asked_for(cloud: AwsDouble, connect: Connect) -> None:
    """The request ends with today; a span of the future is not ready and costs nothing."""
    bodies = telling(cloud, lambda _body: {"ResultsByTime": []})
    collected(connect, Window(DAY.start, NOW + timedelta(days=5)))
    assert bodies[0]["TimePeriod"]["End"] == "2026-11-23"
    with pytest.raises(NotReady):
        collected(connect, day_window(date(2026, 11, 25)))
    assert len(bodies) == 2


def test_cost_explorer_can_be_forbidden(cloud: AwsDouble, connect: Connect) -> None:
    """Without an export there is then no source, and no request is made."""
    with pytest.raises(NotSupported, match="forbids Cost Explorer"):
        collected(connect, cost_explorer=False)
    assert cloud.seen == []


def test_a_missing_permission_for_cost_is_named(cloud: AwsDouble, connect: Connect) -> None:
    """The whole account fails: there is no part of a bill that could be served."""
    cloud.on("ce", "GetCostAndUsage", refused("ce", "AccessDeniedException", "no", 400))
    with pytest.raises(PermissionMissing) as error:
        collected(connect)
    assert error.value.permissions == ("ce:GetCostAndUsage",)


def test_cost_explorer_is_asked_three_times_a_day_at_most(connect: Connect) -> None:
    """Its data changes no more often, and every request is billed."""
    rhythm = CostCollector().rhythm(connect())
    assert rhythm.min_interval == timedelta(hours=8)
    assert rhythm.reread == timedelta(days=3)
    assert CostCollector().changes(connect(), None, DAY) is None


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 11, 22, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 12, 7, 23, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 12, 8, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_the_month_before_is_read_again_until_it_settles(
    now: datetime, first: date, connect: Connect
) -> None:
    """AWS posts support charges on the 6th or 7th of the month after; both sources know it."""
    closing = CostCollector().rhythm(connect()).closing
    assert closing is not None
    assert closing.unsettled(now).first_day == first


def test_sixty_settled_days_are_looked_at_again_with_two_requests(
    cloud: AwsDouble, connect: Connect
) -> None:
    """A refund after the invoice is seen, and the whole span costs what a single day costs."""
    telling(cloud, lambda _body: {"ResultsByTime": []})
    aws = connect()
    recheck = CostCollector().rhythm(aws).recheck
    assert recheck == timedelta(days=60)
    list(CostCollector().collect(aws, Window(DAY.end - recheck, DAY.end)))
    calls = [call for call in aws.gate.ledger.calls if call.operation == "ce:GetCostAndUsage"]
    assert sum(call.usd for call in calls) == Decimal("0.02")
