"""The rules of FOCUS that stored charges are held against: what each says, how grave a breach is.

Ids are those of the FOCUS requirements model 1.2 (FinOps Foundation), ours where it has none. The
conditions, in the same order, are in warehouse/sql/cost/focus_rules.sql. What a row cannot show is
not here: that the sum of an invoice is the invoice's (BilledCost-C-007-M) is a control total, held
against the rows before they are written.
"""

from dataclasses import dataclass
from enum import StrEnum


class Gravity(StrEnum):
    """What a breach means for a reader of figures."""

    FIGURE = "a figure is wrong"
    WORD = "a column is missing or unusual"


@dataclass(frozen=True, slots=True)
class FocusRule:
    """One rule, as a sentence that is true of every charge."""

    id: str
    sentence: str
    gravity: Gravity

    @property
    def column(self) -> str:
        """The column that the rule is about."""
        return self.id.partition("-")[0]

    @property
    def remedy(self) -> str:
        """What to do about charges that break it."""
        return REMEDIES[self.gravity]


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusGap:
    """Rules that one source of a provider cannot keep, and why; shown wherever they are broken."""

    source: str
    rules: frozenset[str]
    why: str


REMEDIES = {
    Gravity.FIGURE: "Compare the examples with the provider's console. If they agree, the provider"
    " breaks FOCUS: report it there. If not, the collector reads it wrongly: report it to us.",
    Gravity.WORD: "Use a source that tells it (docs/focus.md says which), or declare the gap in the"
    " provider's manifest (focus_gaps) with the reason.",
}


def _figure(rule: str, sentence: str) -> FocusRule:
    return FocusRule(rule, sentence, Gravity.FIGURE)


def _word(rule: str, sentence: str) -> FocusRule:
    return FocusRule(rule, sentence, Gravity.WORD)


RULES = (
    _figure("BillingAccountId-C-001-M", "A charge has a billing account"),
    _figure("ServiceName-C-003-M", "A charge is for a service"),
    _figure("BillingCurrency-C-006-M", "The billing currency is a national currency (ISO 4217)"),
    _figure("BillingPeriodEnd-C-004-M", "A billing period ends after it starts"),
    _figure("ChargePeriodEnd-C-004-M", "A charge period ends after it starts"),
    _figure(
        "ChargeCategory-C-003-M",
        "The charge category is one of Usage, Purchase, Tax, Credit, Adjustment",
    ),
    _figure("ChargeClass-C-005-C", "The charge class is Correction or nothing"),
    _figure(
        "ContractedCost-C-009-C", "Contracted cost is contracted unit price times pricing quantity"
    ),
    _figure("ListCost-C-009-C", "List cost is list unit price times pricing quantity"),
    _figure("EffectiveCost-C-010-C", "A credit costs effectively what is billed"),
    _word("EffectiveCost-C-005-C", "Buying a commitment has no effective cost; what it covers has"),
    _word("BillingPeriodStart-C-004-M", "A charge starts within its billing period"),
    _word(
        "CapacityReservationStatus-C-003-C",
        "Without a capacity reservation there is no status of one",
    ),
    _word(
        "CapacityReservationStatus-C-004-C",
        "Usage of a capacity reservation says whether it was used",
    ),
    _word(
        "CapacityReservationStatus-C-006-M",
        "The status of a capacity reservation is Used or Unused",
    ),
    _word("ChargeFrequency-C-002-M", "A charge says how often it is made"),
    _word(
        "ChargeFrequency-C-003-M", "The charge frequency is one of One-Time, Recurring, Usage-Based"
    ),
    _word("ChargeFrequency-C-004-C", "A purchase is not charged by usage"),
    _word("CommitmentDiscountCategory-C-003-C", "Without a commitment there is no category of one"),
    _word("CommitmentDiscountCategory-C-004-C", "A commitment has a category"),
    _word("CommitmentDiscountCategory-C-005-M", "The category of a commitment is Spend or Usage"),
    _word("CommitmentDiscountName-C-004-C", "Without a commitment there is no name of one"),
    _word(
        "CommitmentDiscountQuantity-C-005-C",
        "Usage and purchases of a commitment say how much of it",
    ),
    _word(
        "CommitmentDiscountQuantity-C-007-C",
        "Only usage and purchases of a commitment have a quantity of it",
    ),
    _word("CommitmentDiscountStatus-C-003-C", "Without a commitment there is no status of one"),
    _word("CommitmentDiscountStatus-C-004-C", "Usage under a commitment says whether it was used"),
    _word("CommitmentDiscountStatus-C-005-M", "The status of a commitment is Used or Unused"),
    _word("CommitmentDiscountType-C-004-C", "Without a commitment there is no type of one"),
    _word("CommitmentDiscountType-C-005-C", "A commitment has a type"),
    _word(
        "CommitmentDiscountUnit-C-005-C",
        "Without a quantity of a commitment there is no unit of one",
    ),
    _word("CommitmentDiscountUnit-C-006-C", "A quantity of a commitment has a unit"),
    _word(
        "ConsumedQuantity-C-004-C",
        "Only usage consumes a quantity, and not the unused part of a commitment",
    ),
    _word("ConsumedQuantity-C-006-C", "Usage says how much was consumed"),
    _word("ConsumedUnit-C-005-C", "Without a consumed quantity there is no unit of one"),
    _word("ConsumedUnit-C-006-C", "A consumed quantity has a unit"),
    _word("ContractedCost-C-003-M", "A charge has a contracted cost"),
    _word("ContractedUnitPrice-C-005-C", "Tax has no contracted unit price"),
    _word("ContractedUnitPrice-C-006-C", "Usage and purchases have a contracted unit price"),
    _word("ContractedUnitPrice-C-009-C", "A contracted unit price is not negative"),
    _word("ListCost-C-003-M", "A charge has a list cost"),
    _word("ListUnitPrice-C-004-C", "Tax has no list unit price"),
    _word("ListUnitPrice-C-005-C", "Usage and purchases have a list unit price"),
    _word("ListUnitPrice-C-008-M", "A list unit price is not negative"),
    _word("PricingCategory-C-003-C", "Tax has no pricing category"),
    _word("PricingCategory-C-004-C", "Usage and purchases have a pricing category"),
    _word(
        "PricingCategory-C-007-M",
        "The pricing category is one of Standard, Dynamic, Committed, Other",
    ),
    _word("PricingCategory-C-009-C", "What a commitment covers is priced as Committed"),
    _word("PricingQuantity-C-004-C", "Tax has no pricing quantity"),
    _word("PricingQuantity-C-005-C", "Usage and purchases have a pricing quantity"),
    _word("PricingUnit-C-005-C", "Without a pricing quantity there is no unit of one"),
    _word("PricingUnit-C-006-C", "A pricing quantity has a unit"),
    _word("RegionName-C-004-C", "Without a region there is no name of one"),
    _word("RegionName-C-005-C", "A region has a name"),
    _word("ResourceName-C-004-C", "Without a resource there is no name of one"),
    _word("ResourceType-C-004-C", "Without a resource there is no type of one"),
    _word("ResourceType-C-005-C", "A resource has a type"),
    _word("ServiceCategory-C-002-M", "A charge has a service category"),
    _word("ServiceCategory-C-003-M", "The service category is one that FOCUS knows"),
    _word("SkuId-C-004-C", "Tax has no SKU"),
    _word("SkuId-C-005-C", "Usage and purchases have a SKU"),
    _word("SkuMeter-C-004-C", "Without a SKU there is no meter of one"),
    _word("SkuPriceDetails-C-004-C", "Without a SKU price there are no details of one"),
    _word("SkuPriceId-C-004-C", "Tax has no SKU price"),
    _word("SkuPriceId-C-005-C", "Usage and purchases have a SKU price"),
    _word("SubAccountName-C-004-C", "Without a sub account there is no name of one"),
    _word("SubAccountName-C-005-C", "A sub account has a name"),
    _word("SubAccountType-C-004-C", "Without a sub account there is no type of one"),
    _word("SubAccountType-C-005-C", "A sub account has a type"),
    _word("ColumnHandling-A-010-M", "A custom column starts with x_"),
    _word("OptiInfra-001", "What is used costs no more under a contract than at list prices"),
    _word("ServiceName-C-005-C", "A service is in one category"),
    _word("SkuPriceId-C-008-M", "A SKU price belongs to one SKU"),
)
