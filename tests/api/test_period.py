"""Periods and cursors as values: what is accepted, what a default means."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_api.dependencies.cursor import Cursors, Position, question_of
from optiinfra_api.dependencies.period import COSTS, SAMPLES, Reach, Times, window_of
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.windows import DAY, FixedClock, Window

CLOCK = FixedClock(datetime(2026, 11, 22, 10, 7, tzinfo=UTC))
CURSORS = Cursors(b"a secret of this installation")


def instant(day: int, hour: int = 0) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reach", "asked", "start", "end"),
    [
        (COSTS, {}, datetime(2026, 10, 24, tzinfo=UTC), instant(23)),
        (COSTS, {"days": 7}, instant(16), instant(23)),
        (COSTS, {"end": instant(20), "days": 7}, instant(13), instant(20)),
        (COSTS, {"start": instant(1)}, instant(1), instant(23)),
        (
            SAMPLES,
            {},
            instant(21, 10) + timedelta(minutes=15),
            instant(22, 10) + timedelta(minutes=15),
        ),
        (SAMPLES, {"hours": 2, "end": instant(22, 4)}, instant(22, 2), instant(22, 4)),
    ],
)
def test_a_period_is_what_was_named_or_the_default(
    reach: Reach, asked: dict[str, Any], start: datetime, end: datetime
) -> None:
    """An end that nobody named is the end of the running step, so that the question repeats."""
    assert window_of(Times(**asked), reach, CLOCK) == Window(start, end)


def test_other_zones_are_the_same_instants() -> None:
    """Two hours east of UTC is two hours earlier in UTC."""
    east = timezone(timedelta(hours=2))
    asked = Times(start=datetime(2026, 11, 1, 2, tzinfo=east), end=instant(2))
    assert window_of(asked, COSTS, CLOCK) == Window(instant(1), instant(2))


def test_the_longest_period_is_accepted_and_a_day_more_is_not() -> None:
    """37 months of costs; the refusal says how many days that is."""
    end = instant(1)
    longest = Times(start=end - COSTS.longest, end=end)
    assert window_of(longest, COSTS, CLOCK).length == COSTS.longest
    with pytest.raises(InvalidRequest) as told:
        window_of(Times(start=end - COSTS.longest - DAY, end=end), COSTS, CLOCK)
    assert "1147" in told.value.remedy


KEYS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20), max_size=4)


@given(key=KEYS, question=st.text(max_size=40))
def test_a_cursor_is_read_back_as_it_was_written(key: dict[str, Any], question: str) -> None:
    """Whatever text is in a key: quotes, zero bytes, other scripts."""
    small = {name: value for name, value in key.items() if fits(value)}
    position = Position(key=small, window=Window(instant(1), instant(2)))
    assert CURSORS.read(CURSORS.write(position, question), question) == position


def fits(value: object) -> bool:
    """Whether a value is one that a key may hold: text, or a number of 64 bits."""
    return not isinstance(value, int) or abs(value) < 2**63


@given(place=st.integers(min_value=0, max_value=10_000), flipped=st.integers(1, 255))
def test_a_cursor_with_any_byte_changed_is_refused(place: int, flipped: int) -> None:
    """The signature covers all of it."""
    token = bytearray(CURSORS.write(Position(key={"offset": 100}), "q").encode())
    token[place % len(token)] ^= flipped
    altered = token.decode("latin-1")
    original = CURSORS.write(Position(key={"offset": 100}), "q")
    if same_bytes(altered, original):
        return
    with pytest.raises(InvalidRequest):
        CURSORS.read(altered, "q")


def same_bytes(altered: str, original: str) -> bool:
    """Base64 leaves some last bits unused: then another text is the same cursor."""
    try:
        return CURSORS.read(altered, "q") == CURSORS.read(original, "q")
    except InvalidRequest:
        return False


def test_another_installation_cannot_write_our_cursors() -> None:
    """The secret differs, so the signature does."""
    token = Cursors(b"another").write(Position(key={}), "q")
    with pytest.raises(InvalidRequest):
        CURSORS.read(token, "q")


def test_a_question_is_its_path_and_filters_whatever_their_order() -> None:
    """The page's size and cursor are no part of it; the caller is."""
    one = question_of("/p", [("a", "1"), ("b", "2"), ("limit", "5")], "key")
    same = question_of("/p", [("b", "2"), ("a", "1"), ("cursor", "x")], "key")
    assert one == same
    assert one != question_of("/p", [("a", "1")], "key")
    assert one != question_of("/p", [("a", "1"), ("b", "2")], "other")
