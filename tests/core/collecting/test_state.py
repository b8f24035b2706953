"""The state of a source is written whole, again and again, and never turns back time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.errors import NotFound

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def states(database: Database) -> SourceStates:
    """The module's states."""
    return SourceStates(database)


@pytest.fixture
def state(acme: str) -> SourceState:
    """A state with every field told."""
    return SourceState(
        customer_id=acme, provider="aws", dataset="cost", account_id="111111111111",
        source="focus_export", source_version="etag-1", watermark=NOON,
        next_due_at=NOON + timedelta(hours=1), last_attempt_at=NOON, last_success_at=NOON,
        last_error_code="throttled", last_error_detail="slow down", last_error_remedy="wait",
        consecutive_failures=2, data_version=1_795_000_000_000, committed_at=NOON,
        windows_committed=3,
    )  # fmt: skip


def test_a_state_comes_back_as_it_was_saved(states: SourceStates, state: SourceState) -> None:
    """Every field; saving it again changes nothing; there is one row."""
    assert states.save(state) == state
    assert states.save(state) == state
    got = states.get(state.customer_id, "aws", "cost", "111111111111")
    assert got == state
    assert states.list(state.customer_id) == (state,)


def test_what_was_never_attempted_has_no_state(states: SourceStates, acme: str) -> None:
    """None, which is not the same as a state without a success."""
    assert states.get(acme, "aws", "cost", "1") is None


def test_each_account_and_data_set_has_its_own(states: SourceStates, state: SourceState) -> None:
    """Lists can be narrowed to a provider and a data set."""
    others = [
        replace(state, account_id="2"),
        replace(state, dataset="resource"),
        replace(state, provider="gcp"),
    ]
    for one in (state, *others):
        states.save(one)
    assert len(states.list(state.customer_id)) == 4
    assert states.list(state.customer_id, "gcp") == (others[2],)
    assert states.list(state.customer_id, dataset="resource") == (others[1],)
    assert set(states.list(provider="gcp")) >= {others[2]}


def test_a_slower_run_does_not_turn_back_what_readers_cache_by(
    states: SourceStates, state: SourceState
) -> None:
    """Versions and times of success only grow; errors and due times are the last writer's."""
    states.save(state)
    earlier = replace(
        state, data_version=5, committed_at=NOON - timedelta(days=1), windows_committed=1,
        last_success_at=None, last_error_code=None, consecutive_failures=0,
    )  # fmt: skip
    kept = states.save(earlier)
    assert (kept.data_version, kept.committed_at) == (state.data_version, NOON)
    assert (kept.windows_committed, kept.last_success_at) == (3, NOON)
    assert (kept.last_error_code, kept.consecutive_failures) == (None, 0)


def test_another_customers_state_is_out_of_reach(
    states: SourceStates, state: SourceState, globex: str
) -> None:
    """The same account under another customer is another row."""
    states.save(state)
    assert states.list(globex) == ()
    assert states.get(globex, "aws", "cost", state.account_id) is None


def test_an_unknown_customer_has_no_state(states: SourceStates, state: SourceState) -> None:
    """Saving for it is refused."""
    with pytest.raises(NotFound):
        states.save(replace(state, customer_id="nobody"))
