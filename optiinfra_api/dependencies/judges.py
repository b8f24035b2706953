"""Judge cards: what each judge did, and how it agrees with people, with gold and with itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

from optiinfra_api.dependencies.calibration import (
    Cards,
    JudgeKey,
    cards_by_gold,
    cards_by_people,
    is_calibrated,
    key_of,
)
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.schemas.judges import Agreement, JudgeCardRow, Share
from optiinfra_core.applications.statistics.agreement import JudgeCard, Proportion
from optiinfra_core.warehouse.questions.application_judges import (
    JUDGE_WORK,
    REPEATS,
    JudgeWork,
    Repeats,
)

COUNTS = ("judgements", "answered", "error", "refused", "unparseable", "skipped",
          "input_tokens", "output_tokens", "cost_unknown", "fingerprints")  # fmt: skip


async def judges_of(read: Read, filters: Mapping[str, Any]) -> Found[JudgeCardRow]:
    """The card of every judge that judged in the period, or was held against items."""
    by_judge = {name: filters[name] for name in ("metric_name", "judge_model")}
    work, repeats, people, gold = await asyncio.gather(
        read.whole(JUDGE_WORK, **filters),
        read.whole(REPEATS, **filters),
        cards_by_people(read, **filters),
        cards_by_gold(read, **by_judge),
    )
    worked = {key_of(row): row for row in work.rows}
    again = {key_of(row): row for row in repeats.rows}
    keys = sorted({*worked, *people, *gold})
    return Found(
        rows=[card_of(key, worked.get(key), again.get(key), (people, gold)) for key in keys]
    )


def card_of(
    key: JudgeKey, work: JudgeWork | None, again: Repeats | None, cards: tuple[Cards, Cards]
) -> JudgeCardRow:
    """One judge of one metric."""
    people, gold = (held.get(key) for held in cards)
    counts: dict[str, Any] = {name: getattr(work, name) if work else 0 for name in COUNTS}
    return JudgeCardRow(
        **key._asdict(),
        **counts,
        calibrated=any(is_calibrated(key, card) for card in (people, gold) if card),
        tampered=work.tampered_answers if work else 0,
        length_correlation=work.length_correlation if work else None,
        replicate_agreement=share(Proportion.of(again.alike, again.pairs)) if again else None,
        people=agreement(people),
        gold=agreement(gold),
        cost_usd=work.cost_usd if work else None,
        first_scored_at=work.first_scored_at if work else None,
        last_scored_at=work.last_scored_at if work else None,
    )


def agreement(card: JudgeCard | None) -> Agreement | None:
    """A card as it is served."""
    if card is None or not card.items:
        return None
    told = card.confusion
    return Agreement(
        items=card.items,
        true_flagged=int(told.true_flagged),
        false_flagged=int(told.false_flagged),
        true_missed=int(told.true_missed),
        false_passed=int(told.false_passed),
        balanced_accuracy=share(told.balanced_accuracy),
        sensitivity=share(told.sensitivity),
        specificity=share(told.specificity),
        kappa=told.kappa,
        length_correlation=card.length_correlation,
        replicate_agreement=share(card.replicate_agreement),
    )


def share(found: Proportion | None) -> Share | None:
    """A proportion as it is served."""
    if found is None:
        return None
    return Share(value=found.value, low=found.interval.low, high=found.interval.high, n=found.n)
