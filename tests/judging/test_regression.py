"""A series that got worse is found and told from one that another judge looked at."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from optiinfra_core.applications.baseline import Pinned
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.warehouse.questions.alarms import BaselineDay, WatchedItems
from optiinfra_pipelines.judging.regression import (
    History,
    findings,
    histories,
    recovered,
    stretches,
    versions,
)

TODAY = date(2026, 11, 20)
SERIES: dict[str, Any] = {
    "application_id": "support", "environment": "prod", "metric_name": "quality", "judge": "groq",
    "judge_model": "m", "rubric_version": "1-a",
}  # fmt: skip
OLD = {"service_version": "1", "prompt_name": "", "prompt_version": "a", "model": "gpt"}


def day_before(days: int) -> date:
    """So many days before today."""
    return TODAY - timedelta(days=days)


def sums(day: date, judged: int, failed: int, **told: Any) -> BaselineDay:
    """A day whose calls were all judged."""
    given = {**SERIES, **OLD, "day": day, **told}
    return BaselineDay(
        **given, items=judged, weights=judged, weights_squared=judged, failed_weight=failed
    )


def items(day: date, judged: int, failed: int, **told: Any) -> Iterator[WatchedItems]:
    """The same day as its items."""
    given = {**SERIES, **OLD, "day": day, **told}
    began = datetime.combine(day, time(9), UTC)
    for bad, count in ((True, failed), (False, judged - failed)):
        if count:
            yield WatchedItems(**given, probability=1.0, failed=bad, items=count, first_at=began)


def history(*days: tuple[int, int, int], **told: Any) -> History:
    """Of days given as (days before today, judged, failed)."""
    return History(
        tuple(sums(day_before(back), judged, failed, **told) for back, judged, failed in days),
        tuple(
            item
            for back, judged, failed in days
            if back < 7
            for item in items(day_before(back), judged, failed, **told)
        ),
    )


def both(*parts: History) -> History:
    """Several versions of one series."""
    return History(
        tuple(day for part in parts for day in part.days),
        tuple(item for part in parts for item in part.items),
    )


STEADY = [(back, 150, 15) for back in range(1, 15)]


def test_a_steady_series_is_left_alone() -> None:
    """A day like the others, and one that is better."""
    assert findings(history(*STEADY, (0, 150, 16)), TODAY) == []
    assert findings(history(*STEADY, (0, 150, 2)), TODAY) == []


def test_a_drop_of_today_is_found_against_the_week_before() -> None:
    """With the rates of both sides, when it began, and no cause where nothing changed."""
    [worst, *_] = findings(history(*STEADY, (0, 150, 45)), TODAY)
    assert worst.baseline.value == pytest.approx(0.1)
    assert worst.current.value == pytest.approx(0.3)
    assert worst.began_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert (worst.judged, worst.attributed_to) == (150, "")
    assert worst.detail == ("30.0% of 150 judged calls failed against 10.0% in the 7 days before")


def test_a_slow_trickle_is_found_over_days() -> None:
    """Forty items a day say too little in one day and enough in four."""
    calm = [(back, 40, 4) for back in range(4, 25)]
    worse = [(back, 40, 10) for back in range(4)]
    assert findings(history(*calm, worse[-1]), day_before(3)) == []
    [worst, *_] = findings(history(*calm, *worse), TODAY)
    assert worst.judged >= 120


def test_another_judge_model_or_rubric_is_no_drop() -> None:
    """The swapped one is a series of its own, without a baseline: nothing is said of it."""
    for swapped in ({"judge_model": "n"}, {"rubric_version": "2-b"}, {"judge": "lexical-1"}):
        before = history(*STEADY)
        after = history((0, 300, 250), **swapped)
        apart = histories((*before.days, *after.days), (*before.items, *after.items))
        assert len(apart) == 2
        assert [findings(each, TODAY) for each in apart.values()] == [[], []]


def test_a_step_of_the_judge_ends_what_came_before() -> None:
    """After it there is no baseline for a week; a later drop within the new series is found."""
    told = history(*STEADY, (0, 150, 45))
    assert findings(told, TODAY) != []
    assert findings(told.after(day_before(1)), TODAY) == []
    assert findings(told.after(day_before(9)), TODAY) != []


def test_a_new_version_is_compared_with_the_one_before() -> None:
    """A canary with a tenth of the traffic is found although the whole barely moves."""
    canary = history((0, 60, 24), service_version="2")
    found = findings(both(history(*STEADY, (0, 540, 54)), canary), TODAY)
    assert found[0].against == "service_version 1"
    assert (found[0].attributed_to, found[0].attributed_value) == ("service_version", "2")
    assert found[0].judged == 60


@pytest.mark.parametrize(
    ("changed", "kind", "value"),
    [
        ({"model": "gpt-next"}, "model", "gpt-next"),
        ({"prompt_version": "b", "prompt_name": "greet"}, "prompt_version", "greet b"),
        ({"service_version": "2"}, "service_version", "2"),
    ],
)
def test_a_drop_is_attributed_to_what_changed(
    changed: dict[str, str], kind: str, value: str
) -> None:
    """The version whose items are worse than all others, not another that changed as well."""
    bad = history((0, 100, 40), **changed)
    other = {"service_version": "9"} if kind != "service_version" else {"model": "other"}
    harmless = history((0, 100, 10), **other)
    [worst, *_] = findings(both(history(*STEADY), bad, harmless), TODAY)
    assert (worst.attributed_to, worst.attributed_value) == (kind, value)


def test_what_changed_together_is_told_together() -> None:
    """One release that brought a model and a prompt: both are named, neither is chosen."""
    bad = history((0, 150, 60), service_version="2", model="gpt-next")
    [worst, *_] = findings(both(history(*STEADY), bad), TODAY)
    assert (worst.attributed_to, worst.together) == ("service_version", ("model gpt-next",))
    assert worst.detail.endswith("; changed together: model gpt-next")


def test_a_version_that_comes_back_is_not_new() -> None:
    """Rolled back to what ran a month ago: the week before is its baseline, as for all."""
    rolled_back = both(
        history((20, 150, 15), (0, 150, 15)), history(*STEADY[:8], service_version="2")
    )
    assert {each.against for each in stretches(rolled_back, TODAY, None)} == {"the 7 days before"}


def test_a_pinned_baseline_is_the_only_one() -> None:
    """Days or a version: a drop that crept in for weeks is still one."""
    crept = history(*[(back, 150, 45) for back in range(10)], (20, 600, 60), (21, 600, 60))
    assert findings(crept, TODAY) == []
    pinned = Pinned.read({"start": "2026-10-30", "end": "2026-11-01"})
    [worst, *_] = findings(crept, TODAY, pinned)
    assert worst.against == "the pinned baseline"
    assert worst.baseline.value == pytest.approx(0.1)
    version = Pinned.read({"service_version": "1"})
    assert findings(
        both(history(*STEADY), history((0, 150, 60), service_version="2")), TODAY, version
    )
    assert findings(history(*STEADY, (0, 150, 60)), TODAY, version) == []


@pytest.mark.parametrize(
    "told",
    [
        {"start": "2026-11-02", "end": "2026-11-01"},
        {"start": "2026-11-01"},
        {"start": "yesterday", "end": "2026-11-01"},
        {"service_version": ""},
        {"model": "a", "service_version": "b"},
        {"colour": "red"},
    ],
)
def test_what_is_no_baseline_is_refused(told: dict[str, object]) -> None:
    """With an example of one."""
    with pytest.raises(InvalidRequest):
        Pinned.read(told)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-30", "2026-11-01"),
        ("2026-10-30T00:00:00+00:00", "2026-11-01T00:00:00Z"),
        ("2026-10-30T22:00:00Z", "2026-10-31T03:00:00Z"),
        ("2026-10-30T01:00:00+01:00", "2026-10-31T20:00:00-04:00"),
    ],
)
def test_a_pinned_period_is_made_of_whole_days(start: str, end: str) -> None:
    """As the API keeps it, in any zone: days that it touches belong to it."""
    pinned = Pinned.read({"start": start, "end": end})
    assert pinned == Pinned(start=date(2026, 10, 30), end=date(2026, 11, 1))


def test_nothing_pinned_is_nothing() -> None:
    """Neither null nor an empty object."""
    assert Pinned.read(None) is Pinned.read({}) is None


def test_few_items_carry_no_alarm() -> None:
    """However bad: 40 items, or a baseline of 40, are no ground."""
    week_ago = [(back, 150, 15) for back in range(7, 14)]
    assert findings(history(*week_ago, (0, 40, 40)), TODAY) == []
    assert findings(history(*week_ago, (0, 50, 50)), TODAY) != []
    assert findings(history((1, 40, 4), (0, 150, 140)), TODAY) == []


def test_a_recovery_needs_items_after_the_alarm() -> None:
    """As good as the baseline was, within two points, on fifty items."""
    assert recovered(history((0, 60, 6)), day_before(1), 0.1)
    assert not recovered(history((0, 60, 6)), TODAY, 0.1)
    assert not recovered(history((0, 60, 9)), day_before(1), 0.1)
    assert not recovered(history((0, 40, 0)), day_before(1), 0.1)


def test_a_prompt_is_known_by_its_name_and_version() -> None:
    """A name alone is no version."""
    row = sums(TODAY, 1, 0, prompt_name="greet", prompt_version="")
    assert versions(row)["prompt_version"] == ""


def test_days_that_differ_by_themselves_raise_no_alarm() -> None:
    """Between 4 and 16 % from day to day: 18 % is no news there, and is where days are alike."""
    uneven = [(back, 300, (12, 48)[back % 2]) for back in range(1, 15)]
    even = [(back, 300, 30) for back in range(1, 15)]
    assert findings(history(*even, (0, 300, 54)), TODAY) != []
    assert findings(history(*uneven, (0, 300, 54)), TODAY) == []
    assert findings(history(*uneven, (0, 300, 150)), TODAY) != []


def test_a_day_raises_a_false_alarm_in_one_of_100_at_most() -> None:
    """Looks all through a day with a release, at a series that never changes: in 200 days two.

    All watches that are open that day count together: seven of days, one of the release.
    """
    random = Random(11)  # noqa: S311 - a world, not a secret

    def fails(count: int) -> int:
        return sum(random.random() < 0.1 for _ in range(count))

    alarms = 0
    for _ in range(200):
        before = history(*[(back, 150, fails(150)) for back in range(1, 15)])
        seen = failed = 0
        for _ in range(8):
            seen, failed = seen + 48, failed + fails(48)
            today = history((0, seen, failed), service_version="2")
            if findings(both(before, today), TODAY):
                alarms += 1
                break
    assert alarms <= 2
