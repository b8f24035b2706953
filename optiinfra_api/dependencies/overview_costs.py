"""Costs of the overview: days added up to a period and the one before it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from optiinfra_api.schemas.overview import DayCost, PeriodCost
from optiinfra_core.warehouse.questions.cost import ProviderDay


def by_provider(rows: Iterable[ProviderDay]) -> Mapping[str, list[PeriodCost]]:
    """What each provider cost, a row for each currency."""
    groups: dict[str, list[ProviderDay]] = defaultdict(list)
    for row in rows:
        groups[row.provider].append(row)
    return {provider: by_currency(found) for provider, found in groups.items()}


def by_currency(rows: Iterable[ProviderDay]) -> list[PeriodCost]:
    """What all of ``rows`` cost, a row for each currency."""
    groups: dict[str, list[ProviderDay]] = defaultdict(list)
    for row in rows:
        groups[row.currency].append(row)
    return [period_of(currency, groups[currency]) for currency in sorted(groups)]


def period_of(currency: str, rows: list[ProviderDay]) -> PeriodCost:
    """Rows of one currency as a period, its days and the period before."""
    now = [row for row in rows if row.current]
    before = [row for row in rows if not row.current]
    cost, previous = total(now), total(before)
    return PeriodCost(
        currency=currency,
        cost=cost,
        rows=sum(row.rows for row in now),
        unknown_rows=sum(row.unknown_rows for row in now),
        previous=previous,
        previous_unknown_rows=sum(row.unknown_rows for row in before),
        change=None if cost is None or previous is None else cost - previous,
        days=days_of(now),
    )


def days_of(rows: list[ProviderDay]) -> list[DayCost]:
    """Rows of one currency by day, providers added up."""
    return [
        DayCost(day=day, cost=total(found), unknown_rows=sum(row.unknown_rows for row in found))
        for day in sorted({row.day for row in rows})
        for found in [[row for row in rows if row.day == day]]
    ]


def total(rows: Iterable[ProviderDay]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [row.cost for row in rows if row.cost is not None]
    return sum(known, Decimal(0)) if known else None
