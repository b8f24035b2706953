"""``keys``: who may read the API, and what."""

from datetime import timedelta
from typing import Annotated

import typer

from optiinfra_cli.options import DataDir, Json, settings_for
from optiinfra_cli.output import Output

app = typer.Typer(help="API keys: who may read what.", no_args_is_help=True)

READ_SCOPES = ("costs:read", "performance:read", "resources:read", "applications:read")
FIELDS = (
    "id", "name", "scopes", "customers", "created_at", "expires_at", "revoked_at",
    "default_provider",
)  # fmt: skip


@app.command()
def create(  # noqa: PLR0913 - a command's options
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="May be given again; default: all reads.")
    ] = None,
    customer: Annotated[
        list[str] | None, typer.Option("--customer", help="May be given again; '*' for all.")
    ] = None,
    *,
    provider: Annotated[
        str, typer.Option("--provider", help="Cloud of applications that do not tell theirs.")
    ] = "",
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days until it ends.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Create a key; the token is shown once and stored nowhere."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy
    from optiinfra_core.tenancy.api_keys import NewKey  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        wanted = NewKey(
            name=name,
            scopes=tuple(scope or READ_SCOPES),
            customers=tuple(customer or ("*",)),
            expires_at=office.clock.now() + timedelta(days=days) if days else None,
            default_provider=provider,
        )
        key, token = office.keys.create(wanted)
    out.say(token.get_secret_value())
    out.progress(f"key {key.id}: {', '.join(key.scopes)} for {', '.join(key.customers)}")
    out.result(key=_shown(key), token=token.get_secret_value())


@app.command("list")
def list_(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the keys; tokens are never shown again."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        keys = [_shown(key) for key in office.keys.list()]
    out.table(
        ("key", "name", "scopes", "customers", "expires", "revoked"),
        [
            (k["id"], k["name"], *map(_joined, (k["scopes"], k["customers"])),
             k["expires_at"], k["revoked_at"])
            for k in keys
        ],
    )  # fmt: skip
    out.result(keys=keys)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id.")],
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """End a key now."""
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_office(settings_for(data_dir)) as office:
        office.keys.revoke(key)
    out.say(f"revoked {key}")
    out.result(key=key)


def _joined(words: object) -> str:
    return " ".join(map(str, words)) if isinstance(words, tuple | list | frozenset) else str(words)


def _shown(key: object) -> dict[str, object]:
    return {name: getattr(key, name, None) for name in FIELDS}
