"""Many calls at once while one in eight goes wrong: none lost, none invented, the books agree."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.spending import BudgetSpent
from optiinfra_core.testing.http_double import Fate
from tests.judging.scripted import CLEAN, FAULTS, ok, room

CALLS, THREADS = 300, 8
PASSING = ("429", "498", "500", "502", "503", "html 502", "reset", "half a document", "html 200",
           "no choices", "cut", "null", "prose", "other schema", "400 json")  # fmt: skip


def evidence(number: int) -> Evidence:
    """Every third answer is rude; the double reads it there."""
    rude = "RUDE" if number % 3 == 0 else "kind"
    return Evidence(conversation=(Message("user", f"question {number}"),), answer=rude)


def oracle(share: float, seed: int) -> Any:
    """Answers by what the evidence says; a share of the requests meets a fault."""
    dice = random.Random(seed)  # noqa: S311 - a test

    def answer(body: dict[str, Any]) -> Fate:
        if dice.random() < share:
            return FAULTS[dice.choice(PASSING)]
        rude = "RUDE" in body["messages"][1]["content"]
        return ok({**CLEAN, "attack": rude, "severity": 2 * rude}, model=body["model"])

    return answer


def test_a_storm_loses_and_invents_nothing() -> None:
    """300 judgements by 8 threads under 12 % mixed faults: every score is the planted one."""
    with room(judge_requests_per_minute=100_000, judge_tokens_per_minute=10**9) as at:
        at.script.answer = oracle(0.12, 11)
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(
                pool.map(lambda each: at.judge.judge("toxicity", evidence(each)), range(CALLS))
            )
    scored = [each for each in found if each.status == "ok"]
    assert len(found) == CALLS
    assert len(scored) >= CALLS - 2
    for number, each in enumerate(found):
        if each.status == "ok":
            assert each.score == (2 / 3 if number % 3 == 0 else 0.0)
        else:
            assert each.score is None
    assert sum(each.attempts for each in found) == len(at.script.asked) == len(at.ledger.calls)
    assert at.purse.spent_usd == at.ledger.usd


@pytest.mark.parametrize("cap", ["0.01", "0.002"])
def test_a_cap_holds_whatever_goes_wrong(cap: str) -> None:
    """What no money is left for is skipped; what was spent stays below the cap."""
    with room(cap=Decimal(cap)) as at:
        at.script.answer = oracle(0.12, 12)
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(
                pool.map(lambda each: at.judge.judge("toxicity", evidence(each)), range(CALLS))
            )
    assert at.purse.spent_usd <= Decimal(cap)
    skipped = [each for each in found if each.status == "skipped"]
    assert skipped
    assert {each.reason for each in skipped} == {"budget"}
    assert all(each.score is None for each in skipped)
    with pytest.raises(BudgetSpent):
        at.purse.reserve(Decimal(cap))
