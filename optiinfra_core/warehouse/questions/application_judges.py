"""Questions about the judges themselves: what they did, cost, and how well they agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question

# More labelled items than a card needs; their number bounds what an answer computes.
MOST_ITEMS = 20_000

_FILTERS: Mapping[str, Any] = MappingProxyType(
    {"application": "", "metric_name": "", "judge_model": ""}
)


@dataclass(frozen=True, slots=True)
class JudgeWork:
    """What one judge, model and rubric did; the correlation is Pearson's, of score and length."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_type: str
    metric_name: str
    judgements: int
    answered: int
    tampered_answers: int
    error: int
    refused: int
    unparseable: int
    skipped: int
    length_correlation: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: Money | None
    cost_unknown: int
    fingerprints: int
    first_scored_at: datetime
    last_scored_at: datetime


@dataclass(frozen=True, slots=True)
class Repeats:
    """Calls that one judge was asked about more than once; ``alike`` of ``pairs`` agree."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_name: str
    repeated: int
    pairs: int
    alike: int


@dataclass(frozen=True, slots=True)
class GradedByPeople:
    """One judgement of a labelled call; ``defect``: people saw one, ``found``: the judge did."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_name: str
    application_id: str
    item_id: str
    defect: bool
    found: bool
    score: float | None
    output_chars: int | None
    replicate: int


@dataclass(frozen=True, slots=True)
class GradedGold:
    """One judgement of an item whose truth is known."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_name: str
    item_id: str
    defect: bool
    found: bool
    score: float | None
    output_chars: int
    replicate: int


# These take customer_id, providers, start, end; gold takes customer_id, since and end.
JUDGE_WORK = Question("applications/judge_card.sql", JudgeWork, optional=_FILTERS)
REPEATS = Question("applications/replicates.sql", Repeats, optional=_FILTERS)
GRADED_BY_PEOPLE = Question(
    "applications/graded_by_people.sql", GradedByPeople, optional={**_FILTERS, "limit": MOST_ITEMS}
)
GRADED_GOLD = Question(
    "applications/graded_gold.sql",
    GradedGold,
    optional={"metric_name": "", "judge_model": "", "limit": MOST_ITEMS},
)
