"""Resource Graph: every resource of the supported kinds in one question, page by page."""

from collections.abc import Iterator, Mapping
from typing import Any

from optiinfra_core.errors import Malformed, PermissionMissing
from optiinfra_pipelines.providers.azure.client.actions import GRAPH, LISTED, SKUS
from optiinfra_pipelines.providers.azure.client.connection import Azure
from optiinfra_pipelines.providers.azure.client.transport import Asked

PAGE = 1000  # the most that Resource Graph answers at once
ASKED = Asked(operation=GRAPH)
COLUMNS = "id, name, type, kind, location, resourceGroup, sku, zones, managedBy, tags, properties"
SKUS_VERSION = "2021-07-01"

Payload = Mapping[str, Any]
Size = tuple[float | None, float | None]


def resources(azure: Azure, kinds: tuple[str, ...] = tuple(LISTED)) -> Iterator[Payload]:
    """Every resource of ``kinds`` (ARM types in lower case), in order of id.

    Raises:
        Malformed: a page is not a list of objects, or the pages do not end.
    """
    token: str | None = None
    seen = set[str]()
    while True:
        answer = azure.calls.ask(ASKED, lambda token=token: _page(azure, kinds, token))  # type: ignore[misc]
        yield from _objects(answer)
        token = answer.get("skip_token")
        if not token:
            if str(answer.get("result_truncated")) == "true":
                raise Malformed(f"{ASKED} cut its answer and gave no token for the rest")
            return
        if token in seen:
            raise Malformed(f"{ASKED} gave the same token twice after {len(seen) + 1} pages")
        seen.add(token)


def question(kinds: tuple[str, ...], locations: frozenset[str] | None) -> str:
    """The question in Kusto; the only words from outside are locations: letters and digits."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    lines = [f"resources | where type in~ ({listed})"]
    if locations is not None:
        places = ", ".join(f"'{''.join(filter(str.isalnum, one))}'" for one in sorted(locations))
        lines.append(f"where location in~ ({places})")
    return " | ".join((*lines, f"project {COLUMNS}", "order by id asc"))


def _page(azure: Azure, kinds: tuple[str, ...], token: str | None) -> Payload:
    from azure.mgmt.resourcegraph.models import (  # noqa: PLC0415 - loads the SDK
        QueryRequest,
        QueryRequestOptions,
    )

    request = QueryRequest(
        subscriptions=[azure.credential.subscription_id],
        query=question(kinds, azure.locations),
        options=QueryRequestOptions(top=PAGE, skip_token=token, result_format="objectArray"),
    )
    answer = azure.clients.graph().resources(request)
    return {
        "data": answer.data,
        "skip_token": answer.skip_token,
        "result_truncated": getattr(answer.result_truncated, "value", answer.result_truncated),
    }


def _objects(answer: Payload) -> Iterator[Payload]:
    data = answer["data"]
    if isinstance(data, Mapping) and "columns" in data:  # the table format of early versions
        names = [str(column["name"]) for column in data["columns"]]
        data = [dict(zip(names, row, strict=True)) for row in data["rows"]]
    if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
        raise Malformed(f"{ASKED} answered no list of objects", sample=type(data).__name__)
    yield from data


def sizes(azure: Azure, region: str) -> Mapping[str, Size]:
    """Cores and GiB of memory of the region's VM sizes, by name in lower case.

    A principal without Microsoft.Compute/skus/read gets no sizes rather than no inventory.
    """
    asked = Asked(operation=SKUS, region=region)
    path = f"/subscriptions/{azure.credential.subscription_id}/providers/Microsoft.Compute/skus"
    place = "".join(filter(str.isalnum, region))
    url: str | None = (
        f"{azure.clients.resource_manager}{path}?api-version={SKUS_VERSION}"
        f"&$filter=location%20eq%20'{place}'"
    )
    found: dict[str, Size] = {}
    while url:
        if not url.startswith(f"{azure.clients.resource_manager}/"):
            raise Malformed(f"{asked} gave a nextLink that leads to another host", sample=url)
        try:
            answer = azure.calls.ask(asked, lambda url=url: azure.clients.get(url))  # type: ignore[misc]
        except PermissionMissing:
            return {}
        for sku in answer.get("value", ()):
            if str(sku.get("resourceType")) == "virtualMachines":
                found[str(sku["name"]).lower()] = _size(sku)
        url = answer.get("nextLink")
    return found


def _size(sku: Payload) -> Size:
    told = {str(one.get("name")): one.get("value") for one in sku.get("capabilities") or ()}
    cores, memory = (told.get("vCPUs"), told.get("MemoryGB"))
    return (float(cores) if cores else None, float(memory) if memory else None)
