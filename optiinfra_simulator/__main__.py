"""`python -m optiinfra_simulator serve`: the simulated clouds in the foreground."""

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path
from threading import Event

from optiinfra_core.windows import as_utc
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import DEFAULT_INSTANCES, DEFAULT_SEED, World

# A month of hourly rows of 1,000 resources is three million rows.
_MOST_FOR_HOURLY = 200


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="optiinfra_simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the simulated clouds on 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 picks a free port (default)")
    serve.add_argument(
        "--cloud-ports",
        type=int,
        default=0,
        help="first of the neighbouring ports of the other clouds; 0 picks free ones (default)",
    )
    serve.add_argument(
        "--state", type=Path, help="folder that outlives a restart: certificate authorities"
    )
    serve.add_argument("--seed", type=int, default=DEFAULT_SEED, help="which world")
    serve.add_argument("--now", help="let the clock stand at this instant; default: it runs")
    serve.add_argument("--data", type=Path, help="folder of measured series (numenta/NAB csv)")
    serve.add_argument(
        "--corpus", type=Path, help="folder with llm_traces/ (Azure's trace of conversations)"
    )
    serve.add_argument(
        "--instances", type=int, default=DEFAULT_INSTANCES, help="instances per account"
    )
    serve.add_argument(
        "--daily-export",
        action="store_true",
        help="one row a day per charge in FOCUS exports; always so above 200 instances",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; one line on standard output says when it is ready."""
    arguments = _arguments(argv)
    clock = WorldClock(as_utc(datetime.fromisoformat(arguments.now)) if arguments.now else None)
    world = World(
        seed=arguments.seed,
        clock=clock,
        instances=arguments.instances,
        data=arguments.data,
        hourly_export=not arguments.daily_export and arguments.instances <= _MOST_FOR_HOURLY,
    )
    from optiinfra_simulator.installed import beside, others  # noqa: PLC0415 - after --help
    from optiinfra_simulator.server import SimulatorServer  # noqa: PLC0415 - as above

    clouds = others(world, arguments.cloud_ports, arguments.state)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    aside = beside(world, arguments.cloud_ports, arguments.corpus)
    with SimulatorServer(world, arguments.port, others=clouds, beside=aside) as server:
        sys.stdout.write(f"simulator ready at {server.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
