"""Checks and alerts about money: stated sums, budgets, and what a cloud cannot give."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import dagster as dg
import pytest

from optiinfra_core.collecting.contract import Item, Provider
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.metrics import COST, RESOURCE, ControlTotal
from optiinfra_core.settings import Settings, settings
from optiinfra_core.windows import DAY, FixedClock, Window, day_window
from optiinfra_pipelines.assets.factory import collection_asset, unsupported_assets
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.money_checks import money_checks
from optiinfra_pipelines.partitions import customer_days
from optiinfra_pipelines.sensors import told_of_budgets
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script, charge
from tests.pipelines.test_assets import opened
from tests.pipelines.test_collection import once
from tests.pipelines.test_upkeep import Webhook, webhook

__all__ = ["webhook"]

KEY = dg.AssetKey(["toy", "cost"])
TODAY = NOON.date()


class Checked:
    """The checks on money of the scripted cloud's cost."""

    def __init__(self, doors: Doors, cloud: Provider, settings: Settings) -> None:
        days = customer_days(cloud.slug, FixedClock(NOON), 30)
        checks = list(money_checks(KEY, "toy", COST))
        self.job = dg.Definitions(
            assets=[collection_asset(cloud, COST, days, settings)],
            asset_checks=checks,
            jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*checks))],
            resources={"collection": opened(doors)},
        ).resolve_job_def("checks")
        self.blocking = {spec.name: spec.blocking for check in checks for spec in check.check_specs}

    def of(self, name: str) -> dg.AssetCheckEvaluation:
        """What the check of this name says now."""
        with dg.DagsterInstance.ephemeral() as instance:
            done = self.job.execute_in_process(instance=instance, raise_on_error=False)
        (found,) = (each for each in done.get_asset_check_evaluations() if each.check_name == name)
        return found


@pytest.fixture
def checked(doors: Doors, cloud: Provider, environment: Settings) -> Checked:
    """The checks, on the test's servers."""
    return Checked(doors, cloud, environment)


def test_charges_that_leave_their_invoice_turn_a_blocking_check_red(
    checked: Checked, doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """Both figures are told; once another invoice is stated, all is well again."""
    customer = tenants.add()
    month = Window(day_window(TODAY - DAY).start, day_window(TODAY).end)

    def stated(amount: str, *charged: str) -> Iterator[Item]:
        for day, told in zip((TODAY - DAY, TODAY), charged, strict=True):
            yield replace(charge(day, told), invoice_id="inv-1")
        yield ControlTotal(name="invoice", invoice_id="inv-1", span=month, amount=Decimal(amount))

    def collect(answer: list[Item], *days: int, run: str) -> None:
        script.answers[customer, "cost"] = lambda _: iter(answer)
        asked = tuple(TODAY - back * DAY for back in days)
        assert once(doors, cloud, COST, customer, days=asked, trigger="api", run_id=run).ok

    name = "invoices_and_control_totals_agree"
    assert checked.blocking[name]
    collect(list(stated("3", "1", "2")), 1, 0, run="a")
    assert checked.of(name).passed
    collect([replace(charge(TODAY, "2.5"), invoice_id="inv-1")], 0, run="b")
    red = checked.of(name)
    assert not red.passed
    line = str(red.metadata["differences"].value)
    assert f"{customer} {customer} invoice inv-1" in line
    assert "stated **3**, served **3.5** USD" in line
    collect(list(stated("3.5", "1", "2.5")), 1, 0, run="c")
    assert checked.of(name).passed


def test_a_slowed_account_is_a_warning_with_what_it_has_spent(
    checked: Checked, doors: Doors, cloud: Provider, tenants: Tenants
) -> None:
    """Nothing fails: the check says how much of which budget is gone."""
    customer = tenants.add()
    (record,) = doors.vault.list(customer)
    doors.vault.set_budget(record.id, Decimal("0.01"), "test")
    assert once(doors, cloud, COST, customer).ok
    found = checked.of("within_budget")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "0.01 of 0.01 USD this month" in str(found.metadata["accounts"].value)
    doors.vault.set_budget(record.id, None, "test")


def slowed(data_type: str = "cost", account: str = "111", **fields: object) -> SourceState:
    """A source that its budget slows."""
    given = {"slowed_until": NOON + DAY} | fields
    return SourceState(
        customer_id="acme", provider="toy", dataset=data_type, account_id=account, source="toy",
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_account_that_is_slowed_is_told_once_and_so_is_its_recovery(webhook: Webhook) -> None:
    """Two of its data types, seen at each minute; a moment without is no recovery."""
    both = (slowed(), slowed("performance"))
    told = told_of_budgets(both, {}, NOON)
    told = told_of_budgets(both, told, NOON + timedelta(minutes=1))
    free = (slowed(slowed_until=None), slowed("performance", slowed_until=None))
    told = told_of_budgets(free, told, NOON + timedelta(minutes=2))
    told = told_of_budgets(both, told, NOON + timedelta(hours=3))
    assert [each["event"] for each in webhook.told] == ["budget.slowed"]
    assert webhook.told[0]["account"] == "acme/toy/111"
    assert "2026-11-23T12:01Z" in webhook.told[0]["message"]
    told = told_of_budgets(free, told, NOON + timedelta(hours=28))
    assert [each["event"] for each in webhook.told] == ["budget.slowed", "budget.recovered"]
    assert told == {}


def test_a_metric_type_that_a_cloud_cannot_supply_is_there_to_be_read_about(
    cloud: Provider,
) -> None:
    """An asset that nobody can run, with the reason; others say what they lack."""
    reason = "Toy Cloud has no list of what exists."
    poor = replace(
        cloud,
        collectors=cloud.collectors[:2],
        not_supported={"resource": reason, "gpu_utilization": "It has no GPUs."},
    )
    (spec,) = unsupported_assets(poor, settings())
    assert spec.key == dg.AssetKey(["toy", RESOURCE.name])
    assert spec.description is not None
    assert reason in spec.description
    assert spec.tags["optiinfra/supported"] == "no"
    assert list(unsupported_assets(cloud, settings())) == []


def test_an_asset_lists_what_its_cloud_cannot_give(cloud: Provider, environment: Settings) -> None:
    """Where a person looks for it: in the description and the metadata."""
    poor = replace(cloud, not_supported={"gpu_utilization": "It has no GPUs."})
    asset = collection_asset(poor, COST, customer_days("toy", FixedClock(NOON), 30), environment)
    assert "gpu_utilization: It has no GPUs." in asset.descriptions_by_key[KEY]
    assert "It has no GPUs." in str(asset.metadata_by_key[KEY]["not_supported"])
