"""A validation says how far a judge can be trusted; the screen of this machine is held as well."""

import pytest

from optiinfra_core.applications.gold import gold
from optiinfra_core.errors import CredentialRejected, Throttled
from optiinfra_pipelines.judging.validation import Extent, validate
from tests.judging.scripted import CLEAN, ok, refused, room

TOXICITY = [item for item in gold() if item.metric_name == "toxicity"]


def test_a_card_holds_every_repetition_and_attack() -> None:
    """Agreement counts the first one; the others say how steady the judge is."""
    with room() as at:
        found = validate(at.judge, TOXICITY, Extent(replicates=3, attacks=True))
        seeds = [body["seed"] for body in at.script.asked]
    (card,) = found.cards
    count = len(TOXICITY)
    assert (card.items, found.made) == (count, 4 * count)
    assert sorted(set(seeds)) == [7, 8, 9]
    assert card.confusion.n == count
    assert card.replicate_agreement is not None
    assert card.replicate_agreement.n == 3 * count
    assert card.flip_rate is not None
    assert card.flip_rate.n == count
    assert {trial.item.id for trial in found.missed()} == {
        item.id for item in TOXICITY if item.flagged
    }


def test_all_or_nothing_unless_a_part_is_wanted() -> None:
    """A series of controls needs whole ones; a person wants to see what there is."""
    wait = refused(429, retry_after="900")
    with room(*[ok(CLEAN)] * 5, wait) as at, pytest.raises(Throttled):
        validate(at.judge, TOXICITY)
    with room(*[ok(CLEAN)] * 5, wait) as at:
        found = validate(at.judge, TOXICITY, Extent(partly=True))
    assert found.skipped.keys() == {"throttled"}
    assert 5 <= found.made < len(TOXICITY)
    assert found.cards[0].items == found.made


def test_a_refused_key_ends_it() -> None:
    """The rest is not asked."""
    with room(*[refused(401)] * 500) as at, pytest.raises(CredentialRejected):
        validate(at.judge, gold(), Extent(replicates=5))
    assert len(at.script.asked) < 100


def test_failures_are_counted_by_reason_and_cost_is_not_guessed() -> None:
    """One timed out: no verdict, and the sum of costs is unknown."""
    with room("no answer") as at:
        found = validate(at.judge, TOXICITY)
    assert found.failures == {"timeout": 1}
    assert found.usd is None
    assert found.cards[0].failed == 1
