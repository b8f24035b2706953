"""Holds a judge against labelled exchanges and says how far it can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.applications.gold import Item
from optiinfra_core.applications.judgement import Judge, Judgement
from optiinfra_core.applications.statistics.agreement import Graded, JudgeCard

# Enough to keep a plan of 1,000 requests a minute busy at a second a call.
THREADS = 8
CAP_USD = Decimal("0.05")
Series = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One item judged once."""

    item: Item
    judgement: Judgement

    @property
    def series(self) -> Series:
        """Metric, judge, model and rubric: cards never mix them."""
        told = self.judgement
        return (told.metric_name, told.judge, told.judge_model, told.rubric_version)

    def graded(self) -> Graded:
        """As the statistics take it; flagged is None where there is no verdict."""
        passed = self.judgement.passed
        return Graded(
            item_id=self.item.id,
            expected=self.item.flagged,
            flagged=None if passed is None else not passed,
            score=self.judgement.score,
            output_chars=len(self.item.evidence.answer),
            replicate=self.judgement.replicate,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What came of it; ``skipped`` are judgements for which no money was left."""

    cards: tuple[JudgeCard, ...]
    trials: tuple[Trial, ...]

    @property
    def skipped(self) -> int:
        """Judgements that the cap kept from being made."""
        return sum(trial.judgement.status == "skipped" for trial in self.trials)

    @property
    def failures(self) -> Mapping[str, int]:
        """How many judgements failed, by reason; an item that is no case for its rubric did not."""
        told = (trial.judgement for trial in self.trials)
        return Counter(each.reason for each in told if each.status not in ("ok", "skipped"))

    @property
    def usd(self) -> Decimal | None:
        """What it cost; None where the price of some call is unknown."""
        total = Decimal(0)
        for trial in self.trials:
            if trial.judgement.cost_usd is None:
                return None
            total += trial.judgement.cost_usd
        return total

    def missed(self) -> tuple[Trial, ...]:
        """Those whose verdict is not the label, in the order of the items."""
        return tuple(
            trial
            for trial in self.trials
            if trial.judgement.passed is not None and trial.judgement.passed == trial.item.flagged
        )


def validate(judge: Judge, items: Sequence[Item], replicates: int = 1) -> Validation:
    """Every item judged ``replicates`` times, and a card for each metric and model.

    The first repetitions come first, so that a cap cuts the later ones.

    Raises:
        Throttled: the judge wants more patience; nothing of it is kept.
        CredentialRejected, ConfigurationError: nothing can be judged.
    """
    asked = [(item, replicate) for replicate in range(replicates) for item in items]
    with ThreadPoolExecutor(THREADS) as pool:
        made = list(
            pool.map(lambda one: judge.judge(one[0].metric_name, one[0].evidence, one[1]), asked)
        )
    trials = tuple(
        Trial(item=item, judgement=judgement)
        for (item, _), judgement in zip(asked, made, strict=True)
    )
    return Validation(cards=cards(trials), trials=trials)


def cards(trials: Iterable[Trial]) -> tuple[JudgeCard, ...]:
    """A card for each series, in the order in which they come."""
    by_series: Mapping[Series, list[Graded]] = defaultdict(list)
    for trial in trials:
        if trial.judgement.status != "skipped":
            by_series[trial.series].append(trial.graded())
    return tuple(JudgeCard.of(series, graded) for series, graded in by_series.items())
