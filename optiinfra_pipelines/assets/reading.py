"""Where people read what an asset holds and what is written about it: links for the Dagster UI."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import dagster as dg

from optiinfra_core.settings import Settings


@dataclass(frozen=True, slots=True)
class _Door:
    """The API's path and the dashboard's page of one kind of data."""

    path: str
    page: str


DOORS: Mapping[str, _Door] = MappingProxyType(
    {
        "cost": _Door("/api/v2/costs/{customer_id}/{provider}/metrics", "costs"),
        "performance": _Door("/api/v2/performance/{customer_id}/{provider}/metrics", "performance"),
        "resource": _Door("/api/v2/resources/{customer_id}/{provider}/inventory", "resources"),
        "application": _Door(
            "/api/v2/applications/{customer_id}/{provider}/quality", "applications"
        ),
    }
)
# What is of no such kind is about collecting itself.
ANY = _Door("/api/v1/collect/freshness", "collection")


def docs_page(knobs: Settings, page: str) -> str:
    """The address of a page of the documentation, or its file where no address is set."""
    if knobs.docs_url is None:
        return f"docs/{page}.md"
    return f"{knobs.docs_url.rstrip('/')}/{page}/"


def docs_link(knobs: Settings, page: str, words: str) -> str:
    """A page of the documentation in Markdown: a link where it has an address."""
    where = docs_page(knobs, page)
    return f"[{words}]({where})" if knobs.docs_url else f"{words} (`{where}`)"


def api_address(knobs: Settings) -> str:
    """The API as people reach it."""
    return (knobs.api_public_url or knobs.api_url).rstrip("/")


def path_of(data_type: str, provider: str) -> str:
    """The API's path that answers with the data, the customer left open."""
    return DOORS.get(data_type, ANY).path.replace("{provider}", provider)


def dashboard_page(knobs: Settings, data_type: str, provider: str) -> str:
    """The dashboard's page that shows the data of one provider."""
    page = DOORS.get(data_type, ANY).page
    return f"{api_address(knobs)}/dashboard/#/{page}?provider={provider}"


def links(knobs: Settings, data_type: str, provider: str) -> dict[str, dg.MetadataValue]:
    """The links that stand with an asset's definition."""
    return {
        "dashboard": dg.MetadataValue.url(dashboard_page(knobs, data_type, provider)),
        "api_read": dg.MetadataValue.text(f"GET {path_of(data_type, provider)}"),
        "api_description": dg.MetadataValue.url(f"{api_address(knobs)}/docs"),
        "documentation": written(knobs, "dagster-ui"),
        "columns_explained": written(knobs, "data-dictionary"),
    }


def written(knobs: Settings, page: str) -> dg.MetadataValue:
    """A page of the documentation as metadata: an address, or the file in a checkout."""
    where = docs_page(knobs, page)
    return dg.MetadataValue.url(where) if knobs.docs_url else dg.MetadataValue.path(where)


def about(knobs: Settings, page: str) -> dict[str, dg.MetadataValue]:
    """The links that stand with a job, a schedule, a sensor or a check."""
    return {
        "documentation": written(knobs, page),
        "api_description": dg.MetadataValue.url(f"{api_address(knobs)}/docs"),
    }


def read_it(knobs: Settings, data_type: str, provider: str) -> str:
    """The last line of a description: where to read the data."""
    return (
        f"**Read it:** [dashboard]({dashboard_page(knobs, data_type, provider)}),"
        f" `GET {path_of(data_type, provider)}` ([API]({api_address(knobs)}/docs)),"
        f" {docs_link(knobs, 'data-dictionary', 'what each column means')}."
    )
