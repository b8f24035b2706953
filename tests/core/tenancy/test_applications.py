"""What a customer says of its applications holds; what calls tell of them fills the rest."""

from datetime import timedelta
from decimal import Decimal

import pytest

from optiinfra_core.applications.privacy import TextRules
from optiinfra_core.database import Database
from optiinfra_core.database.audit import entries, verify_chain
from optiinfra_core.errors import InvalidRequest, NotFound
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy import applications as registry
from optiinfra_core.tenancy.applications import Applications, rules_of
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import FixedClock


@pytest.fixture
def applications(database: Database) -> Applications:
    """A registry that has seen nothing in this process."""
    return Applications(database)


def test_what_sends_calls_is_listed(
    applications: Applications, acme: str, globex: str, clock: FixedClock
) -> None:
    """With its name, its cloud and when it was last heard of; another customer sees none of it."""
    assert applications.seen(acme, "support.assistant", "Assistant", "aws", clock.now())
    assert applications.seen(acme, "shop.search", "", "gcp", clock.now())
    found = applications.list(acme)
    assert [(each.application_id, each.name, each.provider) for each in found] == [
        ("shop.search", "shop.search", "gcp"),
        ("support.assistant", "Assistant", "aws"),
    ]
    assert found[0].last_seen_at == clock.now()
    assert not found[0].registered
    assert [each.application_id for each in applications.list(acme, "gcp")] == ["shop.search"]
    assert applications.list(globex) == ()


def test_it_is_written_once_a_minute(
    applications: Applications, acme: str, clock: FixedClock
) -> None:
    """A busy application costs one write a minute; a new process writes at once."""
    first = clock.now()
    applications.seen(acme, "a", "A", "aws", first)
    clock.advance(timedelta(seconds=59))
    applications.seen(acme, "a", "A", "aws", clock.now())
    assert applications.get(acme, "a").last_seen_at == first
    clock.advance(timedelta(seconds=1))
    applications.seen(acme, "a", "A", "aws", clock.now())
    assert applications.get(acme, "a").last_seen_at == clock.now()


def test_what_a_person_said_is_not_overwritten_by_calls(
    database: Database, applications: Applications, acme: str, clock: FixedClock
) -> None:
    """Name and cloud stay as said; what was not said is still learnt."""
    said = {"name": "Our assistant", "provider": "azure"}
    applications.patch(acme, "a", said, actor="test", at=clock.now())
    applications.patch(acme, "b", {"text_policy": "hash"}, actor="test", at=clock.now())
    for each in ("a", "b"):
        Applications(database).seen(acme, each, "told", "aws", clock.now())
    found = applications.list(acme)
    assert [(each.name, each.provider) for each in found] == [
        ("Our assistant", "azure"),
        ("told", "aws"),
    ]
    assert all(each.registered for each in found)


def test_a_call_without_a_cloud_forgets_none(
    database: Database, applications: Applications, acme: str, clock: FixedClock
) -> None:
    """An instrumentation that does not tell the cloud leaves it as it is known."""
    applications.seen(acme, "a", "A", "aws", clock.now())
    Applications(database).seen(acme, "a", "A", "", clock.now())
    assert applications.get(acme, "a").provider == "aws"


def test_what_is_said_is_kept_and_taken_back(
    applications: Applications, acme: str, clock: FixedClock
) -> None:
    """Every field; None goes back to what the installation says."""
    said = {
        "name": "A",
        "provider": "gcp",
        "text_policy": "full",
        "text_days": 7,
        "send_to_judge": False,
        "sample_share": 0.5,
        "daily_budget_usd": Decimal("2.5"),
        "judge_model": "openai/gpt-oss-20b",
        "baseline": {"days": 7},
        "thresholds": {"toxicity": 0.5},
    }
    changed = applications.patch(acme, "a", said, actor="test", at=clock.now())
    assert {name: getattr(changed, name) for name in said} == said
    assert applications.get(acme, "a") == changed
    nothing = dict.fromkeys(said)
    cleared = applications.patch(acme, "a", nothing, actor="test", at=clock.now())
    assert cleared.name == "A"
    assert (cleared.provider, cleared.text_policy, cleared.thresholds) == ("", None, {})


def test_rules_are_the_applications_own_or_the_installations(
    applications: Applications, acme: str, clock: FixedClock
) -> None:
    """Field by field; an application nobody knows yet has the installation's."""
    settings = Settings(text_policy="redacted", text_days=30, judge_allowed=True, judge_share=0.1)
    assert rules_of(None, settings) == TextRules("redacted", 30, send_to_judge=True)
    own = {"text_policy": "hash", "send_to_judge": False}
    changed = applications.patch(acme, "a", own, actor="test", at=clock.now())
    assert changed.rules(settings) == TextRules("hash", 30, send_to_judge=False)
    assert (changed.share(settings), changed.budget(settings)) == (0.1, Decimal(1))
    free = {"sample_share": 1.0, "daily_budget_usd": Decimal(0), "text_days": 1}
    changed = applications.patch(acme, "a", free, actor="test", at=clock.now())
    assert (changed.share(settings), changed.budget(settings)) == (1.0, Decimal(0))
    assert changed.rules(settings).days == 1


@pytest.mark.parametrize(
    ("application_id", "changes"),
    [
        ("a", {"text_policy": "all"}),
        ("a", {"text_days": 0}),
        ("a", {"sample_share": 1.5}),
        ("a", {"last_seen_at": None}),
        ("A b", {"text_days": 3}),
        ("", {}),
        ("a'; DROP TABLE optiinfra.applications; --", {}),
    ],
)
def test_what_cannot_be_said_is_refused(
    applications: Applications,
    acme: str,
    clock: FixedClock,
    application_id: str,
    changes: dict[str, object],
) -> None:
    """And nothing is kept of it."""
    with pytest.raises(InvalidRequest):
        applications.patch(acme, application_id, changes, actor="test", at=clock.now())
    assert applications.list(acme) == ()


def test_every_change_is_in_the_audit_log(
    database: Database, applications: Applications, acme: str, clock: FixedClock
) -> None:
    """Who changed what from what, in a chain that still verifies."""
    name = f"{acme}.app"
    for days in (7, 3):
        applications.patch(acme, name, {"text_days": days}, actor="api-key:x", at=clock.now())
    with database.operator() as connection:
        found = entries(connection, "application", name)
    assert [each.detail for each in found] == [
        {"text_days": {"before": None, "after": "7"}},
        {"text_days": {"before": "7", "after": "3"}},
    ]
    assert {each.actor for each in found} == {"api-key:x"}
    assert verify_chain(database).first_broken is None


def test_a_name_that_changes_with_every_call_does_not_fill_the_registry(
    applications: Applications, acme: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound new ones are refused, and those that are known go on."""
    monkeypatch.setattr(registry, "MOST", 2)
    told = [applications.seen(acme, f"pod-{n}", "", "aws", clock.now()) for n in range(4)]
    assert told == [True, True, False, False]
    clock.advance(timedelta(minutes=2))
    assert applications.seen(acme, "pod-0", "", "aws", clock.now())
    assert len(applications.list(acme)) == 2


def test_a_deleted_customer_sends_nothing(
    database: Database, applications: Applications, clock: FixedClock
) -> None:
    """Its slug is known and its applications are not; what it left is gone."""
    slug = Customers(database).add(f"gone-{clock.now():%f%S}", "Gone").slug
    applications.seen(slug, "a", "A", "aws", clock.now())
    Customers(database).delete(slug)
    assert applications.list(slug) == ()
    with pytest.raises(NotFound):
        Applications(database).seen(slug, "a", "A", "aws", clock.now())


def test_an_unknown_application_is_told_as_such(applications: Applications, acme: str) -> None:
    """With the way to the list."""
    with pytest.raises(NotFound, match="'nope'"):
        applications.get(acme, "nope")
