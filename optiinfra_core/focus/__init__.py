"""FOCUS, the FinOps Foundation's format of cost data: read from any version, write two."""

from optiinfra_core.focus.columns import COLUMNS, WRITTEN, FocusColumn, columns_of
from optiinfra_core.focus.reading import FocusReader
from optiinfra_core.focus.writing import Titles, focus_record

__all__ = [
    "COLUMNS",
    "WRITTEN",
    "FocusColumn",
    "FocusReader",
    "Titles",
    "columns_of",
    "focus_record",
]
