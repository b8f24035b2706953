"""The simulated clouds as their control routes tell of them: accounts, and what is true of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
from pydantic import SecretStr

from optiinfra_core.errors import Transient
from optiinfra_core.windows import DAY, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the simulated cloud and how its owner lets us in."""

    customer: str
    name: str
    provider: str
    account_id: str
    label: str
    credential: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedJudge:
    """Where the judge of the simulated applications listens, and its key."""

    base_url: str
    api_key: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedApplication:
    """An application that calls language models, and who runs it on which cloud."""

    application: str
    customer: str
    provider: str


class Simulated:
    """The simulator's control routes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def accounts(self) -> tuple[Account, ...]:
        """Every account of the demo customers."""
        return tuple(
            Account(**{name: told[name] for name in Account.__slots__})
            for told in self._get("accounts")
        )

    def cost(self, account: str, span: Window, as_of: datetime) -> Decimal:
        """The dollars of the days in ``span``, as the provider knew them at ``as_of``."""
        return Decimal(self._truth("cost", account, span, as_of)["total"])

    def points(self, account: str, span: Window, as_of: datetime) -> Mapping[str, int]:
        """How many measurements the provider showed at ``as_of``, by resource of ``span``."""
        told = self._truth("performance", account, span, as_of)["by_resource"]
        return {resource: int(count) for resource, count in told.items() if count}

    def resources(self, account: str, as_of: datetime) -> frozenset[str]:
        """The identifiers of what existed at ``as_of``."""
        return frozenset(self._truth("resources", account, Window(as_of - DAY, as_of), as_of))

    def judge(self) -> SimulatedJudge:
        """The judge."""
        told = self._get("judge")
        return SimulatedJudge(base_url=told["base_url"], api_key=SecretStr(told["api_key"]))

    def applications(self) -> tuple[SimulatedApplication, ...]:
        """Every application of the demo customers."""
        names = SimulatedApplication.__slots__
        return tuple(
            SimulatedApplication(**{name: told[name] for name in names})
            for told in self._get("applications")
        )

    def send_calls(self, url: str, key: SecretStr, customer: str, window: Window) -> None:
        """Let the applications of ``customer`` send their calls of ``window`` to the API."""
        self._ask(
            "POST",
            "traffic",
            json={
                "url": url,
                "key": key.get_secret_value(),
                "customer": customer,
                "start": window.start.isoformat(),
                "end": window.end.isoformat(),
            },
        )

    def calls(self, application: str, window: Window) -> Mapping[str, Any]:
        """What is true of an application's calls in ``window``: counts, tokens, defects."""
        told: Mapping[str, Any] = self._get(
            "truth",
            application=application,
            start=window.start.isoformat(),
            end=window.end.isoformat(),
        )
        return told

    def _truth(self, part: str, account: str, span: Window, as_of: datetime) -> Any:
        return self._get(
            "truth",
            only=part,
            account=account,
            start=span.start.isoformat(),
            end=span.end.isoformat(),
            as_of=as_of.isoformat(),
        )[part]

    def _get(self, route: str, **query: str) -> Any:
        return self._ask("GET", route, params=query)

    def _ask(self, method: str, route: str, **asked: Any) -> Any:
        url = f"{self._url}/_simulator/{route}"
        try:
            response = httpx.request(method, url, timeout=60, **asked)
            return response.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as failure:
            raise Transient(
                f"the simulated clouds do not answer: {failure}", remedy="Read logs/simulator.log."
            ) from failure
