"""What an export delivered anew: told by manifests, for closed billing periods too."""

from datetime import UTC, datetime
from decimal import Decimal

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.cost import CostCollector
from tests.providers.aws.exported import NOVEMBER, Bucket, focus

OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), NOVEMBER.start)
HORIZON = Window(datetime(2026, 9, 23, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


def test_changes_name_the_periods_that_were_delivered_anew(bucket: Bucket, account: Aws) -> None:
    """At first all of them, then none, then the one that was rewritten: closed months as well."""
    collector = CostCollector()
    bucket.deliver("2026-10", focus({}))
    bucket.deliver("2026-11", focus({}))
    first = collector.changes(account, None, HORIZON)
    assert first is not None
    assert first.spans == (OCTOBER, NOVEMBER)
    again = collector.changes(account, first.version, HORIZON)
    assert again == Changes(version=first.version, spans=())
    bucket.manifest("2026-10", {"dataFiles": [], "executionId": "a refund after the invoice"})
    refunded = collector.changes(account, first.version, HORIZON)
    assert refunded is not None
    assert refunded.spans == (OCTOBER,)
    assert refunded.version != first.version


def test_looking_for_changes_costs_a_list_for_each_period(bucket: Bucket, account: Aws) -> None:
    """Three periods in 60 days: 0.000015 USD a look, and nothing is read."""
    bucket.deliver("2026-11", focus({}))
    CostCollector().changes(account, None, HORIZON)
    calls = account.gate.ledger.calls  # type: ignore[attr-defined]
    assert [call.operation for call in calls] == ["s3:ListObjectsV2"] * 3
    assert sum(call.usd for call in calls) == Decimal("0.000015")


def test_a_period_that_left_the_horizon_is_forgotten_and_one_that_came_is_new(
    bucket: Bucket, account: Aws
) -> None:
    """The version holds what the horizon holds; a period that is unknown is read."""
    collector = CostCollector()
    bucket.deliver("2026-10", focus({}))
    bucket.deliver("2026-11", focus({}))
    early = collector.changes(account, None, OCTOBER)
    assert early is not None
    late = collector.changes(account, early.version, HORIZON)
    assert late is not None
    assert late.spans == (NOVEMBER,)


def test_an_export_without_deliveries_names_nothing(account: Aws) -> None:
    """There is nothing to read yet; that the windows lack is for the schedule to see."""
    assert CostCollector().changes(account, None, HORIZON) == Changes(version="", spans=())
