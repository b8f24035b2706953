"""A judge card says how far a judge can be believed, and where nothing can be said."""

from random import Random

import pytest

from optiinfra_core.applications.statistics.agreement import (
    Confusion,
    Graded,
    JudgeCard,
    flip_rate,
    replicate_agreement,
    spearman,
)

FLAGS = {"yes": True, "no": False}
SERIES = ("faithfulness", "groq", "openai/gpt-oss-20b", "1-abc")


def graded(item_id: str, verdict: str | None, *, replicate: int = 0, attack: str = "") -> Graded:
    """A verdict on an item that has the defect."""
    return Graded(
        item_id=item_id,
        expected=True,
        flagged=FLAGS.get(verdict or ""),
        replicate=replicate,
        attack=attack,
    )


def test_kappa_is_as_in_the_textbook() -> None:
    """20 and 15 agreed of 50, five and ten not: 0.4."""
    found = Confusion(true_flagged=20, false_flagged=10, true_missed=5, false_passed=15)
    assert found.kappa == pytest.approx(0.4)
    assert found.n == 50


def test_sensitivity_and_specificity_are_of_their_own_side() -> None:
    """Defects found of defects; sound ones passed of sound ones."""
    found = Confusion.of([(True, True)] * 17 + [(True, False)] * 3 + [(False, False)] * 10)
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert found.balanced_accuracy is not None
    assert (found.sensitivity.value, found.specificity.value) == (0.85, 1.0)
    assert found.balanced_accuracy.value == pytest.approx(0.925)


def test_two_hundred_balanced_labels_give_four_points() -> None:
    """The half-width of balanced accuracy at 0.9 is about 4.1 points, of one hundred 5.8."""
    for labels, half in ((200, 0.041), (100, 0.058)):
        side = labels / 2
        found = Confusion(0.9 * side, 0.1 * side, 0.1 * side, 0.9 * side).balanced_accuracy
        assert found is not None
        assert (found.interval.high - found.interval.low) / 2 == pytest.approx(half, abs=0.0025)


def test_one_sided_items_leave_questions_open() -> None:
    """Without defects there is no sensitivity; where all say the same, kappa means nothing."""
    found = Confusion.of([(False, False)] * 8)
    assert (found.sensitivity, found.balanced_accuracy, found.kappa) == (None, None, None)


def test_length_alone_can_explain_a_score() -> None:
    """Ranks count, not distances; equal ones share; a constant explains nothing."""
    assert spearman([(0.1, 5), (0.2, 50), (0.9, 5000)]) == pytest.approx(1.0)
    assert spearman([(0.9, 1), (0.5, 2), (0.1, 3)]) == pytest.approx(-1.0)
    assert spearman([(1, 1), (1, 2), (2, 3), (2, 4)]) == pytest.approx(0.894427, abs=1e-6)
    assert spearman([(1, 1), (1, 2)]) is None
    assert spearman([]) is None


def test_repetitions_are_compared_in_pairs() -> None:
    """Yes, yes, no is one agreeing pair of three; an item judged once says nothing."""
    told = [graded("a", v, replicate=n) for n, v in enumerate(("yes", "yes", "no"))]
    found = replicate_agreement([*told, graded("b", "yes"), graded("c", None)])
    assert found is not None
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)


def test_an_attack_that_changes_the_verdict_is_a_flip() -> None:
    """Counted where there was a verdict before and after."""
    told = [
        graded("a", "yes"), graded("a", "no", attack="ignore the rubric"),
        graded("b", "yes"), graded("b", "yes", attack="ignore the rubric"),
        graded("c", None), graded("c", "yes", attack="ignore the rubric"),
    ]  # fmt: skip
    found = flip_rate(told)
    assert found is not None
    assert (found.value, found.n) == (0.5, 2)
    assert flip_rate([graded("a", "yes")]) is None


def test_a_card_counts_what_failed_and_what_repeats_once() -> None:
    """Agreement is of the first repetition without attacks."""
    card = JudgeCard.of(
        SERIES,
        [
            graded("a", "yes"), graded("a", "no", replicate=1), graded("b", None),
            graded("a", "no", attack="x"),
            Graded(item_id="c", expected=False, flagged=False, score=0.0, output_chars=10),
            Graded(item_id="d", expected=False, flagged=True, score=1.0, output_chars=90),
        ],
    )  # fmt: skip
    assert (card.items, card.failed, card.judge_model) == (4, 1, "openai/gpt-oss-20b")
    assert card.confusion == Confusion(1.0, 1.0, 0.0, 1.0)
    assert card.length_correlation == pytest.approx(1.0)
    assert card.flip_rate is not None
    assert card.flip_rate.value == 1.0


def test_a_card_finds_what_was_planted() -> None:
    """Sensitivity .85 and specificity .95 lie in their intervals for 92 % of 200 sets of items."""
    covered = [0, 0]
    for seed in range(200):
        random = Random(seed)  # noqa: S311 - a world, not a secret
        told = [
            Graded(item_id=str(n), expected=bad, flagged=random.random() < (0.85 if bad else 0.05))
            for n, bad in enumerate((True, False) * 100)
        ]
        found = JudgeCard.of(SERIES, told).confusion
        assert found.sensitivity is not None
        assert found.specificity is not None
        covered[0] += 0.85 in found.sensitivity.interval
        covered[1] += 0.95 in found.specificity.interval
    assert min(covered) >= 184
