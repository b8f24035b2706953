"""Holds a judge against labelled exchanges and says how far it can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.applications.gold import Item, attacked
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
    """One item judged once; ``attack`` names what was added to its answer, empty: nothing was."""

    item: Item
    judgement: Judgement
    attack: str = ""

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
            attack=self.attack,
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
            if not trial.attack
            and trial.judgement.passed is not None
            and trial.judgement.passed == trial.item.flagged
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One judgement of a validation."""

    item: Item
    replicate: int = 0
    attack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is asked: each item ``replicates`` times.

    ``attacks``: and once more with an ending that speaks to the judge.
    ``partly``: what was judged before the server wanted quiet is kept, the rest counted as skipped.
    """

    replicates: int = 1
    attacks: bool = False
    partly: bool = False


ONCE = Extent()


def validate(judge: Judge, items: Sequence[Item], how: Extent = ONCE) -> Validation:
    """The items judged, and a card for each metric and model.

    Raises:
        Throttled: the judge wants more patience, and ``how`` wants all or nothing.
        CredentialRejected, ConfigurationError: nothing can be judged.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        pending = [pool.submit(_judged, judge, each, how) for each in _plan(items, how)]
        try:
            trials = tuple(each.result() for each in pending)
        except OptiInfraError:
            pool.shutdown(cancel_futures=True)
            raise
    return Validation(cards=cards(trials), trials=trials)


def _plan(items: Sequence[Item], how: Extent) -> Iterator[Asked]:
    """First the items as they are: what a cap, or a server that wants quiet, cuts comes last."""
    yield from (Asked(item) for item in items)
    for name, item in attacked(items) if how.attacks else ():
        yield Asked(item, attack=name)
    for replicate in range(1, how.replicates):
        yield from (Asked(item, replicate) for item in items)


def _judged(judge: Judge, asked: Asked, how: Extent) -> Trial:
    metric_name = asked.item.metric_name
    try:
        judgement = judge.judge(metric_name, asked.item.evidence, asked.replicate)
    except Throttled:
        if not how.partly:
            raise
        left = Ended(model="", status="skipped", reason="throttled")
        judgement = judged(RUBRICS[metric_name], judge.name, left, Tally())
    return Trial(item=asked.item, judgement=judgement, attack=asked.attack)


def cards(trials: Iterable[Trial]) -> tuple[JudgeCard, ...]:
    """A card for each series, in the order in which they come."""
    by_series: Mapping[Series, list[Graded]] = defaultdict(list)
    for trial in trials:
        if trial.judgement.status != "skipped":
            by_series[trial.series].append(trial.graded())
    return tuple(JudgeCard.of(series, graded) for series, graded in by_series.items())
