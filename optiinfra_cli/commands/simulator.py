"""``simulator``: the accounts of the simulated clouds that run, and the keys to them."""

import json
from typing import TYPE_CHECKING

import typer

from optiinfra_cli.options import Customer, DataDir, Json, ProviderSlug, settings_for
from optiinfra_cli.output import Output
from optiinfra_core.errors import NotFound, Transient

if TYPE_CHECKING:  # httpx, which --help need not import
    from optiinfra_cli.demonstration.simulated import Account
    from optiinfra_core.settings import Settings

app = typer.Typer(
    help="The simulated clouds of `up --with-simulator` or a demo.", no_args_is_help=True
)


@app.command()
def accounts(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the accounts that exist in the simulated clouds."""
    out = Output(as_json)
    found = _accounts(settings_for(data_dir))
    columns = ("customer", "provider", "account_id", "label")
    out.table(columns, [[getattr(account, name) for name in columns] for account in found])
    out.result(accounts=[{name: getattr(each, name) for name in columns} for each in found])


@app.command()
def credential(
    customer: Customer,
    provider: ProviderSlug,
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Print a credential of a simulated account, as `credentials add --from -` takes it."""
    out = Output(as_json)
    known = _accounts(settings_for(data_dir))
    for account in known:
        if (account.customer, account.provider) == (customer, provider):
            out.say(json.dumps(account.credential, indent=1))
            out.result(credential=account.credential)
            return
    raise NotFound(
        f"no simulated account of {customer} at {provider}",
        remedy=f"Simulated are {', '.join(f'{a.customer} {a.provider}' for a in known)}.",
    )


def _accounts(settings: "Settings") -> "tuple[Account, ...]":
    """The accounts of the simulator that this installation runs.

    Raises:
        Transient: it runs none, or it does not answer.
    """
    from optiinfra_cli import installation  # noqa: PLC0415 - lazy
    from optiinfra_cli.demonstration.simulated import Simulated  # noqa: PLC0415 - lazy

    state = installation.running_state(settings)
    if state is None or "simulator" not in state.services:
        raise Transient(
            f"no simulated clouds run in {settings.data_dir}",
            remedy="Start them: optiinfra up --with-simulator",
        )
    return Simulated(state.urls["simulator"]).accounts()
