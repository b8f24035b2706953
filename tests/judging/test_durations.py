"""How long a server asks to be left alone, however it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_pipelines.judging.durations import go_seconds, wait

SENT = {"date": "Sun, 22 Nov 2026 20:00:00 GMT"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("26ms", 0.026), ("10.332999999s", 10.332999999), ("2m59.56s", 179.56), ("1h2m3s", 3723.0),
     ("7µs", 7e-6), ("0s", 0.0), (".5s", 0.5), ("", None), ("soon", None), ("12", None),
     ("5m later", None), ("-3s", None), ("1d", None)],
)  # fmt: skip
def test_durations_of_go_are_read(text: str, seconds: float | None) -> None:
    """As Groq's headers spell them; anything else is no duration."""
    assert go_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"retry-after": "Sun, 22 Nov 2026 20:00:07 GMT", **SENT}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 19:00:00 GMT", **SENT}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:07 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:07 GMT", "date": "noon"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_dates_count_by_the_clock_of_the_server(
    told: dict[str, str], seconds: float | None
) -> None:
    """Ours may be an hour off: a date without the server's own says nothing."""
    assert wait(told) == seconds


@given(
    st.dictionaries(st.sampled_from(("retry-after", "date", "x-ratelimit-reset-tokens")), st.text())
)
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    """Whatever stands there, the wait is a number of seconds or unknown."""
    found = wait(headers)
    assert found is None or found >= 0
