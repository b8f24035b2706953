"""What Azure's cost sources do not tell of FOCUS, and why."""

from optiinfra_core.focus.rules import FocusGap

GAPS = (
    FocusGap(
        source="cost_query",
        rules=frozenset(
            {
                "CommitmentDiscountQuantity-C-005-C",
                "ConsumedQuantity-C-006-C",
                "ContractedCost-C-003-M",
                "ContractedUnitPrice-C-006-C",
                "ListCost-C-003-M",
                "ListUnitPrice-C-005-C",
                "PricingQuantity-C-005-C",
                "SkuPriceId-C-005-C",
            }
        ),
        why="The Cost Management query groups amounts; it has no prices and no quantities of all.",
    ),
    FocusGap(
        source="cost_query",
        rules=frozenset(
            {"RegionName-C-005-C", "ServiceCategory-C-002-M", "SubAccountName-C-005-C"}
        ),
        why="The Cost Management query tells no such name; the FOCUS export does.",
    ),
    FocusGap(
        source="focus_export",
        rules=frozenset(
            {
                "CommitmentDiscountQuantity-C-005-C",
                "ContractedUnitPrice-C-006-C",
                "ListUnitPrice-C-005-C",
            }
        ),
        why="Microsoft's export leaves unit prices of some purchases null and has no quantity of"
        " commitments.",
    ),
)
