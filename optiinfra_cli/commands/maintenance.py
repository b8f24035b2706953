"""``migrate``, ``openapi``: what a deployment runs once for each release."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from optiinfra_cli.options import DataDir, Json, settings_for
from optiinfra_cli.output import Output
from optiinfra_core.errors import ConfigurationError


def migrate(
    *,
    skip_dagster: Annotated[
        bool, typer.Option("--skip-dagster", help="Leave Dagster's own tables alone.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring the tables of ClickHouse, Postgres and Dagster up to this release."""
    from optiinfra_cli import environment, installation  # noqa: PLC0415 - lazy
    from optiinfra_core import database  # noqa: PLC0415 - lazy
    from optiinfra_core.embedded.servers import resolve  # noqa: PLC0415 - lazy
    from optiinfra_core.warehouse import migrate as warehouse  # noqa: PLC0415 - lazy

    settings, out = settings_for(data_dir), Output(as_json)
    installation.prepare(settings)
    servers = resolve(settings)
    applied = warehouse.migrate(servers.clickhouse, settings.raw_days)
    out.say(f"ClickHouse: {', '.join(applied) or 'nothing to do'}")
    database.migrate(servers.postgres)
    out.say("Postgres: done")
    if not skip_dagster:
        environment.migrate_dagster(settings, servers)
        out.say("Dagster: done")
    out.result(clickhouse=applied)


def openapi(
    path: Annotated[
        Path | None, typer.Argument(help="File to write; default: stdout.", dir_okay=False)
    ] = None,
    client: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write a typed Python client into instead; needs openapi-python-client.",
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Write the API's OpenAPI description, or a client made from it; needs no server."""
    from optiinfra_api.app import create_app  # noqa: PLC0415 - lazy
    from optiinfra_cli import client_package  # noqa: PLC0415 - lazy
    from optiinfra_core.settings import Settings  # noqa: PLC0415 - lazy

    description = create_app(Settings()).openapi()
    if client is not None:
        written = client_package.write(description, client)
        Output(as_json=False).say(f"{client}: a client of {written} operations")
        return
    text = json.dumps(description, indent=2, sort_keys=True) + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text)
    except OSError as refusal:
        raise ConfigurationError(f"{path} cannot be written: {refusal.strerror}") from refusal
