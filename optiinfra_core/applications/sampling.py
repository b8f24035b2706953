"""Which calls are judged: each is drawn on its own, the suspicious ones more often than others."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, Self

from optiinfra_core.errors import Malformed

Stratum = Literal["uniform", "risk", "all"]

# Mantissa of a float: more bits of the hash could round a draw up to 1, which no call may have.
DRAW_BITS = 53


@dataclass(frozen=True, slots=True)
class Plan:
    """How a window's calls are drawn: ``min(1, floor + lift + factor * risk)`` is included.

    ``floor`` is the same for every call and every window of a share, so that those below it are a
    uniform sample by themselves. ``lift`` is the part of the share that no risk asked for.
    """

    floor: float
    lift: float
    factor: float

    @classmethod
    def of(cls, risks: Sequence[float], share: float, floor_part: float = 0.5) -> Self:
        """The plan whose expected count is ``share`` of the calls with these risks.

        Risks are finite and not negative. Where the risks cannot use up what the floor leaves,
        the rest is spread over all.
        """
        if share >= 1:
            return cls(1.0, 0.0, 0.0)
        floor = floor_part * share
        risky = [risk for risk in risks if risk > 0]
        budget = (share - floor) * len(risks)
        if risky and (1 - floor) * len(risky) > budget:
            return cls(floor, 0.0, _factor(risky, 1 - floor, budget))
        calm = len(risks) - len(risky)
        lift = (budget - (1 - floor) * len(risky)) / calm if calm else share - floor
        return cls(floor, lift, 1 / min(risky) if risky else 0.0)

    def probability(self, risk: float) -> float:
        """With what probability a call of this risk is judged; above 0, at most 1."""
        return min(1.0, self.floor + self.lift + self.factor * risk)

    def stratum(self, risk: float, drawn: float) -> Stratum | None:
        """The stratum of a call whose draw is ``drawn``; None: it is not judged."""
        if self.floor >= 1:
            return "all"
        if drawn < self.floor:
            return "uniform"
        return "risk" if drawn < self.probability(risk) else None

    def written(self) -> str:
        """The plan as ``judge_samples.plan`` keeps it; ``read`` gives it back exactly."""
        return f"{self.floor!r} {self.lift!r} {self.factor!r}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The plan that was written.

        Raises:
            Malformed: the text is no plan.
        """
        try:
            floor, lift, factor = map(float, text.split(" "))
        except ValueError as error:
            raise Malformed("a sampling plan cannot be read", sample=text) from error
        return cls(floor, lift, factor)


def draw(customer_id: str, interaction_id: str) -> float:
    """The call's own number in [0, 1): the same whenever and by whomever it is asked."""
    told = f"sample\x1f{customer_id}\x1f{interaction_id}".encode()
    first = int.from_bytes(hashlib.sha256(told).digest()[:8])
    return (first >> (64 - DRAW_BITS)) / (1 << DRAW_BITS)


def _factor(risky: Sequence[float], most: float, budget: float) -> float:
    """What a unit of risk buys when no call may take more than ``most`` of the ``budget``.

    The riskiest take ``most`` one by one until the next one would not want that much.
    """
    rising = sorted(risky)
    sums = list(accumulate(rising))
    for risk, rest in zip(reversed(rising), reversed(sums), strict=True):
        factor = budget / rest
        if factor * risk <= most:
            return factor
        budget -= most
    return most / rising[0]
