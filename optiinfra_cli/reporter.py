"""Tells the state file and the person at the terminal what the supervisor does."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from optiinfra_cli import environment
from optiinfra_cli.supervisor import process
from optiinfra_cli.supervisor.ports import Ports
from optiinfra_cli.supervisor.state_file import StateFile
from optiinfra_cli.supervisor.supervisor import Supervisor
from optiinfra_core.settings import Settings

Say = Callable[[str], None]


class Reporter:
    """Called by the supervisor each time something changed."""

    def __init__(self, settings: Settings, ports: Ports, say: Say, *, demo: bool) -> None:
        self._settings = settings
        self._first = first_state(settings, ports, demo=demo)
        self._say = say
        self._begun = time.monotonic()
        self._seen: dict[str, str] = {}
        self._announced = False

    def __call__(self, supervisor: Supervisor) -> None:
        """Write the state file, say what is new, and on the first time all is ready, the URLs."""
        services: dict[str, Mapping[str, object]] = {}
        for name, child in supervisor.children.items():
            services[name] = child.report()
            if self._seen.get(name) != child.state:
                self._seen[name] = child.state
                self._say(f"{time.monotonic() - self._begun:6.1f} s  {name} {child.state}")
        ready = supervisor.ready and not supervisor.stopping
        replace(
            self._first,
            services=services,
            ready=ready,
            stopping=supervisor.stopping,
            failed=supervisor.failed,
        ).write()
        if ready and not self._announced:
            self._announced = True
            environment.remember_dagster_tables(self._settings)
            for name, url in self._first.urls.items():
                self._say(f"{name:<10} {url}")


def first_state(settings: Settings, ports: Ports, *, demo: bool) -> StateFile:
    """What is known before anything was started."""
    urls = {
        "api": f"http://127.0.0.1:{ports.api}",
        "docs": f"http://127.0.0.1:{ports.api}/docs",
        "dagster": f"http://127.0.0.1:{ports.dagster}",
    }
    told = {name: getattr(ports, name) for name in ports.__slots__}
    if not demo:
        del told["clouds"]
    else:
        urls["simulator"] = f"http://127.0.0.1:{ports.simulator}"
    return StateFile(
        pid=os.getpid(),
        start_mark=process.start_mark(os.getpid()),
        data_dir=str(settings.data_dir),
        ports=told,
        urls=urls,
    )
