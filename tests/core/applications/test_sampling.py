"""Which calls are judged follows from the call alone, and how often is known exactly."""

from collections import Counter
from random import Random

import pytest

from optiinfra_core.applications.sampling import Plan, draw
from optiinfra_core.errors import Malformed

SHARE = 0.1


def risks_like_a_screen(count: int, seed: int = 1) -> list[float]:
    """Most answers look harmless, some a little odd, few bad."""
    random = Random(seed)  # noqa: S311 - a world, not a secret
    return [random.choice((0.0, 0.0, 0.0, 0.0, 0.2, 0.5, 1.0)) for _ in range(count)]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
@pytest.mark.parametrize(
    "risks",
    [
        risks_like_a_screen(1000),
        [0.0] * 200,
        [1.0] + [0.0] * 999,
        [0.3] * 50,
        [1e-9, 1.0, 1e6],
        [0.7],
    ],
    ids=["screened", "calm", "one bad", "alike", "extreme", "single"],
)
def test_the_share_is_what_is_expected(risks: list[float], share: float) -> None:
    """The probabilities add up to the share, lie in (0, 1] and rise with the risk."""
    plan = Plan.of(risks, share)
    chances = [plan.probability(risk) for risk in risks]
    assert sum(chances) == pytest.approx(share * len(risks), rel=1e-9)
    assert all(0.3 * share * (1 - 1e-12) <= chance <= 1 for chance in chances)
    by_risk = sorted(zip(risks, chances, strict=True))
    assert [chance for _, chance in by_risk] == sorted(chances)


def test_everything_is_judged_where_all_is_asked_for() -> None:
    """A share of 1 is a stratum of its own."""
    plan = Plan.of([0.0, 1.0], 1.0)
    assert (plan.probability(0.0), plan.stratum(0.0, 0.999_999)) == (1.0, "all")


def test_an_empty_window_has_a_plan_for_who_comes_late() -> None:
    """It draws by the share alone."""
    assert Plan.of([], SHARE).probability(0.4) == pytest.approx(SHARE)


def test_a_plan_is_read_as_it_was_written() -> None:
    """To the last bit, so that a late call is drawn by the same numbers."""
    plan = Plan.of(risks_like_a_screen(977), 0.07)
    assert Plan.read(plan.written()) == plan


@pytest.mark.parametrize("text", ["", "1 2", "a b c", "1 2 3 4"])
def test_a_text_that_is_no_plan_is_refused(text: str) -> None:
    """With what was found instead."""
    with pytest.raises(Malformed):
        Plan.read(text)


def test_a_draw_is_of_the_call_and_the_customer() -> None:
    """Repeated it is the same; of another call or customer it is another; known for ever."""
    assert draw("acme", "t-1") == draw("acme", "t-1")
    assert len({draw("acme", "t-1"), draw("acme", "t-2"), draw("globex", "t-1")}) == 3
    assert draw("acme", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331") == pytest.approx(
        0.426_675_092_649_414_06, abs=1e-15
    )


def test_draws_are_spread_evenly() -> None:
    """Each tenth of [0, 1) gets its tenth of 20,000 calls, within four standard deviations."""
    counts = Counter(int(draw("acme", f"t-{n}") * 10) for n in range(20_000))
    assert set(counts) == set(range(10))
    assert all(abs(count - 2000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5 for count in counts.values())


def test_the_floor_is_a_uniform_sample_by_itself() -> None:
    """Whatever the risk, the same draws are in it; the others are there only for their risk."""
    plan = Plan.of(risks_like_a_screen(1000), SHARE)
    below, above = 0.999 * plan.floor, 1.001 * plan.floor
    assert {plan.stratum(risk, below) for risk in (0.0, 0.5, 1.0)} == {"uniform"}
    assert plan.stratum(0.0, above) is None
    assert plan.stratum(1.0, above) == "risk"


def test_what_is_drawn_follows_the_probabilities() -> None:
    """Of 20,000 calls as many are in as expected; of the bad ones far more than of the calm."""
    risks = risks_like_a_screen(20_000, seed=7)
    plan = Plan.of(risks, SHARE)
    taken = [risk for n, risk in enumerate(risks) if plan.stratum(risk, draw("acme", f"i-{n}"))]
    assert len(taken) == pytest.approx(2000, abs=4 * 2000**0.5)
    assert taken.count(1.0) / risks.count(1.0) > 5 * taken.count(0.0) / risks.count(0.0)
