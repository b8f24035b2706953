"""The list of providers: a folder each under ``providers/``, plus entry points of packages."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import ConfigurationError, NotFound
from optiinfra_pipelines import providers as folders

GROUP = "optiinfra.providers"


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider by its slug, in order of slug; found once per process.

    Raises:
        ConfigurationError: a package offers a provider that cannot be loaded, or a slug twice.
    """
    found: dict[str, Provider] = {}
    for origin, candidate in (*_shipped(), *_installed(tuple(entry_points(group=GROUP)))):
        register(found, origin, candidate)
    return MappingProxyType(dict(sorted(found.items())))


def provider(slug: str) -> Provider:
    """The provider called ``slug``.

    Raises:
        NotFound: there is none; the remedy lists those there are.
    """
    known = providers()
    if slug not in known:
        raise NotFound(f"there is no provider {slug!r}", remedy=f"Use one of {', '.join(known)}.")
    return known[slug]


def register(found: dict[str, Provider], origin: str, candidate: object) -> None:
    """Add ``candidate`` to ``found``; ``origin`` says where it came from if it cannot be added."""
    if not isinstance(candidate, Provider):
        raise ConfigurationError(
            f"{origin} offers {type(candidate).__name__} where a Provider is expected",
            remedy=f"Point the entry point of {origin} at its Provider, or uninstall it.",
        )
    if candidate.slug in found:
        raise ConfigurationError(
            f"{origin} offers the provider {candidate.slug!r}, which exists already",
            remedy=f"Uninstall {origin}, or have it choose another slug.",
        )
    found[candidate.slug] = candidate


def _shipped() -> Iterator[tuple[str, object]]:
    for folder in pkgutil.iter_modules(folders.__path__):
        if folder.ispkg:
            name = f"{folders.__name__}.{folder.name}"
            yield name, importlib.import_module(name).PROVIDER


def _installed(points: tuple[EntryPoint, ...]) -> Iterator[tuple[str, object]]:
    for point in points:
        try:
            yield f"{point.name} ({point.value})", point.load()
        except (ImportError, AttributeError) as failure:
            raise ConfigurationError(
                f"the provider {point.name} ({point.value}) cannot be imported: {failure}",
                remedy="Reinstall the package that brings it, or uninstall it.",
            ) from failure
