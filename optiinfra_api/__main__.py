"""`python -m optiinfra_api`: the API under uvicorn, with the settings of the environment."""

import logging
import sys

from optiinfra_api.app import create_app
from optiinfra_api.server import Server
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.logs import configure
from optiinfra_core.settings import Settings, settings
from optiinfra_core.vault.keyring import KeyRing

EXIT_CONFIGURATION = 2


def serve(chosen: Settings) -> None:
    """Serve until told to stop; refuses to start without a key ring."""
    configure(chosen)
    # A line for every question to Dagster says nothing that our own lines do not.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _ = KeyRing.load(chosen).pepper
    app = create_app(chosen, resolve(chosen))
    Server(app, chosen.api_host, chosen.api_port).run()


def main() -> int:
    """Exit code 2 when a setting or the key ring keeps it from starting."""
    try:
        serve(settings())
    except OptiInfraError as error:
        sys.stderr.write(f"{error.title}: {error.detail}\n{error.remedy}\n")
        return EXIT_CONFIGURATION
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
