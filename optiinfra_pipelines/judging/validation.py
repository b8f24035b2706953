"""Holds a judge against labelled exchanges and says how far it can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.applications.gold import Item
from optiinfra_core.applications.judgement import Judge, Judgement
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.statistics.agreement import Graded, JudgeCard
from optiinfra_core.errors import OptiInfraError, Throttled
from optiinfra_pipelines.judging.verdicts import Ended, Tally, judged

# Enough to keep a plan of 1,000 requests a minute busy at a second a call.
THREADS = 8
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
    """What came of it."""

    cards: tuple[JudgeCard, ...]
    trials: tuple[Trial, ...]

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many judgements were not made, by reason: ``budget``, ``throttled``."""
        told = (trial.judgement for trial in self.trials)
        return Counter(each.reason for each in told if each.status == "skipped")

    @property
    def made(self) -> int:
        """How many judgements were asked for."""
        return len(self.trials) - sum(self.skipped.values())

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

    The first repetitions come first, so that a cap, or a server that wants quiet, cuts the later
    ones.

    Raises:
        CredentialRejected, ConfigurationError: nothing can be judged.
    """
    asked = [(item, replicate) for replicate in range(replicates) for item in items]
    with ThreadPoolExecutor(THREADS) as pool:
        pending = [pool.submit(_judgement, judge, *one) for one in asked]
        try:
            trials = tuple(each.result() for each in pending)
        except OptiInfraError:
            pool.shutdown(cancel_futures=True)
            raise
    return Validation(cards=cards(trials), trials=trials)


def _judgement(judge: Judge, item: Item, replicate: int) -> Trial:
    try:
        judgement = judge.judge(item.metric_name, item.evidence, replicate)
    except Throttled:
        left = Ended(model="", status="skipped", reason="throttled")
        judgement = judged(RUBRICS[item.metric_name], judge.name, left, Tally())
    return Trial(item=item, judgement=judgement)


def cards(trials: Iterable[Trial]) -> tuple[JudgeCard, ...]:
    """A card for each series, in the order in which they come."""
    by_series: Mapping[Series, list[Graded]] = defaultdict(list)
    for trial in trials:
        if trial.judgement.status != "skipped":
            by_series[trial.series].append(trial.graded())
    return tuple(JudgeCard.of(series, graded) for series, graded in by_series.items())
