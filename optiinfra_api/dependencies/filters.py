"""Filters that reads share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from optiinfra_core.collecting.closing import CLOSING, FINAL, OPEN
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.warehouse.questions.calls import GROUPS as CALL_GROUPS
from optiinfra_core.warehouse.questions.cost import BASES, DIMENSIONS, GROUPS, LEDGER_BASES
from optiinfra_core.windows import as_utc

TAG = "tag."
MOST_TAGS = 20

Text = Annotated[str, Query(max_length=2048)]


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
Dimension = Annotated[str, one_of(DIMENSIONS, "What to group by.")]
GroupBy = Annotated[str, one_of(GROUPS, "Length of a period.")]

SpentBy = Annotated[str, one_of(CALL_GROUPS, "What to group calls by.")]
Finality = Annotated[
    str,
    one_of(
        ("", OPEN, CLOSING, FINAL),
        "open: the period runs; closing: it has ended and may still change; final: it is settled.",
    ),
]


async def tags_of(request: Request) -> Mapping[str, tuple[str, ...]]:
    """The tags that rows must have, from parameters ``tag.<key>=<value>``."""
    wanted = [
        (name.removeprefix(TAG), value)
        for name, value in request.query_params.multi_items()
        if name.startswith(TAG)
    ]
    if len(wanted) > MOST_TAGS or any(not key for key, _ in wanted):
        raise InvalidRequest(
            "a tag filter is not understood",
            remedy=f"Write tag.<key>=<value>, at most {MOST_TAGS} times.",
        )
    return {
        "tag_keys": tuple(key for key, _ in wanted),
        "tag_values": tuple(value for _, value in wanted),
    }


async def charge_filters(  # noqa: PLR0913, PLR0917 - one parameter of the query for each
    tags: Annotated[Mapping[str, tuple[str, ...]], Depends(tags_of)],
    service: Text = "",
    region: Text = "",
    account: Text = "",
    charge_category: Text = "",
    resource_id: Text = "",
    finality: Finality = "",
) -> Mapping[str, Any]:
    """Which charges; further `tag.<key>=<value>` parameters name tags they must have."""
    return {
        "service": service,
        "region": region,
        "account": account,
        "charge_category": charge_category,
        "resource_id": resource_id,
        "finality": finality,
        **tags,
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


async def inventory_filters(
    resource_type: Text = "", status: Text = "", region: Text = ""
) -> Mapping[str, Any]:
    """Which resources."""
    return {"resource_type": resource_type, "status": status, "region": region}


async def change_filters(
    resource_type: Text = "", resource_id: Text = "", region: Text = ""
) -> Mapping[str, Any]:
    """Changes of which resources."""
    return {"resource_type": resource_type, "resource_id": resource_id, "region": region}


def demand_no(filters: Mapping[str, Any]) -> None:
    """Refuse filters where they cannot be applied: ignoring one would be a wrong answer.

    Raises:
        InvalidRequest: one is set.
    """
    named = [name for name, value in filters.items() if value]
    if named:
        raise InvalidRequest(
            f"{', '.join(named)} cannot be combined with as_known_at",
            remedy="Leave the filters out, or as_known_at.",
        )


async def known_at_of(
    as_known_at: Annotated[
        datetime | None,
        Query(description="Answer as it was known at this moment, RFC 3339 with a zone."),
    ] = None,
) -> datetime | None:
    """The moment as of which to answer."""
    return as_utc(as_known_at) if as_known_at else None


ChargeFilters = Annotated[Mapping[str, Any], Depends(charge_filters)]
SampleFilters = Annotated[Mapping[str, Any], Depends(sample_filters)]
InventoryFilters = Annotated[Mapping[str, Any], Depends(inventory_filters)]
ChangeFilters = Annotated[Mapping[str, Any], Depends(change_filters)]
KnownAt = Annotated[datetime | None, Depends(known_at_of)]
