"""Sums of a sample as the estimates that are served, each with its interval."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from optiinfra_api.schemas.quality import Estimate
from optiinfra_core.applications.statistics import weighted
from optiinfra_core.applications.statistics.verdict import FEWEST
from optiinfra_core.applications.statistics.weighted import Sums
from optiinfra_core.warehouse.questions.application_quality import QualityPeriod, QualitySums

S = TypeVar("S", QualitySums, QualityPeriod)

PLACES = Decimal("0.000000000001")
MILLION = 1_000_000


def told(found: weighted.Estimate | None) -> Estimate | None:
    """An estimate as it is served."""
    if found is None:
        return None
    return Estimate(
        value=found.value,
        low=found.interval.low,
        high=found.interval.high,
        n=found.n,
        effective_n=found.effective_n,
    )


def scores_of(row: QualitySums | QualityPeriod) -> Sums:
    """The sums of the scores."""
    return Sums(row.judged, row.weight, row.weight_squared, row.weighted, row.weighted_squared)


def verdicts_of(row: QualitySums) -> Sums:
    """The sums of the verdicts: 1 where the answer passed."""
    passed = row.passed_weight
    return Sums(row.ruled, row.ruled_weight, row.ruled_weight_squared, passed, passed)


def uniform_verdicts_of(row: QualitySums) -> Sums:
    """The same over the part of the sample in which every call was as likely."""
    return even(row.uniform, row.uniform_passed)


def above_of(row: QualitySums) -> Sums:
    """1 where the score reaches the limit."""
    above = row.above_weight
    return Sums(row.judged, row.weight, row.weight_squared, above, above)


def even(count: int, ones: int) -> Sums:
    """Sums of ones and zeros that weigh one each."""
    return Sums(count, count, count, ones, ones)


def total(sums: Iterable[Sums]) -> Sums:
    """All together."""
    return sum(sums, Sums())


def score(sums: Sums) -> Estimate | None:
    """The mean score."""
    return told(weighted.score(sums))


def rate(sums: Sums) -> Estimate | None:
    """The share of ones."""
    return told(weighted.rate(sums))


def pass_rate_of_period(row: QualityPeriod) -> Estimate | None:
    """The share that passed, from sums of what did not."""
    passed = row.weight - row.weighted_not_passed
    return rate(Sums(row.judged, row.weight, row.weight_squared, passed, passed))


def carries_verdict(judged: int) -> bool:
    """Whether so many judged calls can carry a verdict at all."""
    return judged >= FEWEST


def per_million(usd: Decimal | None, tokens: int) -> Decimal | None:
    """Dollars per million tokens; None where none has a known cost."""
    return None if usd is None or not tokens else (usd * MILLION / tokens).quantize(PLACES)


def per_passing(usd: Decimal | None, calls: int, passed: Estimate | None) -> Decimal | None:
    """What an answer that passes costs: the cost of a call over the share that passes.

    None where no cost or no share is known, or nothing passes.
    """
    if usd is None or not calls or passed is None or passed.value <= 0:
        return None
    return (usd / calls / Decimal(str(passed.value))).quantize(PLACES)
