"""``customers``: the tenants of this installation."""

from typing import Annotated

import typer

from optiinfra_cli.options import Customer, DataDir, Json, settings_for
from optiinfra_cli.output import Output
from optiinfra_core.errors import InvalidRequest

app = typer.Typer(help="Customers: the tenants whose clouds are collected.", no_args_is_help=True)


@app.command()
def add(
    slug: Annotated[str, typer.Argument(help="a-z, 0-9 and '-'; is never given out again.")],
    name: Annotated[str | None, typer.Option("--name", help="For people; default: slug.")] = None,
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Add a customer."""
    from optiinfra_cli.office import ACTOR, open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        added = office.customers.add(slug, name or slug, actor=ACTOR)
    out.say(f"added {added.slug}; next: optiinfra credentials add {added.slug} PROVIDER")
    out.result(customer=_shown(added))


@app.command("list")
def list_(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the customers."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        found = office.customers.list()
    out.table(
        ("customer", "name", "status", "since"),
        [(c.slug, c.name, c.status, c.created_at) for c in found],
    )
    out.result(customers=[_shown(customer) for customer in found])


@app.command()
def remove(
    slug: Customer,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Delete a customer with its credentials, keys, state and every row, for good.

    Safe to repeat: what an interrupted removal left is deleted then.
    """
    from optiinfra_cli import removal  # noqa: PLC0415 - lazy

    out = Output(as_json)
    if not yes and not typer.confirm(f"Delete {slug} for good?", err=True):
        raise InvalidRequest("not confirmed", remedy="Answer y, or pass --yes.")
    removed = removal.remove(settings_for(data_dir), slug)
    out.say(f"removed {slug}")
    out.table(("what", "count"), removed.items())
    out.result(customer=slug, removed=removed)


app.command("delete", hidden=True)(remove)


def _shown(customer: object) -> dict[str, object]:
    return {
        name: getattr(customer, name) for name in ("id", "slug", "name", "status", "created_at")
    }
