"""The simulated clouds as their control routes tell of them: accounts, and what is true of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from optiinfra_core.errors import Transient


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
class Truth:
    """What is true of an account for a span: dollars, points, and what exists at its end."""

    cost: Decimal
    points: int
    resources: frozenset[str]


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

    def truth(self, account: str, start: datetime, end: datetime, as_of: datetime) -> Truth:
        """What the provider would say of [start, end) at ``as_of``."""
        told = self._get(
            "truth",
            account=account,
            start=start.isoformat(),
            end=end.isoformat(),
            as_of=as_of.isoformat(),
        )
        return Truth(
            cost=Decimal(told["cost"]["total"]),
            points=int(told["performance"]["points"]),
            resources=frozenset(told["resources"]),
        )

    def _get(self, route: str, **query: str) -> Any:
        try:
            response = httpx.get(f"{self._url}/_simulator/{route}", params=query, timeout=60)
            return response.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as failure:
            raise Transient(
                f"the simulated clouds do not answer: {failure}", remedy="Read logs/simulator.log."
            ) from failure
