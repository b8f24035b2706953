"""``init``, ``up``, ``down``, ``status``: the processes of an installation."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import DataDir, Json, PortBase, settings_for
from optiinfra_cli.output import Output

START_SECONDS = 180.0


def init(data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Make the data directory and the key ring; what exists stays as it is."""
    from optiinfra_cli import installation  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    made = installation.prepare(settings)
    for path in made:
        out.say(f"made {path}")
    out.say(f"ready: {settings.data_dir}; next: optiinfra up")
    out.result(data_dir=settings.data_dir, made=made)


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything runs.")] = False,
    with_simulator: Annotated[
        bool, typer.Option("--with-simulator", help="Run the simulated clouds as well.")
    ] = False,
    data_dir: DataDir = None,
    port_base: PortBase = None,
    as_json: Json = False,
) -> None:
    """Start everything and keep it running until Ctrl-C."""
    from optiinfra_cli import installation  # noqa: PLC0415 - lazy
    from optiinfra_cli.supervisor import ports  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    block = ports.exactly(port_base or settings.api_port)
    if not detach:
        if not installation.keep(settings, block, out.progress, demo=with_simulator):
            raise typer.Exit(Exit.UPSTREAM)
        return
    supervisor = installation.start_apart(settings, block, demo=with_simulator, tied=False)
    state = installation.await_ready(settings, supervisor.pid, START_SECONDS)
    _show(out, state.urls)
    out.result(pid=state.pid, urls=state.urls, ports=state.ports, data_dir=settings.data_dir)


def down(data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Stop everything that runs in the data directory."""
    from optiinfra_cli import installation  # noqa: PLC0415 - lazy
    from optiinfra_cli.demonstration import DEFAULT_DATA_DIR  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    stopped = installation.stop(settings)
    if data_dir is None:  # a demo left running with --keep has a directory of its own
        stopped = installation.stop(settings_for(DEFAULT_DATA_DIR)) or stopped
    out.say("stopped" if stopped else "nothing was running")
    out.result(stopped=stopped)


def status(data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Show what runs, and where; exit code 5 when something that should run does not."""
    from optiinfra_cli import installation  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    state = installation.running_state(settings)
    services: Mapping[str, Mapping[str, Any]] = state.services if state else {}
    out.table(
        ("service", "state", "pid", "restarts"),
        [(name, s["state"], s["pid"], s["restarts"]) for name, s in services.items()],
    )
    if state is not None:
        _show(out, state.urls)
    else:
        out.say(f"nothing runs in {settings.data_dir}; start it with: optiinfra up")
    out.result(
        running=state is not None,
        ready=state is not None and state.ready,
        services=services,
        urls=state.urls if state else {},
        data_dir=settings.data_dir,
    )
    if state is None or not state.ready:
        raise typer.Exit(Exit.UPSTREAM)


def _show(out: Output, urls: Mapping[str, str]) -> None:
    for name, url in urls.items():
        out.say(f"{name:<10} {url}")
