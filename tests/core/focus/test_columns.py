"""The columns are those of the specification, and every one has its place in the cost table."""

from dataclasses import fields

import pytest

from optiinfra_core.focus import COLUMNS, columns_of
from optiinfra_core.focus.columns import ALLOWED, BY_NAME, DEPRECATED, Level
from optiinfra_core.focus.currencies import CURRENCIES
from optiinfra_core.metrics import CostRow, Kind

NEW = {
    "1.1": {
        "CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity",
        "CommitmentDiscountUnit", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails",
    },
    "1.2": {
        "BillingAccountType", "InvoiceId", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "SubAccountType",
    },
    "1.3": {
        "AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId",
        "AllocatedResourceName", "AllocatedTags", "ContractApplied", "HostProviderName",
        "ServiceProviderName",
    },
}  # fmt: skip


@pytest.mark.parametrize(("version", "count"), [("1.0", 43), ("1.1", 50), ("1.2", 57), ("1.3", 65)])
def test_a_version_has_as_many_columns_as_its_specification(version: str, count: int) -> None:
    """FOCUS specification, changelog: seven new in 1.1, seven in 1.2, eight in 1.3."""
    assert len(columns_of(version)) == count
    introduced = {one.name for one in COLUMNS if one.since == version}
    assert introduced == NEW.get(version, introduced)


def test_what_is_mandatory_is_what_the_specification_says() -> None:
    """21 columns of 1.2 must be there, and who offers and who hosts in 1.3."""
    mandatory = {one.name for one in COLUMNS if one.level is Level.MANDATORY}
    assert len(mandatory - {"ServiceProviderName", "HostProviderName"}) == 21
    assert {"ServiceProviderName", "HostProviderName"} < mandatory


def test_every_column_is_a_field_of_its_own() -> None:
    """Nothing of FOCUS is dropped, and what is left are our own three."""
    held = {field.name for field in fields(CostRow)}
    ours = {one.field for one in COLUMNS}
    assert len(ours) == len(COLUMNS) == len(BY_NAME)
    assert held - ours == {"finality", "extra"}


def test_names_that_lists_mention_exist() -> None:
    """Allowed values and deprecations are of columns, and of words."""
    assert {*ALLOWED, *DEPRECATED} <= set(BY_NAME)
    assert {BY_NAME[name].kind for name in ALLOWED} == {Kind.TEXT}
    assert len(BY_NAME["ServiceCategory"].allowed) == 19
    assert BY_NAME["SkuId"].allowed == ()


def test_currencies_have_three_letters() -> None:
    """ISO 4217; a few of all kinds."""
    assert {len(code) for code in CURRENCIES} == {3}
    assert {"USD", "EUR", "JPY", "INR", "XOF"} < CURRENCIES
    assert "XXX" not in CURRENCIES
