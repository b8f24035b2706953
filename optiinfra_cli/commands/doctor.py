"""``doctor``: what is wrong with this installation, line by line, each with its remedy."""

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import DataDir, Json, settings_for
from optiinfra_cli.output import Output


def doctor(data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Look at everything an installation needs; exit code 3 when something fails."""
    from optiinfra_cli.examination import collection, machine, servers  # noqa: PLC0415 - lazy
    from optiinfra_cli.examination.finding import Verdict  # noqa: PLC0415 - lazy
    from optiinfra_core.windows import SystemClock  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    running = servers.running(settings)
    findings = [
        *machine.examine(settings),
        *servers.examine(running),
        *collection.examine(settings, running, SystemClock()),
    ]
    out.table(
        ("", "check", "seen", "remedy"),
        [(found.verdict, found.check, found.seen, found.remedy) for found in findings],
    )
    failed = any(found.verdict is Verdict.FAIL for found in findings)
    fields = ("check", "verdict", "seen", "remedy")
    out.result(
        healthy=not failed,
        findings=[{name: str(getattr(found, name)) for name in fields} for found in findings],
    )
    if failed:
        raise typer.Exit(Exit.CONFIGURATION)
