"""Every column that an AWS export has arrives in the column that FOCUS has for it."""

from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from optiinfra_core.focus import columns_of
from optiinfra_core.metrics import CostRow, Kind
from optiinfra_pipelines.providers.aws import cost_cur2, cost_focus
from tests.providers.aws.test_cost_export import CUR

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTH = date(2026, 11, 1)
# As pyarrow gives a cell of each kind; AWS writes money as doubles.
CELLS: dict[Kind, Any] = {
    Kind.LONG_TEXT: [("InstanceType", "m5.large"), ("CoreCount", "2")],
    Kind.MONEY: 0.25,
    Kind.OPTIONAL_MONEY: 0.25,
    Kind.QUANTITY: 0.25,
    Kind.INSTANT: datetime(2026, 11, 20, 5),  # noqa: DTZ001 - AWS writes no zone
    Kind.DAY: datetime(2026, 11, 1),  # noqa: DTZ001
    Kind.OPTIONAL_DAY: datetime(2026, 12, 1),  # noqa: DTZ001
    Kind.TAGS: [("team", "web")],
}
# FOCUS 1.2 has no column for these; the last two are not FOCUS's.
UNTOLD = {one.field for one in columns_of("1.3") if one.since == "1.3"} | {"finality", "extra"}


def test_a_focus_export_fills_every_column_of_1_2() -> None:
    """57 columns in, 57 columns kept: names, prices, commitments, price details."""
    record = {
        one.name.lower(): CELLS.get(one.kind, f"{one.name} told") for one in columns_of("1.2")
    }
    row = cost_focus.to_row(record, MONTH, NOW)
    told = {field.name: getattr(row, field.name) for field in fields(CostRow)}
    assert {name for name, value in told.items() if value in (None, "", {})} <= UNTOLD
    assert (row.sku_meter, row.publisher_name) == ("SkuMeter told", "PublisherName told")
    assert (row.contracted_unit_price, row.billing_period_end) == (
        Decimal("0.25"),
        date(2026, 12, 1),
    )
    assert row.sku_price_details == '{"CoreCount":"2","InstanceType":"m5.large"}'


def test_every_column_of_focus_is_asked_of_the_file() -> None:
    """Columns that are not asked for are not read out of Parquet."""
    assert {one.name.lower() for one in columns_of("1.2")} <= set(cost_focus.COLUMNS)


def test_a_cur_tells_who_invoices_and_what_is_metered() -> None:
    """Names of accounts, the invoicing and the selling entity, and the usage type as meter."""
    told = {
        "bill_payer_account_name": "Acme",
        "line_item_usage_account_name": "Shop",
        "bill_invoicing_entity": "Amazon Web Services EMEA SARL",
        "line_item_legal_entity": "Amazon Web Services, Inc.",
        "product_sku": "G95",
        "line_item_usage_type": "BoxUsage:m5.large",
        "line_item_line_item_type": "Usage",
    }
    row = cost_cur2.to_row({**CUR, **told}, MONTH, NOW)
    assert (row.billing_account_name, row.sub_account_name) == ("Acme", "Shop")
    assert row.invoice_issuer_name == "Amazon Web Services EMEA SARL"
    assert (row.publisher_name, row.sku_meter) == ("Amazon Web Services, Inc.", "BoxUsage:m5.large")
    tax = cost_cur2.to_row({**CUR, **told, "product_sku": None}, MONTH, NOW)
    assert tax.sku_meter == ""
    assert set(told) <= set(cost_cur2.COLUMNS)
