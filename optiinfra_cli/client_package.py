"""Generates the typed Python client from the API's description, as a package to be published."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optiinfra_cli import client_extras
from optiinfra_core.errors import ConfigurationError

PROJECT = "optiinfra-client"
PACKAGE = "optiinfra_client"
JSON = "application/json"
STREAM = "text/event-stream"
EXTRAS = ("events.py",)
README = """# {project} {version}
A typed Python client of the OptiInfra API, generated from its OpenAPI description. Do not edit it:
`optiinfra openapi --client DIRECTORY` writes it anew. Each operation is a module of
`{package}.api` with `sync`, `sync_detailed`, `asyncio` and `asyncio_detailed`.
`{package}.events.follow` follows events. The API's documentation shows an example.
"""


def write(description: Mapping[str, Any], folder: Path) -> int:
    """Write the package into ``folder``; how many operations it has.

    Raises:
        ConfigurationError: the generator is not installed, the folder holds something else, or
            the description has something that a client cannot be made of.
    """
    demand_own(folder)
    document = for_clients(description)
    version = str(document["info"]["version"]).partition("+")[0]
    shutil.rmtree(folder / PACKAGE, ignore_errors=True)  # operations that are gone must go
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "openapi.json"
        source.write_text(json.dumps(document))
        generate(source, folder, version)
    package = folder / PACKAGE
    for name in EXTRAS:
        shutil.copy(Path(client_extras.__file__).with_name(name), package / name)
    readme = README.format(project=PROJECT, package=PACKAGE, version=version)
    (folder / "README.md").write_text(readme)
    return sum(len(operations) for operations in document["paths"].values())


def demand_own(folder: Path) -> None:
    """Return if ``folder`` may be overwritten.

    Raises:
        ConfigurationError: it holds something that is not such a package.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PACKAGE).is_dir():
        raise ConfigurationError(
            f"{folder} holds something else than a client",
            remedy="Name an empty folder, or one that was written by this command before.",
        )


def for_clients(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description without what the generator has no types for.

    Endless streams are left out, since ``events.py`` follows them; of several kinds of body JSON
    is kept.
    """
    document: dict[str, Any] = json.loads(json.dumps(description))
    for path, operations in list(document["paths"].items()):
        for method, operation in list(operations.items()):
            if STREAM in operation["responses"].get("200", {}).get("content", {}):
                del operations[method]
            bodies = operation.get("requestBody", {}).get("content", {})
            if JSON in bodies:
                operation["requestBody"]["content"] = {JSON: bodies[JSON]}
        if not operations:
            del document["paths"][path]
    return document


def generate(source: Path, folder: Path, version: str) -> None:
    """Run the generator; it formats nothing, so that it needs nothing else on the machine.

    Raises:
        ConfigurationError: it is not installed, or warns.
    """
    try:
        import openapi_python_client as generator  # noqa: PLC0415 - a tool of developers
        from openapi_python_client.config import Config, ConfigFile, MetaType  # noqa: PLC0415
    except ImportError as missing:
        raise ConfigurationError(
            "the generator of clients is not installed",
            remedy="Run `pip install openapi-python-client`, then this command again.",
        ) from missing
    chosen = ConfigFile(
        project_name_override=PROJECT,
        package_name_override=PACKAGE,
        package_version_override=version,
        post_hooks=[],
        literal_enums=True,
    )
    config = Config.from_sources(
        chosen, MetaType.PDM, source, file_encoding="utf-8", overwrite=True, output_path=folder
    )
    warnings = generator.generate(config=config)
    if warnings:
        raise ConfigurationError(
            "; ".join(f"{each.header} {each.detail}" for each in warnings)[:500],
            remedy="Describe the operation so that the generator knows its types.",
        )
