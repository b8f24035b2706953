"""Stored charges are held against the rules of FOCUS; what is wrong is named, what is known too."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.focus.reading import csv_rows
from optiinfra_core.focus.rules import RULES, FocusGap, Gravity
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.questions.focus import BROKEN
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import DAY, FixedClock, Window
from optiinfra_pipelines.assets.factory import collection_asset
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.focus_checks import COLUMNS, FIGURES, focus_checks
from optiinfra_pipelines.partitions import customer_days
from optiinfra_pipelines.registry import providers
from tests.core.warehouse.scene import charge
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.test_assets import opened

TODAY = NOON.date()
WHOLE: dict[str, Any] = {
    "service_category": "Compute",
    "charge_frequency": "Usage-Based",
    "consumed_quantity": Decimal(2),
    "consumed_unit": "Hours",
    "contracted_cost": Decimal("0.5"),
    "contracted_unit_price": Decimal("0.25"),
    "list_cost": Decimal(1),
    "list_unit_price": Decimal("0.5"),
    "pricing_category": "Standard",
    "pricing_quantity": Decimal(2),
    "pricing_unit": "Hours",
    "region_name": "North",
    "sku_id": "S1",
    "sku_price_id": "S1.P1",
}
COMMITTED = {
    "pricing_category": "Committed",
    "commitment_discount_id": "plan/1",
    "commitment_discount_category": "Spend",
    "commitment_discount_type": "Plan",
    "commitment_discount_status": "Used",
    "commitment_discount_quantity": Decimal(1),
    "commitment_discount_unit": "USD",
}
TAX = {
    "charge_category": "Tax",
    "charge_frequency": "One-Time",
    "consumed_quantity": None,
    "consumed_unit": "",
    "contracted_unit_price": None,
    "list_unit_price": None,
    "pricing_category": "",
    "pricing_quantity": None,
    "pricing_unit": "",
    "sku_id": "",
    "sku_price_id": "",
}
PURCHASE = {"charge_category": "Purchase", "charge_frequency": "One-Time"}
USED_UP = {"consumed_quantity": None, "consumed_unit": ""}
RESERVED = {"capacity_reservation_id": "r1", "capacity_reservation_status": "Used"}

# What must be said of an otherwise faultless charge for it to break one rule, and only that.
BREACHES: dict[str, dict[str, Any]] = {
    "BillingAccountId-C-001-M": {"billing_account_id": ""},
    "ServiceName-C-003-M": {"service_name": ""},
    "BillingCurrency-C-006-M": {"billing_currency": "Tokens"},
    "BillingPeriodEnd-C-004-M": {
        "billing_period_start": TODAY,
        "billing_period_end": TODAY,
    },
    "ChargePeriodEnd-C-004-M": {"charge_period_end": datetime(2026, 11, 20, tzinfo=UTC)},
    "ChargeCategory-C-003-M": {**USED_UP, "charge_category": "usage"},
    "ChargeClass-C-005-C": {"charge_class": "Refund"},
    "ContractedCost-C-009-C": {"contracted_cost": Decimal("0.51")},
    "ListCost-C-009-C": {"list_cost": Decimal("1.01")},
    "EffectiveCost-C-010-C": {
        **USED_UP,
        "charge_category": "Credit",
        "effective_cost": Decimal("0.9"),
    },
    "EffectiveCost-C-005-C": {**USED_UP, **COMMITTED, **PURCHASE, "effective_cost": Decimal(1)},
    "BillingPeriodStart-C-004-M": {"billing_period_start": TODAY.replace(month=10, day=1)},
    "CapacityReservationStatus-C-003-C": {"capacity_reservation_status": "Used"},
    "CapacityReservationStatus-C-004-C": {**RESERVED, "capacity_reservation_status": ""},
    "CapacityReservationStatus-C-006-M": {**RESERVED, "capacity_reservation_status": "used"},
    "ChargeFrequency-C-002-M": {"charge_frequency": ""},
    "ChargeFrequency-C-003-M": {"charge_frequency": "Usage-based"},
    "ChargeFrequency-C-004-C": {**USED_UP, "charge_category": "Purchase"},
    "CommitmentDiscountCategory-C-003-C": {"commitment_discount_category": "Spend"},
    "CommitmentDiscountCategory-C-004-C": {**COMMITTED, "commitment_discount_category": ""},
    "CommitmentDiscountCategory-C-005-M": {**COMMITTED, "commitment_discount_category": "Money"},
    "CommitmentDiscountName-C-004-C": {"commitment_discount_name": "Plan 1"},
    "CommitmentDiscountQuantity-C-005-C": {
        **COMMITTED,
        "commitment_discount_quantity": None,
        "commitment_discount_unit": "",
    },
    "CommitmentDiscountQuantity-C-007-C": {
        "commitment_discount_quantity": Decimal(1),
        "commitment_discount_unit": "USD",
    },
    "CommitmentDiscountStatus-C-003-C": {"commitment_discount_status": "Used"},
    "CommitmentDiscountStatus-C-004-C": {**COMMITTED, "commitment_discount_status": ""},
    "CommitmentDiscountStatus-C-005-M": {**COMMITTED, "commitment_discount_status": "Partly"},
    "CommitmentDiscountType-C-004-C": {"commitment_discount_type": "Plan"},
    "CommitmentDiscountType-C-005-C": {**COMMITTED, "commitment_discount_type": ""},
    "CommitmentDiscountUnit-C-005-C": {"commitment_discount_unit": "USD"},
    "CommitmentDiscountUnit-C-006-C": {**COMMITTED, "commitment_discount_unit": ""},
    "ConsumedQuantity-C-004-C": {**PURCHASE},
    "ConsumedQuantity-C-006-C": {**USED_UP},
    "ConsumedUnit-C-005-C": {**USED_UP, **PURCHASE, "consumed_unit": "Hours"},
    "ConsumedUnit-C-006-C": {"consumed_unit": ""},
    "ContractedCost-C-003-M": {"contracted_cost": None},
    "ContractedUnitPrice-C-005-C": {**TAX, "contracted_unit_price": Decimal(1)},
    "ContractedUnitPrice-C-006-C": {"contracted_unit_price": None},
    "ContractedUnitPrice-C-009-C": {
        "contracted_unit_price": Decimal("-0.25"),
        "contracted_cost": Decimal("-0.5"),
    },
    "ListCost-C-003-M": {"list_cost": None},
    "ListUnitPrice-C-004-C": {**TAX, "list_unit_price": Decimal(1)},
    "ListUnitPrice-C-005-C": {"list_unit_price": None},
    "ListUnitPrice-C-008-M": {"list_unit_price": Decimal("-0.5"), "list_cost": Decimal(-1)},
    "PricingCategory-C-003-C": {**TAX, "pricing_category": "Standard"},
    "PricingCategory-C-004-C": {"pricing_category": ""},
    "PricingCategory-C-007-M": {"pricing_category": "Special"},
    "PricingCategory-C-009-C": {**COMMITTED, "pricing_category": "Standard"},
    "PricingQuantity-C-004-C": {**TAX, "pricing_quantity": Decimal(1), "pricing_unit": "Hours"},
    "PricingQuantity-C-005-C": {"pricing_quantity": None, "pricing_unit": ""},
    "PricingUnit-C-005-C": {**TAX, "pricing_unit": "Hours"},
    "PricingUnit-C-006-C": {"pricing_unit": ""},
    "RegionName-C-004-C": {"region_id": ""},
    "RegionName-C-005-C": {"region_name": ""},
    "ResourceName-C-004-C": {"resource_name": "web"},
    "ResourceType-C-004-C": {"resource_type": "machine"},
    "ResourceType-C-005-C": {"resource_id": "machine/1"},
    "ServiceCategory-C-002-M": {"service_category": ""},
    "ServiceCategory-C-003-M": {"service_name": "Other", "service_category": "Machines"},
    "SkuId-C-004-C": {**TAX, "sku_id": "S2"},
    "SkuId-C-005-C": {"sku_id": "", "sku_price_id": "S3.P1"},
    "SkuMeter-C-004-C": {**TAX, "sku_meter": "hours"},
    "SkuPriceDetails-C-004-C": {**TAX, "sku_price_details": "{}"},
    "SkuPriceId-C-004-C": {**TAX, "sku_price_id": "S4.P1"},
    "SkuPriceId-C-005-C": {"sku_price_id": ""},
    "SubAccountName-C-004-C": {"sub_account_name": "Shop"},
    "SubAccountName-C-005-C": {"sub_account_id": "2", "sub_account_type": "Account"},
    "SubAccountType-C-004-C": {"sub_account_type": "Account"},
    "SubAccountType-C-005-C": {"sub_account_id": "2", "sub_account_name": "Shop"},
    "ColumnHandling-A-010-M": {"extra": {"operation": "RunInstances"}},
    "OptiInfra-001": {
        "contracted_cost": Decimal(2),
        "contracted_unit_price": Decimal(1),
    },
}


def whole(**fields: Any) -> CostRow:
    """A charge that breaks no rule, but for what ``fields`` say."""
    return charge("1", TODAY, **{**WHOLE, **fields})


class Bill:
    """One customer's charges at the scripted cloud."""

    def __init__(self, doors: Doors, clock: FixedClock, cloud: Provider, customer: str) -> None:
        self.doors = doors
        self.clock = clock
        self.cloud = cloud
        self.customer = customer

    def is_(self, *rows: CostRow, source: str = "toy") -> None:
        """Store ``rows`` as all charges of two months, and say that they were collected."""
        self.clock.advance(timedelta(minutes=1))
        end = datetime(2026, 12, 1, tzinfo=UTC)
        span = Window(end - 61 * DAY, end)
        batch = Batch(
            metric=COST,
            customer_id=self.customer,
            provider=self.cloud.slug,
            account_id="a-1",
            source=source,
            run_id="run",
            span=span,
            windows=tuple(span.split(DAY)),
        )
        WindowWriter(self.doors.warehouse, self.clock).replace(batch, rows)
        state = SourceState(
            customer_id=self.customer,
            provider=self.cloud.slug,
            dataset=COST.name,
            account_id="a-1",
            source=source,
        )
        self.doors.states.save(state)

    def broken(self) -> dict[str, int]:
        """The rules that the customer's charges break, and how many charges break each."""
        span = {"first_day": TODAY - 35 * DAY, "last_day": TODAY}
        asked = {"customer_id": self.customer, "provider": self.cloud.slug, **span}
        return {
            found.rule: found.charges
            for found in self.doors.warehouse.rows(BROKEN, asked)
            if found.rule
        }


@pytest.fixture
def bill(doors: Doors, clock: FixedClock, cloud: Provider, tenants: Tenants) -> Bill:
    """A new customer's bill."""
    return Bill(doors, clock, cloud, tenants.add())


def test_a_faultless_charge_breaks_no_rule(bill: Bill) -> None:
    """Usage, committed usage, tax, a purchase, a credit and a correction, as FOCUS wants them."""
    credit = {**TAX, "charge_category": "Credit", "contracted_cost": Decimal(1)}
    correction = {"charge_class": "Correction", "list_unit_price": None, "pricing_quantity": None}
    bill.is_(
        whole(),
        whole(**COMMITTED, **RESERVED),
        whole(**TAX),
        whole(**USED_UP, **PURCHASE),
        whole(**credit),
        whole(**correction, pricing_unit=""),
    )
    assert bill.broken() == {}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.id in BREACHES])
def test_a_breach_of_a_rule_is_found(bill: Bill, rule: str) -> None:
    """A charge that breaks one rule is counted under that rule, and under no other."""
    bill.is_(whole(), whole(**BREACHES[rule]))
    assert bill.broken() == {rule: 1}


def test_rules_over_several_charges_find_what_contradicts_itself(bill: Bill) -> None:
    """One service in two categories, and one price of two SKUs, are told once each."""
    bill.is_(
        whole(),
        whole(service_category="Storage"),
        whole(service_name="Other", sku_id="S2"),
    )
    assert bill.broken() == {"ServiceName-C-005-C": 1, "SkuPriceId-C-008-M": 1}


def test_every_rule_is_tried_here() -> None:
    """A rule without its breach would be a rule that nobody has seen working."""
    contradictions = {"ServiceName-C-005-C", "SkuPriceId-C-008-M"}
    assert {rule.id for rule in RULES} == {*BREACHES, *contradictions}
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert f"'{rule.id}'" in BROKEN.sql
        assert rule.sentence
        assert rule.remedy


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster of our own."""
    with dg.DagsterInstance.ephemeral() as opened_instance:
        yield opened_instance


def evaluated(
    bill: Bill, instance: dg.DagsterInstance, *gaps: FocusGap
) -> dict[str, dg.AssetCheckEvaluation]:
    """Both checks as Dagster runs them, for a cloud that declares ``gaps``."""
    cloud = replace(bill.cloud, focus_gaps=gaps)
    days = customer_days(cloud.slug, bill.clock, 60)
    asset = collection_asset(cloud, COST, days, bill.doors.settings)
    checks = list(focus_checks(cloud, asset))
    job = dg.Definitions(
        assets=[asset],
        asset_checks=checks,
        jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*checks))],
        resources={"collection": opened(bill.doors)},
    ).resolve_job_def("checks")
    result = job.execute_in_process(instance=instance)
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def test_a_wrong_figure_is_an_error_and_a_gap_a_warning(
    bill: Bill, instance: dg.DagsterInstance
) -> None:
    """Each names rule, count, example and remedy in words."""
    bill.is_(whole(), whole(list_cost=Decimal(7), region_name=""))
    found = evaluated(bill, instance)
    figures, columns = found[FIGURES], found[COLUMNS]
    assert (figures.passed, figures.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert (columns.passed, columns.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "ListCost-C-009-C" in str(figures.metadata["rules_broken"].value)
    told = str(figures.metadata["broken"].value).splitlines()
    (line,) = (line for line in told if bill.customer in line)
    assert line.startswith(
        "| ListCost-C-009-C | List cost is list unit price times pricing quantity |"
        f" {bill.customer} a-1 (toy) | 1 | 2026-11-22T00:00:00Z Amazon EC2  S1 Usage | Compare"
    )


def test_a_known_gap_is_shown_and_does_not_fail(bill: Bill, instance: dg.DagsterInstance) -> None:
    """What a source cannot tell is listed with its reason, only for that source."""
    gap = FocusGap(
        source="toy",
        rules=frozenset({"ListCost-C-003-M", "ListUnitPrice-C-005-C"}),
        why="The toy has no price list.",
    )
    unlisted = whole(list_cost=None, list_unit_price=None)
    bill.is_(unlisted)
    mine = evaluated(bill, instance, gap)[COLUMNS]
    told = str(mine.metadata["known_gaps"].value)
    assert f"| {bill.customer} a-1 (toy) | 1 |" in told
    assert "The toy has no price list." in told
    assert bill.customer not in str(mine.metadata["broken"].value)
    bill.is_(unlisted, source="elsewhere")
    other = evaluated(bill, instance, gap)[COLUMNS]
    assert bill.customer in str(other.metadata["broken"].value)


def test_a_gap_names_rules_that_exist() -> None:
    """A provider cannot excuse itself from a rule that is not there, nor without a reason."""
    known = {rule.id for rule in RULES}
    for cloud in providers().values():
        for gap in cloud.focus_gaps:
            assert gap.rules <= known, cloud.slug
            assert gap.why.endswith("."), cloud.slug


CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="no corpus")
def test_real_charges_break_the_rules_that_arithmetic_says(bill: Bill) -> None:
    """A thousand rows of three clouds: of figures, those are found that Python finds, no more."""
    rows = [
        replace(
            row,
            charge_period_start=row.charge_period_start.replace(year=2026) + 50 * DAY,
            charge_period_end=row.charge_period_end.replace(year=2026) + 50 * DAY,
        )
        for row in csv_rows(Path(CORPUS or "") / "focus" / "focus_1_0_sample.csv")
    ]
    bill.is_(*rows)
    figures = {rule.id for rule in RULES if rule.gravity is Gravity.FIGURE}
    assert {rule: count for rule, count in bill.broken().items() if rule in figures} == {
        "ContractedCost-C-009-C": sum(
            unlike(row.contracted_unit_price, row.pricing_quantity, row.contracted_cost)
            for row in rows
        ),
        "ListCost-C-009-C": sum(
            unlike(row.list_unit_price, row.pricing_quantity, row.list_cost) for row in rows
        ),
        "EffectiveCost-C-010-C": sum(
            row.charge_category == "Credit" and row.effective_cost != row.billed_cost
            for row in rows
        ),
    }


def unlike(price: Decimal | None, quantity: Decimal | None, cost: Decimal | None) -> bool:
    """Whether price times quantity is not the cost, beyond what rounding explains."""
    if price is None or quantity is None or cost is None:
        return False
    allowed = Decimal("0.005") if cost == round(cost, 2) else Decimal("0.000001")
    return abs(price * quantity - cost) > allowed + abs(cost) / 1000
