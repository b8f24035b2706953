"""What people say of single calls: in, out, and the rates that follow."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, Security

from optiinfra_api.dependencies.application_reading import (
    ApplicationName,
    CallsPage,
    CallsWhole,
    ScoreFilters,
    SeriesFilters,
)
from optiinfra_api.dependencies.correcting import corrected_of, suggested
from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.filters import Text
from optiinfra_api.dependencies.labelling import slugs_of, store, take_back
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.tenant import Caller, Providers, Tenant, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Reading
from optiinfra_api.schemas.labels import Corrected, Labelled, NewLabels, ToLabel
from optiinfra_core.warehouse.questions.application_labels import LABELS, Label, Suggested

router = APIRouter(
    prefix="/api/v2/applications/{customer_id}/{provider}",
    tags=["applications"],
    responses={**RESPONSES},
)
READ = Security(allowed, scopes=["applications:read"])
WRITE = Security(allowed, scopes=["applications:write"])

PAGES = Keyset(
    LABELS,
    {
        "after_timestamp": "timestamp",
        "after_application": "application_id",
        "after_interaction": "interaction_id",
        "after_metric": "metric_name",
        "after_rater": "rater",
    },
)

Half = Annotated[int, Query(ge=1, le=250, description="Flagged calls, and as many passed ones.")]
Seed = Annotated[
    str, Query(max_length=64, description="The same seed draws the same calls; another, others.")
]
Interaction = Annotated[str, Query(pattern="^[0-9a-f]{32}-[0-9a-f]{16}$")]


@router.post("/labels", status_code=201, dependencies=[WRITE])
async def label_calls(  # noqa: PLR0913, PLR0917 - who, whose, where and what
    body: NewLabels,
    customer: Tenant,
    providers: Providers,
    provider: str,
    key: Caller,
    doors: DoorsOf,
) -> Labelled:
    """Say of calls whether a defect is there; a rater's later word replaces the earlier one."""
    slugs = slugs_of(providers, provider)
    return Labelled(stored=await store(doors, customer, slugs, key, body.labels))


@router.get("/labels", dependencies=[READ])
async def list_labels(
    read: CallsPage,
    application: ApplicationName = "",
    metric_name: Text = "",
    rater: Text = "",
) -> Reading[Label]:
    """The labels of the period's calls, newest call first."""
    asked = {"application": application, "metric_name": metric_name, "rater": rater}
    return read.answer(await read.listing(PAGES, **asked))


@router.delete("/labels", status_code=204, dependencies=[WRITE])
async def delete_label(  # noqa: PLR0913, PLR0917 - the parts of a label's name
    customer: Tenant,
    providers: Providers,
    provider: str,
    key: Caller,
    doors: DoorsOf,
    application: ApplicationName,
    interaction_id: Interaction,
    metric_name: Annotated[str, Query(min_length=1, max_length=64)],
    rater: Annotated[str, Query(min_length=1, max_length=64)],
) -> Response:
    """Take one label back."""
    named = {
        "application": application,
        "interaction": interaction_id,
        "metric_name": metric_name,
        "rater": rater,
    }
    await take_back(doors, customer, slugs_of(providers, provider), key, named)
    return Response(status_code=204)


@router.get("/corrected", dependencies=[READ])
async def corrected_rates(read: CallsWhole, filters: ScoreFilters) -> Reading[Corrected]:
    """The share of calls with the defect, corrected by people's labels."""
    return read.answer(await corrected_of(read, filters))


@router.get("/to-label", response_model=Reading[ToLabel], dependencies=[READ])
async def calls_to_label(
    read: CallsWhole, filters: SeriesFilters, each: Half = 25, seed: Seed = ""
) -> Reading[Suggested]:
    """Calls to label next: drawn at random, half of them flagged by the judge."""
    return read.answer(await suggested(read, filters, each, seed))
