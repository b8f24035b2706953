"""Options that many commands share, with one meaning everywhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optiinfra_core.errors import ConfigurationError, InvalidRequest
from optiinfra_core.windows import as_utc

if TYPE_CHECKING:  # pydantic takes 0.2 s to import, which --help need not pay
    from optiinfra_core.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Data directory; default OPTIINFRA_DATA_DIR.", file_okay=False),
]
PortBase = Annotated[
    int | None,
    typer.Option(
        "--port-base",
        min=1024,
        max=65000,
        help="API on this port, Dagster on the next, then the rest.",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Return when the work is done.")]
Customer = Annotated[str, typer.Argument(help="The customer's slug.")]
ProviderSlug = Annotated[str, typer.Argument(help="The provider's slug, for example aws.")]


def settings_for(data_dir: Path | None) -> "Settings":
    """The settings, with the data directory of the command line if there is one."""
    if data_dir is None:
        return load_settings()
    return load_settings(data_dir=data_dir.expanduser().resolve())


def load_settings(**chosen: object) -> "Settings":
    """The settings of the environment, ``chosen`` ones over them.

    Raises:
        ConfigurationError: a variable has a value that cannot be meant; the value is not shown.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - see TYPE_CHECKING

    from optiinfra_core.settings import Settings  # noqa: PLC0415 - see TYPE_CHECKING

    try:
        return Settings(**chosen)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as wrong:
        found = wrong.errors(include_input=False, include_url=False)
        named = (f"OPTIINFRA_{str(each['loc'][0]).upper()}: {each['msg']}" for each in found)
        raise ConfigurationError("; ".join(named)) from None


def instant(text: str) -> datetime:
    """A day (its midnight in UTC) or an RFC 3339 instant.

    Raises:
        InvalidRequest: neither of them, or an instant without a zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(
            f"{text!r} is not a time", remedy="Write 2026-11-22 or 2026-11-22T06:00:00Z."
        ) from None
    if len(text) == len("2026-11-22"):
        return found.replace(tzinfo=UTC)
    return as_utc(found)
