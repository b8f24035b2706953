"""A run may die anywhere: the next one leaves exactly what the source says."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from optiinfra_core.metrics import COST
from optiinfra_core.warehouse.audit import unlike_their_commit
from optiinfra_core.warehouse.questions.cost import RESTATEMENTS, TOTAL, TOTAL_AS_KNOWN
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span

POINTS = ("after_fetch", "before_insert", "after_insert", "before_commit", "after_commit")
ROOT = Path(__file__).parents[3]
YESTERDAY = TODAY - timedelta(days=1)
SPAN = day_span(YESTERDAY, 2)


def die_writing(scene: Scene, point: str, costs: dict[str, str], folder: Path) -> None:
    """Run a process that writes ``costs`` for this customer and is killed at ``point``."""
    endpoint = asdict(scene.warehouse.endpoint)
    for name in ("password", "reader_password"):
        endpoint[name] = endpoint[name].get_secret_value()
    scene.clock.advance(timedelta(minutes=1))
    order = folder / "order.json"
    order.write_text(
        json.dumps(
            {
                "endpoint": endpoint,
                "customer": scene.customer,
                "costs": costs,
                "now": scene.clock.now().isoformat(),
            }
        ),
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, "-m", "tests.core.warehouse.crashing_run", str(order)],
        cwd=ROOT,
        env={**os.environ, "OPTIINFRA_CRASH_AT": point},  # noqa: TID251 - a child's environment
        check=False,
        timeout=60,
        capture_output=True,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()


def write(scene: Scene, costs: dict[str, str]) -> None:
    """Write ``costs`` for both days in this process."""
    rows = [
        charge(cost, day, resource_id=resource)
        for resource, cost in costs.items()
        for day in (YESTERDAY, TODAY)
    ]
    scene.costs(*rows, span=SPAN)


@pytest.mark.parametrize("point", POINTS)
def test_a_rerun_after_a_crash_leaves_the_truth(scene: Scene, point: str, tmp_path: Path) -> None:
    """Not one row twice or missing, whatever the dead run had said, and the records agree."""
    write(scene, {"kept": "1", "changed": "2", "vanishing": "4"})
    die_writing(scene, point, {"kept": "1", "changed": "3", "phantom": "64"}, tmp_path)
    write(scene, {"kept": "1", "changed": "5", "new": "8"})
    truth = {"kept": Decimal(1), "changed": Decimal(5), "new": Decimal(8)}
    stored = scene.stored("cost_metrics", "resource_id", "day", "billed_cost")
    assert stored == sorted((r, d, c) for r, c in truth.items() for d in (YESTERDAY, TODAY))
    account = (scene.customer, "aws", "111111111111")
    assert unlike_their_commit(scene.warehouse, COST, account, SPAN) == []


@pytest.mark.parametrize("point", POINTS)
def test_the_restatement_ledger_survives_a_crash(scene: Scene, point: str, tmp_path: Path) -> None:
    """Today's total less the changes since is what was served first, wherever a run died."""
    write(scene, {"kept": "1", "changed": "2", "vanishing": "4"})
    known_at = scene.clock.now()
    die_writing(scene, point, {"kept": "1", "changed": "3", "phantom": "64"}, tmp_path)
    write(scene, {"kept": "1", "changed": "5", "new": "8"})
    period = {"start": SPAN.start, "end": SPAN.end}
    [now] = scene.ask(TOTAL, **period)
    [then] = scene.ask(TOTAL_AS_KNOWN, known_at=known_at, **period)
    assert (now.cost, then.cost, then.changed_since) == (28, 14, 14)


@pytest.mark.parametrize("point", POINTS)
def test_a_change_that_was_taken_back_before_it_was_served_is_no_restatement(
    scene: Scene, point: str, tmp_path: Path
) -> None:
    """What a dead run found but never wrote is not in the ledger once the source denies it."""
    write(scene, {"kept": "1", "changed": "2"})
    die_writing(scene, point, {"kept": "1", "changed": "3"}, tmp_path)
    write(scene, {"kept": "1", "changed": "2"})
    found = scene.ask(RESTATEMENTS, start=SPAN.start, end=SPAN.end)
    assert sum(change.delta for change in found) == 0
    served_meanwhile = point in ("after_insert", "before_commit", "after_commit")
    assert len(found) == (4 if served_meanwhile else 0)


def test_a_clock_that_was_set_back_does_not_revive_a_dead_run(scene: Scene, tmp_path: Path) -> None:
    """Rows that a dead run left uncommitted lose, whatever the clock says by now."""
    before = scene.clock.now()
    scene.clock.advance(timedelta(hours=1))
    die_writing(scene, "after_insert", {"phantom": "64"}, tmp_path)
    scene.clock.instant = before
    write(scene, {"kept": "1"})
    assert {row[0] for row in scene.stored("cost_metrics", "resource_id")} == {"kept"}
