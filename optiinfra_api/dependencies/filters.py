"""Filters that reads share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from optiinfra_api.dependencies.period import instant_of
from optiinfra_core.collecting.closing import CLOSING, FINAL, OPEN
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.warehouse.questions.calls import GROUPS as CALL_GROUPS
from optiinfra_core.warehouse.questions.cost import (
    BASES,
    DIMENSIONS,
    GROUPS,
    LACKING,
    LEDGER_BASES,
    LEDGER_FILTERS,
)

TAG = "tag."
MOST_TAGS = 20

Text = Annotated[str, Query(max_length=2048)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Lacking = Annotated[str, StringConstraints(pattern=f"^({'|'.join(LACKING)})$")]

# `tag.<key>=<value>` as OpenAPI can say it: an object whose members are parameters each.
# https://spec.openapis.org/oas/v3.1.0#style-values, form and explode.
TAGGED: dict[str, Any] = {
    "parameters": [
        {
            "name": "tags",
            "in": "query",
            "required": False,
            "style": "form",
            "explode": True,
            "description": "Tags that rows must have, each a parameter `tag.<key>=<value>`;"
            f" at most {MOST_TAGS}.",
            "schema": {
                "title": "tag.<key>",
                "type": "object",
                "propertyNames": {"pattern": "^tag\\.."},
                "additionalProperties": {"type": "string"},
                "maxProperties": MOST_TAGS,
            },
            "example": {"tag.team": "payments"},
        }
    ]
}


def one_of(values: tuple[str, ...], description: str, alias: str | None = None) -> Any:
    """A query parameter that takes one of ``values``, which the catalogue of questions knows."""
    return Query(
        alias=alias,
        description=description,
        pattern=f"^({'|'.join(values)})$",
        json_schema_extra={"enum": list(values)},
    )


BASIS = "effective: with up-front payments spread over their term; billed: as on the invoice."
Basis = Annotated[str, one_of(BASES, f"Which cost. {BASIS}", "cost")]
LedgerBasis = Annotated[str, one_of(LEDGER_BASES, f"Which cost. {BASIS}", "cost")]
Dimension = Annotated[str, one_of(DIMENSIONS, "What to group by; tag: by the values of `tag`.")]
TagKey = Annotated[
    str, Query(max_length=256, description="With dimension=tag, the tag's key.", examples=["team"])
]
GroupBy = Annotated[str, one_of(GROUPS, "Length of a period.")]

# Which end of a ranking comes first, and the sign that questions take for it.
ENDS: Mapping[str, int] = {"busiest": 1, "idlest": -1}
End = Annotated[str, one_of(tuple(ENDS), "Which resources come first, by their mean.")]
SpentBy = Annotated[str, one_of(CALL_GROUPS, "What to group calls by.")]
Finality = Annotated[
    str,
    one_of(
        ("", OPEN, CLOSING, FINAL),
        "open: the period runs; closing: it has ended and may still change; final: it is settled.",
    ),
]


async def tags_of(
    request: Request,
    untagged: Annotated[
        list[Key], Query(description="Rows without a tag of this key; may be repeated.")
    ] = [],  # noqa: B006 - never changed
) -> Mapping[str, tuple[str, ...]]:
    """The tags that rows must have, from parameters ``tag.<key>=<value>``, and must not have."""
    wanted = [
        (name.removeprefix(TAG), value)
        for name, value in request.query_params.multi_items()
        if name.startswith(TAG)
    ]
    if len(wanted) + len(untagged) > MOST_TAGS or any(not key for key, _ in wanted):
        raise InvalidRequest(
            "a tag filter is not understood",
            remedy=f"Write tag.<key>=<value>, at most {MOST_TAGS} times.",
        )
    return {
        "tag_keys": tuple(key for key, _ in wanted),
        "tag_values": tuple(value for _, value in wanted),
        "untagged": tuple(untagged),
    }


class Charges(BaseModel):
    """Which charges; each field is a parameter of the query."""

    model_config = ConfigDict(frozen=True)

    service: Text = ""
    region: Annotated[str, Query(max_length=2048, description="A region's id.")] = ""
    account: Annotated[
        str,
        Query(max_length=2048, description="A sub-account, or the account that collected it."),
    ] = ""
    sub_account: Annotated[
        str,
        Query(max_length=2048, description="An account as `by-type?dimension=account` tells it."),
    ] = ""
    charge_category: Text = ""
    resource_id: Text = ""
    resource_type: Text = ""
    sku: Annotated[str, Query(max_length=2048, description="A SKU's id.")] = ""
    finality: Finality = ""
    without: Annotated[
        tuple[Lacking, ...],
        Query(description="Charges that name none of it; may be repeated."),
    ] = ()


async def charge_filters(
    charges: Annotated[Charges, Query()],
    tags: Annotated[Mapping[str, tuple[str, ...]], Depends(tags_of)],
) -> Mapping[str, Any]:
    """Which charges; further `tag.<key>=<value>` parameters name tags they must have."""
    return {**vars(charges), **tags}


async def restatement_filters(
    service: Text = "",
    region: Text = "",
    account: Text = "",
    charge_category: Text = "",
    resource_id: Text = "",
) -> Mapping[str, Any]:
    """Changes of which charges; the ledger knows neither tags nor kinds of resources."""
    return {
        "service": service,
        "region": region,
        "account": account,
        "charge_category": charge_category,
        "resource_id": resource_id,
    }


async def sample_filters(
    metric_name: Text = "",
    statistic: Text = "",
    resource_id: Text = "",
    resource_type: Text = "",
    region: Text = "",
) -> Mapping[str, Any]:
    """Which samples."""
    return {
        "metric_name": metric_name,
        "statistic": statistic,
        "resource_id": resource_id,
        "resource_type": resource_type,
        "region": region,
    }


async def utilisation_filters(
    metric_name: Annotated[
        str, Query(min_length=1, max_length=256, description="Which metric; see the dictionary.")
    ] = "cpu_utilization",
    statistic: Text = "",
    resource_id: Text = "",
    resource_type: Text = "",
    region: Text = "",
) -> Mapping[str, Any]:
    """Samples of one metric."""
    return await sample_filters(metric_name, statistic, resource_id, resource_type, region)


async def inventory_filters(  # noqa: PLR0913, PLR0917 - one parameter of the query for each
    tags: Annotated[Mapping[str, tuple[str, ...]], Depends(tags_of)],
    resource_type: Text = "",
    status: Text = "",
    region: Text = "",
    account: Text = "",
    resource_id: Text = "",
) -> Mapping[str, Any]:
    """Which resources; further `tag.<key>=<value>` parameters name tags they must have."""
    return {
        "resource_type": resource_type,
        "status": status,
        "region": region,
        "account": account,
        "resource_id": resource_id,
        **tags,
    }


async def change_filters(
    resource_type: Text = "", resource_id: Text = "", region: Text = ""
) -> Mapping[str, Any]:
    """Changes of which resources."""
    return {"resource_type": resource_type, "resource_id": resource_id, "region": region}


async def split_of(dimension: Dimension = "service", tag: TagKey = "") -> Mapping[str, str]:
    """What to group by.

    Raises:
        InvalidRequest: a tag's key is missing, or given where it means nothing.
    """
    if (dimension == "tag") != bool(tag):
        raise InvalidRequest(
            "dimension=tag and tag=<key> belong together",
            remedy="Write dimension=tag&tag=team, or leave tag out.",
        )
    return {"dimension": dimension, "tag": tag}


async def lines_of(
    split: Annotated[Mapping[str, str], Depends(split_of)],
    group_by: GroupBy = "day",
    top: Annotated[
        int,
        Query(ge=1, le=50, description="Values that are told apart; all others are added up."),
    ] = 10,
) -> Mapping[str, Any]:
    """What lines a chart of costs has, and how long a step of them is."""
    return {**split, "group_by": group_by, "top": top}


def as_known(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of ``filters`` that an answer as it was known can be narrowed by.

    Raises:
        InvalidRequest: another one is set: ignoring it would be a wrong answer.
    """
    named = [name for name, value in filters.items() if value and name not in LEDGER_FILTERS]
    if named:
        raise InvalidRequest(
            f"{', '.join(named)} cannot be combined with as_known_at",
            remedy=f"Leave as_known_at out, or narrow by {', '.join(LEDGER_FILTERS)} only.",
        )
    return {name: filters[name] for name in LEDGER_FILTERS}


async def known_at_of(
    as_known_at: Annotated[
        datetime | None,
        Query(description="Answer as it was known at this moment, RFC 3339 with a zone."),
    ] = None,
) -> datetime | None:
    """The moment as of which to answer."""
    return instant_of(as_known_at) if as_known_at else None


ChargeFilters = Annotated[Mapping[str, Any], Depends(charge_filters)]
Split = Annotated[Mapping[str, str], Depends(split_of)]
Lines = Annotated[Mapping[str, Any], Depends(lines_of)]
RestatementFilters = Annotated[Mapping[str, Any], Depends(restatement_filters)]
SampleFilters = Annotated[Mapping[str, Any], Depends(sample_filters)]
UtilisationFilters = Annotated[Mapping[str, Any], Depends(utilisation_filters)]
InventoryFilters = Annotated[Mapping[str, Any], Depends(inventory_filters)]
ChangeFilters = Annotated[Mapping[str, Any], Depends(change_filters)]
KnownAt = Annotated[datetime | None, Depends(known_at_of)]
