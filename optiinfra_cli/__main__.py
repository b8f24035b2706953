"""The command line's entry point: runs a command and turns its failure into an exit code."""

import sys

from optiinfra_cli.app import app
from optiinfra_cli.exits import exit_of
from optiinfra_cli.output import report_failure
from optiinfra_core.errors import OptiInfraError


def main() -> None:
    """Run the command that the arguments name, and exit."""
    try:
        app(prog_name="optiinfra")
    except OptiInfraError as error:
        report_failure(error, as_json="--json" in sys.argv)
        sys.exit(exit_of(error))


if __name__ == "__main__":
    main()
