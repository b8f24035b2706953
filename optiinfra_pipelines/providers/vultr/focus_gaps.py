"""What Vultr's bills do not tell of FOCUS, and why."""

from optiinfra_core.focus.rules import FocusGap

GAPS = (
    FocusGap(
        source="vultr_billing",
        rules=frozenset({"ListCost-C-003-M", "ListUnitPrice-C-005-C"}),
        why="Vultr tells what an account pays, not what is public at the time.",
    ),
    FocusGap(
        source="vultr_billing",
        rules=frozenset({"RegionName-C-005-C", "SkuPriceId-C-005-C"}),
        why="Lines of a Vultr bill name neither regions nor prices.",
    ),
    FocusGap(
        source="vultr_billing",
        rules=frozenset({"ContractedCost-C-009-C"}),
        why="Vultr tells an hour's price rounded to four places; a line's last day takes the rest.",
    ),
)
