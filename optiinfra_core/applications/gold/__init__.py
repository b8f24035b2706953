"""Exchanges that people have labelled, to hold judges against; ours, and anyone's in this form."""

from optiinfra_core.applications.gold.attacks import attacked
from optiinfra_core.applications.gold.items import Item, gold, read

__all__ = ["Item", "attacked", "gold", "read"]
