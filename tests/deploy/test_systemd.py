"""deploy/systemd/optiinfra.service: systemd accepts it, and it may do little."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy/systemd/optiinfra.service"
ANALYZE = shutil.which("systemd-analyze")
pytestmark = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze."""
    return subprocess.run([str(ANALYZE), *arguments], capture_output=True, text=True, check=False)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """No unknown key; the program is replaced by one that exists here."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/optiinfra/.venv/bin/python", sys.executable))
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_that_is_broken_into_can_do_little() -> None:
    """The exposure that systemd computes is below 2 of 10; without hardening it is above 8."""
    done = analyze("security", "--offline=true", "--no-pager", str(UNIT))
    (exposure,) = re.findall(
        r"Overall exposure level for optiinfra.service: ([0-9.]+)", done.stdout
    )
    assert float(exposure) < 2
