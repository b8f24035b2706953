"""``demo``: the whole product on simulated clouds, with one command."""

import contextlib
import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import DataDir, Json, PortBase
from optiinfra_cli.output import Output

if TYPE_CHECKING:  # everything that the demo needs takes a second to import
    from optiinfra_cli.demonstration.story import Shown


def demo(  # noqa: PLR0913 - one for each option
    *,
    once: Annotated[bool, typer.Option("--once", help="Do it, check it, stop everything.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running.")] = False,
    days: Annotated[
        int, typer.Option("--days", min=1, max=60, help="Days of the past to collect.")
    ] = 14,
    data_dir: DataDir = None,
    port_base: PortBase = None,
    as_json: Json = False,
) -> None:
    """Collect two simulated customers and show them; stays up until Ctrl-C."""
    from optiinfra_cli.demonstration.story import Demo, settings_of  # noqa: PLC0415 - lazy

    signal.signal(signal.SIGTERM, _interrupt)
    out = Output(as_json)
    run = Demo(settings_of(data_dir), out, port_base, keep, days)
    with run.running() as supervisor:
        shown = run.show(supervisor)
        if not once:
            _report(out, shown, keep=keep)
            if not keep:
                with contextlib.suppress(KeyboardInterrupt):  # the way it is meant to end
                    supervisor.wait()
    if once:
        _report(out, shown, keep=keep)
    if not shown.ok:
        raise typer.Exit(Exit.PARTIAL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _report(out: Output, shown: "Shown", *, keep: bool) -> None:
    """The table, and how to go on."""
    columns = ("customer", "provider", "data", "days", "rows", "calls", "served", "true", "")
    out.table(
        columns,
        [
            (line.customer, line.provider, line.data_type, line.partitions, line.rows,
             line.api_calls, line.served, line.true, "equal" if line.ok else "DIFFERENT")
            for line in shown.lines
        ],
    )  # fmt: skip
    out.table(
        ("customer", "provider", "application", "calls", "judged", "failed", "judge USD", ""),
        [
            (one.customer, one.provider, one.application, one.served["requests"], one.judged,
             one.failed, one.judge_usd, "equal" if one.ok else "DIFFERENT")
            for one in shown.applications
        ],
    )  # fmt: skip
    for line in shown.lines:
        for error in line.errors:
            out.say(f"{line.customer} {line.data_type}: {error}")
    for name, url in shown.urls.items():
        out.say(f"{name:<10} {url}")
    out.say(f"{'key':<10} {shown.key.get_secret_value()}   (reads acme and globex)")
    first = shown.lines[0]
    path = f"api/v2/costs/{first.customer}/{first.provider}/total?days=14"
    out.say(f"try        curl -H 'Authorization: Bearer KEY' '{shown.urls['api']}/{path}'")
    out.say("stop with  optiinfra down" if keep else "stop with  Ctrl-C")
    out.result(
        ok=shown.ok,
        seconds=round(shown.seconds, 1),
        customers=[line.as_dict() for line in shown.lines],
        applications=[one.as_dict() for one in shown.applications],
    )
