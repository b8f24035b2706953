"""Why cost changed: what costs more or less than before, in figures and in sentences."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import CostReading, Coverage, Period
from optiinfra_core.metrics.money import Money

Kind = Literal["new", "gone", "rose", "fell", "same"]


class Amounts(BaseModel):
    """Cost in the period and in the one before."""

    currency: str
    cost: Money
    previous: Money
    change: Money = Field(description="cost - previous.")
    percent: Money | None = Field(
        description="change in hundredths of previous; null where that is 0."
    )
    kind: Kind = Field(description="new: no charge before; gone: none now.")
    new_effect: Money = Field(description="Charges of a kind that there was none of before.")
    gone_effect: Money = Field(description="Charges of a kind that there is none of now.")
    usage_effect: Money = Field(description="More or less use, at the price per unit of before.")
    price_effect: Money = Field(description="Dearer or cheaper units.")
    other_effect: Money = Field(
        description="More or less of charges without a quantity: use or price, nobody can tell."
        " The five effects add up to change."
    )


class Driver(Amounts):
    """One service, resource, account, region, SKU, category or provider that changed."""

    dimension: str = Field(
        description="provider, service, resource, account, region, sku or charge_category; each"
        " holds the whole cost, so that sums over several of them count twice."
    )
    value: str = Field(description="Empty: charges that name none.")
    label: str = Field(description="A resource's name, where it has one.")
    share: Money | None = Field(
        description="Part of the currency's whole change, in hundredths; null where that is 0."
    )
    unit: str = Field(description="Of the quantities; empty where they are null.")
    quantity: Money | None = Field(description="Consumed; null where it is not one unit.")
    previous_quantity: Money | None


class Restated(BaseModel):
    """What providers changed after the days in question had ended."""

    currency: str
    period: Literal["current", "previous"]
    delta: Money
    changes: int
    last_detected: datetime


class CostChange(CostReading[Driver]):
    """A period against the one before it, of the same length."""

    previous: Period
    previous_complete: bool
    previous_coverage: Coverage
    totals: list[Amounts] = Field(description="One for each currency.")
    restated: list[Restated]
    sentences: list[str] = Field(description="The same in words, the largest change first.")
    hidden: dict[str, int] = Field(
        description="Dimension -> values beyond `limit` that are left out, over all currencies."
    )
