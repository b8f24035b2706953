"""How the quality of applications is called wherever data sets are named, and its windows."""

from dataclasses import dataclass
from datetime import timedelta

from optiinfra_core.windows import QUARTER_HOUR


@dataclass(frozen=True, slots=True)
class DataSet:
    """A name among data types, and how long the windows are in which it is looked at."""

    name: str
    window: timedelta


APPLICATION = DataSet("application", QUARTER_HOUR)
