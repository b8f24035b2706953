"""Charges as files in FOCUS, with the metadata that says how complete they are."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from starlette.responses import StreamingResponse

from optiinfra_api.dependencies.exporting import MEDIA, DatasetOf, Wanted, WantedOf
from optiinfra_api.dependencies.parquet import as_parquet
from optiinfra_api.dependencies.reading import CostWhole, Read, rejoined
from optiinfra_api.dependencies.recency import metadata_of
from optiinfra_api.dependencies.tenant import Providers, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.focus import FocusMetadata
from optiinfra_core.warehouse.questions.focus import FOCUS

router = APIRouter(
    prefix="/api/v2/costs",
    tags=["costs"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["costs:read"])],
)

FILES: Mapping[int | str, dict[str, Any]] = {
    200: {
        "content": {
            MEDIA["csv"]: {"schema": {"type": "string"}},
            MEDIA["parquet"]: {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "One line for each charge. The Link header leads to the metadata.",
    }
}


@router.get(
    "/{customer_id}/{provider}/export", responses={**FILES}, response_class=StreamingResponse
)
async def cost_export(
    read: CostWhole, providers: Providers, request: Request, wanted: WantedOf
) -> Response:
    """Every charge of the period as a FOCUS file, written while it is read.

    In CSV a null is an empty cell; tags are JSON; instants are ISO 8601 in UTC. Ask for a long
    period month by month: one answer may take 30 seconds to compute.
    """
    params = read.params({"titles": tuple(one.title for one in providers)})
    parquet = wanted.kind == "parquet"
    fmt = "ArrowStream" if parquet else "CSVWithNames"
    chunks = read.doors.warehouse.stream(FOCUS[wanted.version], params, fmt)
    # Pulled here, so that a refused question is a problem and not half a file.
    body = rejoined(await read.covering.beside(anext(chunks, b"")), chunks)
    if parquet:
        told = await metadata_of(read, wanted.version)
        body = as_parquet(body, {"focus_metadata": told.model_dump_json(exclude_none=True)})
    headers = headers_of(read, request, wanted)
    return StreamingResponse(body, media_type=wanted.media_type, headers=headers)


@router.get("/{customer_id}/{provider}/export/metadata", response_model_exclude_none=True)
async def cost_export_metadata(read: CostWhole, dataset: DatasetOf) -> FocusMetadata:
    """What the export of the same period says of itself: columns, and how complete each day is."""
    return await metadata_of(read, dataset.version)


def headers_of(read: Read, request: Request, wanted: Wanted) -> Mapping[str, str]:
    """What the file is, how fresh, and where its metadata is."""
    days = f"{read.window.first_day}-{read.window.last_day}"
    name = f"{wanted.form}-{wanted.version}-{read.customer.slug}-{read.provider}-{days}"
    query = f"?{request.url.query}" if request.url.query else ""
    told = {key: value for key, value in read.headers().items() if key != "X-Row-Limit"}
    return {
        **told,
        "Content-Disposition": f'attachment; filename="{name}.{wanted.kind}"',
        "Link": f'<{request.url.path}/metadata{query}>; rel="describedby"',
        "X-Focus-Version": wanted.version,
    }
