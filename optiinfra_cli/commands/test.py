"""``test``: the project's own tests, on servers they start themselves."""

import os
import sys

import typer

from optiinfra_core.errors import ConfigurationError

# A worker for each core, each with servers of its own; tests that start whole installations share
# one worker (tests/conftest.py says which). What the caller says comes later and wins: -n 0 is one.
WORKERS = ("--numprocesses=auto", "--dist=loadfile", "--no-loadscope-reorder")
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def test(context: typer.Context) -> None:
    """Run the tests; everything after ``test`` goes to pytest."""
    from optiinfra_cli import environment  # noqa: PLC0415 - lazy

    root = environment.shared_file("pyproject.toml").parent
    if not (root / "tests").is_dir():
        raise ConfigurationError(
            "the tests are not part of an installed package", remedy="Run it in a checkout."
        )
    os.chdir(root)
    command = [sys.executable, "-m", "pytest", *WORKERS, *context.args]
    os.execve(sys.executable, command, environment.inherited())  # noqa: S606 - no shell
