"""The Cost Management query: grouped daily costs of a subscription, page by page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from optiinfra_core.errors import Malformed, NotReady, Permanent
from optiinfra_pipelines.providers.azure.client.actions import COST_QUERY
from optiinfra_pipelines.providers.azure.client.connection import Azure
from optiinfra_pipelines.providers.azure.client.transport import Asked

ACTUAL, AMORTIZED = "ActualCost", "AmortizedCost"

# Up to 15 dimensions are accepted (the REST API; its models say 2, Azure/azure-sdk-for-python
# issue 12973). These are valid for Enterprise Agreements and Customer Agreements alike (lists in
# Azure/azure-rest-api-specs issue 32810 and mivano/azure-cost-cli issue 25). ResourceGuid is the
# meter's id.
DIMENSIONS = (
    "ServiceName", "MeterCategory", "MeterSubcategory", "Meter", "ResourceGuid", "ResourceId",
    "ResourceType", "ResourceLocation", "ChargeType", "PublisherType", "Frequency", "PricingModel",
    "BenefitId", "BenefitName",
)  # fmt: skip
# Without these a row would not say what it is for.
NEEDED = frozenset({"ServiceName", "ChargeType"})

ASKED = Asked(operation=COST_QUERY)
_NOT_A_DIMENSION = re.compile(r"Invalid dataset grouping: '(\w+)'")

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Costs of one kind in the days from ``first`` to ``last``, both of one calendar month.

    Azure counts one query unit for each month of data that a question reads.
    """

    kind: str
    first: date
    last: date
    grouping: tuple[str, ...] = DIMENSIONS
    daily: bool = True

    def body(self) -> dict[str, Any]:
        """The question as the REST API takes it."""
        dataset: dict[str, Any] = {
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
        }
        if self.daily:
            dataset["granularity"] = "Daily"
        if self.grouping:
            dataset["grouping"] = [{"type": "Dimension", "name": name} for name in self.grouping]
        return {
            "type": self.kind,
            "timeframe": "Custom",
            "timePeriod": {
                "from": f"{self.first.isoformat()}T00:00:00Z",
                "to": f"{self.last.isoformat()}T23:59:59Z",
            },
            "dataset": dataset,
        }


def total(azure: Azure, question: Question) -> Iterator[Record]:
    """The sum over all days and dimensions: a record for each currency."""
    return records(azure, replace(question, grouping=(), daily=False))


def records(azure: Azure, question: Question) -> Iterator[Record]:
    """Every row by the names of its columns, from every page.

    A dimension that the agreement of the subscription does not know is left out.

    Raises:
        NotReady: Azure has no cost data of the subscription yet.
        Malformed: the pages lead nowhere or elsewhere, or a row does not fit its columns.
    """
    question, page = _first_page(azure, question)
    seen = set[str]()
    while True:
        yield from _rows(page)
        link = page.get("nextLink")
        if not link:
            return
        if link in seen:
            raise Malformed(f"{ASKED} gave the same nextLink twice after {len(seen) + 1} pages")
        seen.add(str(link))
        page = _following_page(azure, question, str(link))


def _first_page(azure: Azure, question: Question) -> tuple[Question, Record]:
    scope = f"subscriptions/{azure.credential.subscription_id}"
    while True:
        body = question.body()
        try:
            answer = azure.calls.ask(
                ASKED,
                lambda body=body: _usage(azure, scope, body),  # type: ignore[misc]
            )
        except Permanent as refused:
            question = _without(question, refused)
            continue
        return question, _properties(answer)


def _usage(azure: Azure, scope: str, body: dict[str, Any]) -> Record | None:
    answer = azure.clients.cost().query.usage(scope, body)
    return None if answer is None else dict(answer.as_dict())


def _without(question: Question, refused: Permanent) -> Question:
    """The question without the dimension that Azure refused.

    Raises:
        Permanent: that was not the reason, or the dimension is needed.
    """
    named = _NOT_A_DIMENSION.search(refused.detail)
    if named is None or named[1] not in question.grouping or named[1] in NEEDED:
        raise refused
    kept = tuple(name for name in question.grouping if name != named[1])
    return replace(question, grouping=kept)


def _following_page(azure: Azure, question: Question, link: str) -> Record:
    own = urlsplit(azure.clients.resource_manager)
    if urlsplit(link)[:2] != own[:2]:
        raise Malformed(f"{ASKED} gave a nextLink that leads to another host", sample=link)

    def post() -> Record:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - loads the SDK

        request = HttpRequest("POST", link, json=question.body())
        answer = azure.clients.cost().send_request(request)
        answer.raise_for_status()
        return dict(answer.json())

    return _properties(azure.calls.ask(ASKED, post))


def _properties(answer: Record | None) -> Record:
    if answer is None:
        raise NotReady(
            f"{ASKED} has no content: Azure has no cost data of the subscription yet",
            remedy="Wait: a new subscription takes up to 48 hours.",
        )
    found = answer.get("properties")
    if not isinstance(found, Mapping) or "rows" not in found or "columns" not in found:
        raise Malformed(f"{ASKED} answered without rows", sample=", ".join(map(str, answer)))
    return found


def _rows(page: Record) -> Iterator[Record]:
    names = [str(column["name"]) for column in page["columns"]]
    for row in page["rows"]:
        if len(row) != len(names):
            raise Malformed(
                f"{ASKED} answered a row of {len(row)} values for {len(names)} columns",
                sample=", ".join(names),
            )
        yield dict(zip(names, row, strict=True))
