"""What is charged by the month: a marketplace fee, tax, rounding, and a refund afterwards."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.windows import DAY, Window, month_window
from optiinfra_simulator.google.cost.ledger import micros
from optiinfra_simulator.google.cost.lines import (
    ADJUSTMENT,
    MICRO,
    ROUNDING,
    TAX,
    Adjustment,
    Facet,
    Line,
    Seller,
)
from optiinfra_simulator.google.world.places import GLOBAL
from optiinfra_simulator.google.world.projects import Project
from optiinfra_simulator.google.world.skus import COMPUTE, COUNT, INVOICE, MARKET, Service, Sku
from optiinfra_simulator.world import dice

_HOUR = 3600
# The invoice is made on the third day of the next month; what arrives later is not in it.
INVOICED_AFTER = timedelta(days=2, hours=8, minutes=13)
_MARKET_DAY, _REFUND_DAY = 5, 15
_REFUNDED_AFTER = timedelta(days=12)
# A refund is exported at most so long after the usage day that it is booked on.
LONGEST = timedelta(days=45)
_CENT = MICRO // 100

_VENDOR = Seller("THIRD_PARTY_AGENCY", "Elasticsearch, Inc.", "PARTNER")
_GOODWILL = Adjustment("Goodwill for an outage of the zone", "MANUAL_ADJUSTMENT", "GOODWILL")


def _sku(number: str, service: Service, title: str) -> Sku:
    return Sku(
        id=number,
        service=service,
        title=title,
        family="",
        group="",
        unit=COUNT,
        price=Decimal(0),
        regions=(GLOBAL,),
    )


_FEE = _sku("9D1F-6C3B-2A57", MARKET, "Elastic Cloud Standard, monthly fee")
_TAX = _sku("9E0C-33AB-01DD", INVOICE, "Tax")
_ROUNDING = _sku("9E0C-33AB-01DE", INVOICE, "Rounding error")
_REFUND = _sku("9E0C-33AB-01DF", COMPUTE, "Goodwill credit")


def fees(seed: int, project: Project, day: date) -> tuple[Line, ...]:
    """The fee of the marketplace and the refund in the month that holds ``day``."""
    month = month_window(day)
    return _marketplace(seed, project, month), _refund(seed, project, month)


def invoice(
    seed: int, project: Project, day: date, ordinary: Callable[[date], Iterable[Line]]
) -> Iterator[Line]:
    """Tax and rounding of the month that holds ``day``, booked on its last hour."""
    month = month_window(day)
    fee = _marketplace(seed, project, month)
    yield from _invoice(project, month, (fee, *_all(month, ordinary)))


def _all(month: Window, ordinary: Callable[[date], Iterable[Line]]) -> Iterator[Line]:
    for span in month.split(DAY):
        yield from ordinary(span.first_day)


def _marketplace(seed: int, project: Project, month: Window) -> Line:
    day = month.start + (_MARKET_DAY - 1) * DAY
    amount = 1_000_000 * dice.whole(19, 95, seed, project.id, "market")
    facet = Facet(project=project, sku=_FEE, region=GLOBAL, seller=_VENDOR)
    return Line(
        facet=facet, start=_seconds(day), cost=amount, listed=amount, quantity=1.0, lag=20 * _HOUR
    )


def _invoice(project: Project, month: Window, lines: Iterable[Line]) -> Iterator[Line]:
    """Tax on what the export held when the invoice was made, and what makes it whole cents."""
    made = _seconds(month.end + INVOICED_AFTER)
    net = sum(line.net * line.exported(made) for line in lines)
    if not net:
        return
    tax = micros(Decimal(net) / MICRO * project.tax)
    last = _seconds(month.end) - _HOUR
    lag = made - last - _HOUR
    invoice = f"{month.start:%Y%m}"
    facet = Facet(project=project, sku=_TAX, region=GLOBAL)
    yield Line(facet=facet, start=last, cost=tax, listed=tax, lag=lag, cost_type=TAX, month=invoice)
    whole = (net + tax + _CENT // 2) // _CENT * _CENT
    rounding = whole - net - tax
    facet = Facet(project=project, sku=_ROUNDING, region=GLOBAL)
    yield Line(
        facet=facet, start=last, cost=rounding, listed=rounding, lag=lag, cost_type=ROUNDING,
        month=invoice,
    )  # fmt: skip


def _refund(seed: int, project: Project, month: Window) -> Line:
    """Money given back after the month was invoiced, booked on a day of it."""
    amount = -10_000 * dice.whole(500, 4_000, seed, project.id, month.start, "refund")
    start = _seconds(month.start + (_REFUND_DAY - 1) * DAY)
    return Line(
        facet=Facet(project=project, sku=_REFUND, region=GLOBAL),
        start=start,
        cost=amount,
        listed=amount,
        lag=_seconds(month.end + _REFUNDED_AFTER) - start - _HOUR,
        cost_type=ADJUSTMENT,
        adjustment=_GOODWILL,
        month=f"{month.end:%Y%m}",
    )


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
