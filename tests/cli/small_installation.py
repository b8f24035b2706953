"""A supervisor over services that a test describes in JSON; run as a program by the tests."""

import json
import sys
from pathlib import Path

from optiinfra_cli.supervisor import process
from optiinfra_cli.supervisor.service import Service
from optiinfra_cli.supervisor.state_file import StateFile
from optiinfra_cli.supervisor.supervisor import Supervisor


def main() -> int:
    """Keep the services of the file in argv[1]; the state file is written next to it."""
    plan = Path(sys.argv[1])
    folder = plan.parent
    services = tuple(_service(folder, told) for told in json.loads(plan.read_text()))
    environment = {process.MARK: str(folder), "PYTHONDONTWRITEBYTECODE": "1"}

    def notify(supervisor: Supervisor) -> None:
        StateFile(
            pid=0,
            start_mark="",
            data_dir=str(folder),
            ports={},
            urls={},
            ready=supervisor.ready,
            stopping=supervisor.stopping,
            failed=supervisor.failed,
            services={name: child.report() for name, child in supervisor.children.items()},
        ).write()

    return 0 if Supervisor(services, folder, environment, notify).run() else 5


def _service(folder: Path, told: dict[str, object]) -> Service:
    """``program`` is Python text; the service is ready when its file ``<name>.ready`` exists."""
    name = str(told["name"])
    ready = folder / f"{name}.ready"
    return Service(
        name=name,
        command=(sys.executable, "-S", "-c", str(told["program"])),
        after=tuple(map(str, told.get("after", ()))),  # type: ignore[call-overload]
        task=bool(told.get("task")),
        ready=ready.exists,
        stop_seconds=1.0,
    )


if __name__ == "__main__":
    sys.exit(main())
