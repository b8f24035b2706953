"""Reads of applications: whose, of which calls and scores, on what ground."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Query

from optiinfra_api.dependencies.application_ground import coverage_of_calls, ground_of_calls
from optiinfra_api.dependencies.coverage import Covering
from optiinfra_api.dependencies.filters import Text, one_of
from optiinfra_api.dependencies.page import UNPAGED, Page, SmallPage
from optiinfra_api.dependencies.period import CALLS, Times
from optiinfra_api.dependencies.period import window_of as parsed
from optiinfra_api.dependencies.reading import Asking, AskingOf, Read, TimesOf
from optiinfra_api.dependencies.tenant import ALL
from optiinfra_core.warehouse.questions.application_quality import METRIC_TYPES
from optiinfra_core.warehouse.questions.application_usage import GROUPS

# Calls that tell no cloud are stored without one, and served under `all`.
NO_CLOUD = ""

ApplicationName = Annotated[
    str,
    Query(max_length=128, description="An application's id.", examples=["support.assistant"]),
]


async def read_of_calls(asking: Asking, asked: Times, page: Page = UNPAGED) -> Read:
    """A read of a period of applications.

    Raises:
        Unchanged: the caller holds the answer; ClickHouse was not asked.
    """
    doors, customer = asking.doors, asking.customer
    now = doors.clock.now()
    window = page.window or parsed(asked, CALLS, doors.clock)
    provider = str(asking.request.path_params["provider"])
    everything = provider == ALL
    slugs = tuple(info.slug for info in asking.providers) + ((NO_CLOUD,) if everything else ())
    ground = await ground_of_calls(doors, customer.slug, slugs, now, everything=everything)
    tag = asking.tag(window, ground)
    return Read(
        doors=doors,
        customer=customer,
        provider=provider,
        scope={
            "customer_id": customer.slug,
            "providers": slugs,
            "start": window.start,
            "end": window.end,
        },
        window=window,
        page=page,
        ground=ground,
        covering=Covering.known(coverage_of_calls(doors, window, ground, now)),
        tag=tag,
        now=now,
    )


async def calls_whole(asking: AskingOf, asked: TimesOf) -> Read:
    """A read of applications that is short by nature."""
    return await read_of_calls(asking, asked)


async def calls_page(asking: AskingOf, asked: TimesOf, page: SmallPage) -> Read:
    """A read of a page about applications."""
    return await read_of_calls(asking, asked, page)


async def call_filters(
    application: ApplicationName = "",
    environment: Text = "",
    model: Text = "",
    service_version: Text = "",
    prompt_version: Text = "",
) -> Mapping[str, Any]:
    """Which calls."""
    return {
        "application": application,
        "environment": environment,
        "model": model,
        "service_version": service_version,
        "prompt_version": prompt_version,
    }


async def score_filters(
    calls: Annotated[Mapping[str, Any], Depends(call_filters)],
    metric_name: Text = "",
    judge_model: Text = "",
) -> Mapping[str, Any]:
    """Scores of which calls, by which judge."""
    return {**calls, "metric_name": metric_name, "judge_model": judge_model}


async def series_filters(
    application: ApplicationName = "", metric_name: Text = "", judge_model: Text = ""
) -> Mapping[str, Any]:
    """Which series."""
    return {"application": application, "metric_name": metric_name, "judge_model": judge_model}


def series_of(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of ``filters`` that say which series, not which calls."""
    return {name: filters[name] for name in ("application", "metric_name", "judge_model")}


def calls_of(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of ``filters`` that say which calls, not which judge."""
    names = ("application", "environment", "model", "service_version", "prompt_version")
    return {name: filters[name] for name in names}


CallsWhole = Annotated[Read, Depends(calls_whole)]
CallsPage = Annotated[Read, Depends(calls_page)]
CallFilters = Annotated[Mapping[str, Any], Depends(call_filters)]
ScoreFilters = Annotated[Mapping[str, Any], Depends(score_filters)]
SeriesFilters = Annotated[Mapping[str, Any], Depends(series_filters)]
GroupByPeriod = Annotated[str, one_of(GROUPS, "Length of a period.")]
MetricTypeName = Annotated[str, one_of(METRIC_TYPES, "What is judged.")]
Shown = Annotated[
    str,
    one_of(
        ("current", "all"),
        "current: of each metric the series that counts now (the application's pinned judge model,"
        " else the one that made most of the newest scores); all: old and new ones side by side.",
        "series",
    ),
]
