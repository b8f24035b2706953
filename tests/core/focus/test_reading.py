"""FOCUS files of every version and spelling are read for what they say."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from optiinfra_core.errors import Malformed
from optiinfra_core.focus import FocusReader
from optiinfra_core.focus.reading import csv_rows, parquet_rows

LINE: Mapping[str, Any] = {
    "BillingAccountId": "1",
    "BillingPeriodStart": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-11-05T00:00:00Z",
    "ChargePeriodEnd": "2026-11-06T00:00:00Z",
    "ServiceName": "Machines",
    "BilledCost": "1.5",
    "EffectiveCost": "1.25",
}


def read(**said: Any) -> Any:
    """The charge of a line that says the least it must, and ``said``."""
    line = {**LINE, **said}
    return FocusReader(line).row(line)


def test_the_least_that_a_line_must_say_is_a_charge() -> None:
    """What it does not say is empty, unknown or FOCUS's usual, never 0."""
    row = read()
    assert row.charge_period_start == datetime(2026, 11, 5, tzinfo=UTC)
    assert (row.billing_period_start, row.billing_period_end) == (date(2026, 11, 1), None)
    assert (row.billed_cost, row.effective_cost) == (Decimal("1.5"), Decimal("1.25"))
    assert (row.list_cost, row.consumed_quantity, row.sku_meter, row.tags) == (None, None, "", {})
    assert (row.charge_category, row.billing_currency, row.finality) == ("Usage", "USD", "open")


@pytest.mark.parametrize("spelling", [str.lower, str.upper, lambda name: f"\ufeff{name}"])
def test_the_spelling_of_columns_does_not_matter(spelling: Any) -> None:
    """Parquet of AWS has lower case, BigQuery underscores, Excel a byte order mark."""
    line = {spelling(name): value for name, value in LINE.items()}
    assert FocusReader(line).row(line) == read()


def test_snake_case_is_the_same_column() -> None:
    """`billed_cost` is `BilledCost`."""
    line = {**LINE, "sku_price_id": "P1", "list_unit_price": 0.1}
    row = FocusReader(line).row(line)
    assert (row.sku_price_id, row.list_unit_price) == ("P1", Decimal("0.1"))


def test_former_names_are_read_unless_the_present_one_is_there() -> None:
    """FOCUS renamed columns; a file that has both means the present one."""
    assert read(Provider="Cloud").provider_name == "Cloud"
    both = read(Provider="old", ProviderName="new")
    assert (both.provider_name, both.extra) == ("new", {"x_Provider": "old"})


@pytest.mark.parametrize("nothing", [None, "", "NULL", "null", r"\N", "  "])
def test_nothing_is_nothing_however_it_is_written(nothing: Any) -> None:
    """Words are empty, numbers unknown, maps empty, instants missing."""
    row = read(
        SkuId=nothing, ListCost=nothing, Tags=nothing, BillingPeriodEnd=nothing, x_Note=nothing
    )
    assert (row.sku_id, row.list_cost, row.tags) == ("", None, {})
    assert (row.billing_period_end, row.extra) == (None, {})


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ('{"b": "2", "a": "1"}', {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": "1"}),
        ([("a", "1"), ("b", None)], {"a": "1", "b": ""}),
        ('{"alone": true, "none": null, "n": 1.50}', {"alone": "true", "none": "", "n": "1.50"}),
        ('{"deep": {"b": 1, "a": [2]}}', {"deep": '{"a":[2],"b":1}'}),
        ("{}", {}),
    ],
)  # fmt: skip
def test_tags_are_a_json_object_or_a_map(told: Any, meant: Mapping[str, str]) -> None:
    """A tag without value is true or empty as the file says; numbers keep their digits."""
    assert read(Tags=told).tags == meant


def test_documents_become_canonical() -> None:
    """The same properties in another order are the same price."""
    one = read(SkuPriceDetails='{"x_b": 1, "CoreCount": 4}')
    other = read(SkuPriceDetails={"CoreCount": 4, "x_b": 1})
    assert one.sku_price_details == other.sku_price_details == '{"CoreCount":4,"x_b":1}'


def test_columns_that_focus_does_not_know_are_kept() -> None:
    """The provider's own, as they are; anybody else's with the prefix that FOCUS asks for."""
    row = read(x_UsageType="BoxUsage", CostCenter="7", x_Discounts={"b": 1, "a": 2})
    assert row.extra == {
        "x_UsageType": "BoxUsage",
        "x_CostCenter": "7",
        "x_Discounts": '{"a":2,"b":1}',
    }


def test_our_own_export_is_read_back() -> None:
    """Finality and the provider's columns return to where they were."""
    row = read(x_Finality="final", x_Provider="aws", x_ProviderColumns='{"x_UsageType":"Box"}')
    assert (row.finality, row.extra) == ("final", {"x_UsageType": "Box"})


def test_a_double_means_its_shortest_spelling() -> None:
    """0.1 in a Parquet double is a tenth, and what lies beyond the stored places is rounded."""
    row = read(BilledCost=0.1, ListUnitPrice=1e-7, EffectiveCost="0.0000000000015")
    assert (row.billed_cost, row.list_unit_price) == (Decimal("0.1"), Decimal("0.0000001"))
    assert row.effective_cost == Decimal("0.000000000002")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("BilledCost", "NaN"),
        ("BilledCost", "1,5"),
        ("ListCost", "1e999999"),
        ("EffectiveCost", ""),
        ("ChargePeriodStart", "yesterday"),
        ("ChargePeriodEnd", None),
        ("Tags", "[1]"),
        ("Tags", "{"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_by_its_number(
    tmp_path: Path, column: str, value: Any
) -> None:
    """A wrong figure is worse than none: the file is refused, and the line named."""
    line = {**LINE, "ListCost": "1", "Tags": "", column: value or ""}
    path = tmp_path / "focus.csv"
    quoted = ('"' + str(cell).replace('"', '""') + '"' for cell in line.values())
    path.write_text(f"{','.join(line)}\n{','.join(quoted)}\n", encoding="utf-8")
    with pytest.raises(Malformed, match=r"line 2 of focus\.csv"):
        list(csv_rows(path))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """The columns that are missing are named."""
    path = tmp_path / "other.csv"
    path.write_text("lineItem/UnblendedCost,BilledCost\n1,1\n", encoding="utf-8")
    with pytest.raises(Malformed, match="EffectiveCost"):
        list(csv_rows(path))


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    """Typed instants, decimals, doubles and maps are the charge that the text is."""
    told = {
        **{name: [value] for name, value in LINE.items()},
        "ChargePeriodStart": pa.array([datetime(2026, 11, 5, tzinfo=UTC)]),
        "BilledCost": pa.array([Decimal("1.50")], pa.decimal128(38, 12)),
        "EffectiveCost": pa.array([1.25]),
        "Tags": pa.array([[("team", "web")]], pa.map_(pa.string(), pa.string())),
    }
    path = tmp_path / "focus.parquet"
    parquet.write_table(pa.table(told), path)
    assert list(parquet_rows(path)) == [read(Tags='{"team":"web"}')]


def test_the_caller_may_know_better_than_the_file() -> None:
    """What is told beside a line stands instead of it, and need not be in the file."""
    line = {name: value for name, value in LINE.items() if name != "BillingPeriodStart"}
    row = FocusReader(line, told=["billing_period_start"]).row(
        line, billing_period_start=date(2026, 11, 1), finality="closing"
    )
    assert (row.billing_period_start, row.finality) == (date(2026, 11, 1), "closing")
