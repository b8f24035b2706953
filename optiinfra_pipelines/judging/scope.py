"""Whose calls are looked at, of which days, and with what: what every step of judging needs."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.database import Database
from optiinfra_core.settings import Settings
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import Clock, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The servers, the settings and the clock of a run."""

    settings: Settings
    clock: Clock
    database: Database
    warehouse: Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One customer's applications at one provider, over whole UTC days.

    ``run_id`` names what writes; ``holder`` is the run whose life its reservations hang on.
    ``asked``: somebody asked for these days, so that old ones may be judged by a batch. ``until``:
    when the run lets go of what is left; None where nothing presses.
    """

    customer_id: str
    provider: str
    window: Window
    run_id: str
    holder: str
    asked: bool = False
    until: datetime | None = None
