"""What AWS's cost sources do not tell of FOCUS, and why."""

from optiinfra_core.focus.rules import FocusGap

GAPS = (
    FocusGap(
        source="ce_daily",
        rules=frozenset(
            {
                "ContractedCost-C-003-M",
                "ContractedUnitPrice-C-006-C",
                "ListCost-C-003-M",
                "ListUnitPrice-C-005-C",
                "PricingCategory-C-004-C",
                "PricingQuantity-C-005-C",
                "SkuPriceId-C-005-C",
            }
        ),
        why="Cost Explorer tells amounts by service and usage type, no prices.",
    ),
    FocusGap(
        source="ce_daily",
        rules=frozenset({"ConsumedQuantity-C-006-C"}),
        why="Cost Explorer adds up unlike units as N/A, which is no quantity.",
    ),
    FocusGap(
        source="ce_daily",
        rules=frozenset({"SkuId-C-005-C"}),
        why="Cost Explorer tells the usage type of usage only, not of purchases.",
    ),
    FocusGap(
        source="ce_daily",
        rules=frozenset({"RegionName-C-005-C", "ServiceCategory-C-002-M"}),
        why="Cost Explorer tells neither names of regions nor categories of services.",
    ),
    FocusGap(
        source="focus_export",
        rules=frozenset(
            {
                "ContractedUnitPrice-C-006-C",
                "ListUnitPrice-C-005-C",
                "PricingCategory-C-004-C",
                "PricingQuantity-C-005-C",
                "SkuId-C-005-C",
                "SkuPriceId-C-005-C",
            }
        ),
        why="AWS's export leaves prices and SKUs of some purchases and marketplace charges null"
        " (table dictionary FOCUS 1.2, conformance gaps).",
    ),
    FocusGap(
        source="focus_export",
        rules=frozenset({"ServiceName-C-005-C"}),
        why="AWS gives EC2's machines, volumes and traffic one service name and a category each.",
    ),
)
