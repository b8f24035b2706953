"""Did a judge change its mind about labelled items more than it always does?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optiinfra_core.applications.statistics.student import incomplete_beta

# A judge that never wavered so far may still do so: temperature 0 promises no equal answers.
LEAST_FLIPS = 0.02
# Four metrics a day at this level are one false step in eight months.
LARGEST_P = 0.001


@dataclass(frozen=True, slots=True)
class Change:
    """Of ``items``, how many verdicts ``changed`` where a share of ``usual`` was to be expected.

    ``p`` is the probability of as many or more.
    """

    items: int
    changed: int
    usual: float
    p: float

    @property
    def is_step(self) -> bool:
        """Whether the judge is another one now."""
        return self.p < LARGEST_P


def change(before: Mapping[str, Sequence[bool]], now: Mapping[str, Sequence[bool]]) -> Change:
    """Compare what was said of each item most often before with what is said most often now."""
    both = [item for item in now if before.get(item) and now[item]]
    changed = sum(_mostly(before[item]) is not _mostly(now[item]) for item in both)
    told = sum(len(before[item]) for item in both)
    wavering = sum(_minority(before[item]) for item in both)
    usual = max(LEAST_FLIPS, wavering / told if told else 0.0)
    tail = incomplete_beta(usual, changed, len(both) - changed + 1) if changed else 1.0
    return Change(len(both), changed, usual, tail)


def _mostly(told: Sequence[bool]) -> bool:
    return 2 * sum(told) > len(told)


def _minority(told: Sequence[bool]) -> int:
    return min(sum(told), len(told) - sum(told))
