"""The commands and how they are grouped; a command imports what it needs when it runs."""

import typer

from optiinfra_cli.commands import (
    collecting,
    credentials,
    customers,
    demo,
    doctor,
    judge,
    keys,
    maintenance,
    quality,
    servers,
    simulator,
    test,
    vault,
)
from optiinfra_cli.exits import HELP

app = typer.Typer(
    name="optiinfra",
    help="What your cloud costs, how hard it works and what you own, across every account.",
    epilog=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("demo")(demo.demo)
app.command("test", context_settings=test.CONTEXT)(test.test)
app.command("init")(servers.init)
app.command("up")(servers.up)
app.command("down")(servers.down)
app.command("status")(servers.status)
app.command("doctor")(doctor.doctor)
app.command("collect")(collecting.collect)
app.command("backfill")(collecting.backfill)
app.command("spending")(collecting.spending)
app.command("quality")(quality.quality)
app.add_typer(customers.app, name="customers")
app.add_typer(credentials.app, name="credentials")
app.add_typer(keys.app, name="keys")
app.add_typer(vault.app, name="vault")
app.add_typer(judge.app, name="judge")
app.add_typer(simulator.app, name="simulator")
app.command("migrate")(maintenance.migrate)
app.command("openapi")(maintenance.openapi)
