"""The command serves the judge and the applications beside the clouds."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def _asked(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/_simulator/{path}") as answer:  # noqa: S310 - our own server
        return json.load(answer)


def test_the_command_serves_a_judge_and_applications(tmp_path: Path) -> None:
    """Its control tells where the judge is; a trace that is not there is no trace."""
    command = (
        sys.executable, "-m", "optiinfra_simulator", "serve", "--now", "2026-11-20T12:03:00Z",
        "--instances", "1", "--corpus", str(tmp_path),
    )  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("simulator ready at ").strip()
        judge = _asked(url, "judge")
        span = "start=2026-11-20T10:00:00Z&end=2026-11-20T12:00:00Z"
        truth = _asked(url, f"truth?application=shop.search&{span}")
        process.terminate()
        assert process.wait(10) == 0
    assert judge["api_key"].startswith("gsk_")
    assert judge["address"].endswith("/openai/v1")
    assert (judge["asked"], judge["violations"]) == (0, {})
    assert truth["calls"] > 0
    # The default regression holds at this time.
    assert truth["metrics"]["quality"]["rate"] > 0.2
