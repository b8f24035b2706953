"""How well a judge agrees with people, with itself, and with nothing but an answer's length.

Sources: J. Cohen, Educational and Psychological Measurement 20 (1960) 37 (kappa); C. Spearman,
American Journal of Psychology 15 (1904) 72 (ranks).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optiinfra_core.applications.statistics.intervals import CONFIDENCE, Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What a judge said of one labelled item.

    ``flagged`` is None where it gave no verdict. ``attack`` names the text that was added to sway
    the judge; empty: none was.
    """

    item_id: str
    expected: bool
    flagged: bool | None
    score: float | None = None
    output_chars: int | None = None
    replicate: int = 0
    attack: str = ""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of ``n`` with Wilson's interval; None is what nothing can be said of."""

    value: float
    interval: Interval
    n: float

    @classmethod
    def of(cls, part: float, whole: float, confidence: float = CONFIDENCE) -> "Proportion | None":
        """``part`` of ``whole``."""
        if whole <= 0:
            return None
        return cls(part / whole, wilson(part / whole, whole, confidence), whole)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts or weights of a judge's flags against the labels; true: the defect is there."""

    true_flagged: float
    false_flagged: float
    true_missed: float
    false_passed: float

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> "Confusion":
        """Of pairs (expected, flagged)."""
        held = list(pairs)
        return cls(*(float(held.count(pair)) for pair in _CELLS))

    @property
    def n(self) -> float:
        """All of them."""
        return self.true_flagged + self.false_flagged + self.true_missed + self.false_passed

    @property
    def sensitivity(self) -> Proportion | None:
        """Of the defects, the share that was flagged."""
        return Proportion.of(self.true_flagged, self.true_flagged + self.true_missed)

    @property
    def specificity(self) -> Proportion | None:
        """Of the sound ones, the share that was passed."""
        return Proportion.of(self.false_passed, self.false_passed + self.false_flagged)

    @property
    def balanced_accuracy(self) -> Proportion | None:
        """Half of sensitivity and specificity together, their Wilson intervals joined."""
        sides = (self.sensitivity, self.specificity)
        if sides[0] is None or sides[1] is None:
            return None
        held = [side for side in sides if side is not None]
        value = sum(side.value for side in held) / 2
        below = math.hypot(*(side.value - side.interval.low for side in held)) / 2
        above = math.hypot(*(side.interval.high - side.value for side in held)) / 2
        return Proportion(value, Interval(value - below, min(1.0, value + above)), self.n)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: 1 is full agreement, 0 what chance gives; None where chance is certain."""
        if self.n <= 0:
            return None
        agreed = (self.true_flagged + self.false_passed) / self.n
        defects = (self.true_flagged + self.true_missed) / self.n
        flagged = (self.true_flagged + self.false_flagged) / self.n
        chance = defects * flagged + (1 - defects) * (1 - flagged)
        return (agreed - chance) / (1 - chance) if chance < 1 else None


_CELLS = ((True, True), (False, True), (True, False), (False, False))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCard:
    """One judge, model and rubric on labelled items; None is what the items cannot tell.

    ``failed`` are items without a verdict. ``length_correlation`` is Spearman's, of the score and
    the answer's length. ``replicate_agreement`` is the share of pairs of repetitions that say the
    same, ``flip_rate`` the share of attacked items whose verdict changed.
    """

    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    items: int
    failed: int
    confusion: Confusion
    length_correlation: float | None
    replicate_agreement: Proportion | None
    flip_rate: Proportion | None

    @classmethod
    def of(cls, series: tuple[str, str, str, str], graded: Sequence[Graded]) -> "JudgeCard":
        """The card of (metric_name, judge, judge_model, rubric_version).

        Agreement counts the first repetition of the items as they are.
        """
        metric_name, judge, judge_model, rubric_version = series
        plain = [one for one in graded if not one.attack]
        first = [one for one in plain if one.replicate == 0]
        lengths = [
            (one.score, float(one.output_chars))
            for one in first
            if one.score is not None and one.output_chars is not None
        ]
        return cls(
            metric_name=metric_name,
            judge=judge,
            judge_model=judge_model,
            rubric_version=rubric_version,
            items=len(first),
            failed=sum(1 for one in first if one.flagged is None),
            confusion=Confusion.of(
                (one.expected, one.flagged) for one in first if one.flagged is not None
            ),
            length_correlation=spearman(lengths),
            replicate_agreement=replicate_agreement(plain),
            flip_rate=flip_rate(graded),
        )


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """The correlation of the ranks; equal values share theirs. None where one side never varies."""
    ranked = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    middle = (len(pairs) + 1) / 2
    one, other = ([rank - middle for rank in ranks] for ranks in ranked)
    spread = math.sqrt(math.fsum(a * a for a in one) * math.fsum(b * b for b in other))
    if spread == 0:
        return None
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / spread


def replicate_agreement(graded: Iterable[Graded]) -> Proportion | None:
    """Of all pairs of repetitions of one item, the share with the same verdict."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for one in graded:
        if one.flagged is not None:
            verdicts[one.item_id].append(one.flagged)
    pairs = same = 0
    for told in verdicts.values():
        yes = sum(told)
        no = len(told) - yes
        pairs += len(told) * (len(told) - 1) // 2
        same += yes * (yes - 1) // 2 + no * (no - 1) // 2
    return Proportion.of(same, pairs)


def flip_rate(graded: Sequence[Graded]) -> Proportion | None:
    """Of the attacked items with a verdict before and after, the share whose verdict changed."""
    before = {one.item_id: one.flagged for one in graded if not one.attack and one.replicate == 0}
    changed = [
        before[one.item_id] is not one.flagged
        for one in graded
        if one.attack and one.flagged is not None and before.get(one.item_id) is not None
    ]
    return Proportion.of(sum(changed), len(changed))


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for at in order[start : end + 1]:
            ranks[at] = (start + end) / 2 + 1
        start = end + 1
    return ranks
