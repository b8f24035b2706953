"""What Google's billing exports do not tell of FOCUS, and why."""

from optiinfra_core.focus.rules import FocusGap

_FEES = frozenset({"CommitmentDiscountQuantity-C-005-C", "EffectiveCost-C-005-C"})
_WHY_FEES = (
    "Google charges a commitment's fee and gives credits for what it covers; it spreads no fee "
    "over usage, and tells no quantity of the commitment."
)

GAPS = (
    FocusGap(source="bigquery_detailed", rules=_FEES, why=_WHY_FEES),
    FocusGap(source="bigquery_standard", rules=_FEES, why=_WHY_FEES),
    FocusGap(
        source="bigquery_standard",
        rules=frozenset(
            {"ContractedUnitPrice-C-006-C", "ListUnitPrice-C-005-C", "SkuPriceId-C-005-C"}
        ),
        why="Prices are read from the detailed export only.",
    ),
    FocusGap(
        source="bigquery_focus",
        rules=frozenset({"CommitmentDiscountQuantity-C-005-C", "CommitmentDiscountStatus-C-004-C"}),
        why="Google's FOCUS export calls a commitment's fee usage, without its quantity or status.",
    ),
)
