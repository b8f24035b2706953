"""Counting samples without working out their values."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optiinfra_core.windows import FixedClock
from optiinfra_simulator import truth
from optiinfra_simulator.world.accounts import ACCOUNTS
from optiinfra_simulator.world.world import World

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)


@pytest.mark.parametrize("account", [account.id for account in ACCOUNTS])
@pytest.mark.parametrize("gaps", [False, True])
def test_counts_are_those_of_the_samples(account: str, tmp_path: Path, *, gaps: bool) -> None:
    """What is counted quickly is what is served slowly, with traces that have gaps and without."""
    if gaps:
        lines = [f"2014-02-14 {n // 12:02}:{5 * (n % 12):02}:00,{n}" for n in range(288) if n % 7]
        (tmp_path / "ec2_cpu_utilization_x.csv").write_text("\n".join(["timestamp,value", *lines]))
    world = World(seed=3, clock=FixedClock(END), instances=3, data=tmp_path if gaps else None)
    slowly = Counter(
        f"{sample.namespace}/{sample.metric}"
        for sample in truth.samples(world, account, START, END, END)
    )
    assert truth.sample_counts(world, account, START, END, END) == dict(slowly)
