"""Cost Explorer: two daily questions that together hold every charge once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from optiinfra_core.errors import Malformed
from optiinfra_pipelines.providers.aws.client.calls import Paging, Request
from optiinfra_pipelines.providers.aws.client.connection import Aws

# Cost Explorer answers in this region only (AWS general reference, endpoints).
REGION = "us-east-1"

# The record types that are use of something; the dimension's values appear in both spellings.
USAGE_TYPES = (
    "Usage",
    "DiscountedUsage",
    "Discounted Usage",
    "SavingsPlanCoveredUsage",
    "Savings Plan Covered Usage",
)

_USAGE = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_TYPES)}}
_PAGES = Paging(token_in="NextPageToken", token_out="NextPageToken")  # noqa: S106 - field names


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: which charges, grouped by service and what else (two groups at most)."""

    group: str
    chosen: Mapping[str, Any]


USAGE = Question(group="USAGE_TYPE", chosen=_USAGE)
OTHER = Question(group="RECORD_TYPE", chosen={"Not": _USAGE})
QUESTIONS = (USAGE, OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One group of one day as Cost Explorer tells it; amounts are text, as received."""

    question: Question
    day: date
    service: str
    key: str
    metrics: Mapping[str, Mapping[str, str]]
    estimated: bool


def charges(aws: Aws, question: Question, first: date, end: date) -> Iterator[Charge]:
    """Every group of every day in [first, end), from every page (0.01 USD each).

    Raises:
        Malformed: a group of a day came twice; summing it would invent money.
    """
    request = Request(
        service="ce",
        operation="GetCostAndUsage",
        answer="ResultsByTime",
        params={
            "TimePeriod": {"Start": first.isoformat(), "End": end.isoformat()},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost", "AmortizedCost", "UsageQuantity"],
            "GroupBy": [
                {"Type": "DIMENSION", "Key": "SERVICE"},
                {"Type": "DIMENSION", "Key": question.group},
            ],
            "Filter": question.chosen,
        },
    )
    seen: set[tuple[date, str, str]] = set()
    for page in aws.calls.pages(request, REGION, _PAGES):
        for charge in _charges(page, question):
            place = (charge.day, charge.service, charge.key)
            if place in seen:
                raise Malformed(f"ce:GetCostAndUsage told {place} on two pages")
            seen.add(place)
            yield charge


def _charges(page: Mapping[str, Any], question: Question) -> Iterator[Charge]:
    for result in page["ResultsByTime"]:
        try:
            day = date.fromisoformat(str(result["TimePeriod"]["Start"])[:10])
            for group in result["Groups"]:
                service, key = group["Keys"]
                yield Charge(
                    question=question,
                    day=day,
                    service=str(service),
                    key=str(key),
                    metrics=group["Metrics"],
                    estimated=bool(result["Estimated"]),
                )
        except (KeyError, ValueError, TypeError) as surprise:
            raise Malformed(
                f"ce:GetCostAndUsage answered a result that is not as documented: {surprise!r}",
                sample=", ".join(sorted(map(str, result))),
            ) from None
