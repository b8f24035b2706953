"""Simulated traffic of one day."""

from datetime import UTC, datetime, timedelta

import pytest

from optiinfra_core.windows import Window
from optiinfra_simulator.applications.traffic import Traffic

DAY = Window(datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=UTC))
NOON = DAY.start + timedelta(hours=12)
NAMES = ("support.assistant", "shop.search", "docs.copilot", "ops.triage")


@pytest.fixture
def traffic() -> Traffic:
    """Everybody's calls, with nothing planted for the worse."""
    return Traffic(regressions=())
