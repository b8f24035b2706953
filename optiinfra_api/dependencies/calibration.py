"""How judges do on items whose truth is known: labelled by people, or from the gold set."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from optiinfra_api.dependencies.reading import Read
from optiinfra_core.applications.statistics.agreement import Graded, JudgeCard
from optiinfra_core.warehouse.gold_results import OPERATOR
from optiinfra_core.warehouse.questions.application_judges import (
    GRADED_BY_PEOPLE,
    GRADED_GOLD,
    GradedByPeople,
    GradedGold,
)
from optiinfra_core.windows import DAY

GOLD_REACHES = 90 * DAY
FEWEST_ITEMS = 30
CHANCE = 0.5


class JudgeKey(NamedTuple):
    """A judge of one metric, whatever the application."""

    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str


Cards = Mapping[JudgeKey, JudgeCard]


def key_of(row: object) -> JudgeKey:
    """The judge of a row that has its columns."""
    return JudgeKey(*(str(getattr(row, name)) for name in JudgeKey._fields))


def cards_of(rows: Iterable[GradedByPeople | GradedGold]) -> dict[JudgeKey, JudgeCard]:
    """A card for each judge of ``rows``."""
    items: dict[JudgeKey, list[Graded]] = defaultdict(list)
    for row in rows:
        items[key_of(row)].append(
            Graded(
                item_id=row.item_id,
                expected=row.defect,
                flagged=row.found,
                score=row.score,
                output_chars=row.output_chars,
                replicate=row.replicate,
            )
        )
    return {key: JudgeCard.of(key, graded) for key, graded in items.items()}


async def cards_by_people(read: Read, **narrowed: str) -> Cards:
    """Judges against people's labels of the period's calls."""
    return cards_of((await read.shared(GRADED_BY_PEOPLE, **narrowed)).rows)


async def cards_by_gold(read: Read, **narrowed: str) -> Cards:
    """Judges on the gold set, as they were last asked in the 90 days before the period's end."""
    asked = {"since": read.window.end - GOLD_REACHES, "end": read.window.end, **narrowed}
    found = await asyncio.gather(
        *(
            read.doors.warehouse.rows(GRADED_GOLD, {**asked, "customer_id": payer})
            for payer in (OPERATOR, read.customer.slug)
        )
    )
    return cards_of(row for rows in found for row in rows)


async def calibrated_judges(read: Read, metric_name: str = "") -> frozenset[JudgeKey]:
    """The judges that did better than chance on enough items, by people or by gold."""
    people, gold = await asyncio.gather(
        cards_by_people(read, metric_name=metric_name), cards_by_gold(read, metric_name=metric_name)
    )
    return frozenset(
        key for cards in (people, gold) for key, card in cards.items() if is_calibrated(key, card)
    )


def is_calibrated(key: JudgeKey, card: JudgeCard) -> bool:
    """Whether balanced accuracy is above chance for sure, on at least 30 items; never a screen."""
    accuracy = card.confusion.balanced_accuracy
    return (
        bool(key.judge_model)
        and accuracy is not None
        and accuracy.n >= FEWEST_ITEMS
        and accuracy.interval.low > CHANCE
    )
