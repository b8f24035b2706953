"""Simulated calls are the same whenever they are asked for, and come as often as they should."""

import os
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

import pytest

from optiinfra_core.applications.identity import application_id
from optiinfra_core.applications.interaction import SPAN_ID, TRACE_ID
from optiinfra_core.errors import InvalidRequest, NotFound
from optiinfra_core.windows import Window
from optiinfra_simulator.applications import arrivals
from optiinfra_simulator.applications.regressions import Regression
from optiinfra_simulator.applications.traffic import Traffic
from tests.simulator.applications.conftest import DAY, NAMES, NOON
from tests.simulator.conftest import NOON as WORLD_NOON

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings


@pytest.mark.parametrize("name", NAMES)
def test_a_window_can_be_made_again_in_pieces(traffic: Traffic, name: str) -> None:
    """Quarter hours and odd pieces together are the day; a second traffic agrees."""
    span = Window(NOON - timedelta(minutes=20), NOON + timedelta(hours=2))
    whole = list(traffic.calls(name, span))
    steps = span.split(timedelta(minutes=15))
    quarters = [call for one in steps for call in traffic.calls(name, one)]
    odd = timedelta(minutes=7, seconds=13, microseconds=5)
    pieces = [call for one in span.split(odd) for call in Traffic(regressions=()).calls(name, one)]
    assert whole == quarters == pieces
    assert [call.started_at for call in whole] == sorted(call.started_at for call in whole)
    assert list(islice(traffic.stream(name, span.start), len(whole))) == whole
    assert list(Traffic(seed=8, regressions=()).calls(name, span)) != whole


@pytest.mark.parametrize("name", NAMES)
def test_calls_come_at_the_applications_rate(traffic: Traffic, name: str) -> None:
    """A Wednesday has the day's mean within five standard deviations; a scale multiplies it."""
    app = next(one for one in traffic.applications if one.id == name)
    expected = app.calls_per_hour * 24
    found = sum(1 for _ in traffic.calls(name, DAY))
    assert abs(found - expected) < 5 * expected**0.5
    tenth = sum(1 for _ in Traffic(scale=0.1, regressions=()).calls(name, DAY))
    assert abs(tenth - expected / 10) < 5 * (expected / 10) ** 0.5


def test_the_day_and_the_week_have_their_shape(traffic: Traffic) -> None:
    """Developers ask in office hours; on Saturday a fifth of it."""

    def calls(start: datetime, hours: int) -> int:
        window = Window(start, start + timedelta(hours=hours))
        return sum(1 for _ in traffic.calls("docs.copilot", window))

    night, morning = calls(DAY.start + timedelta(hours=1), 3), calls(DAY.start.replace(hour=8), 3)
    assert morning > 8 * night
    saturday = DAY.start + timedelta(days=3)
    assert saturday.weekday() == 5
    assert 0.1 < calls(saturday, 24) / calls(DAY.start, 24) < 0.3


def test_identities_are_valid_and_unique(traffic: Traffic) -> None:
    """Ids are of OpenTelemetry's form, no two calls share one, names give the application's id."""
    calls = [call for name in NAMES for call in traffic.calls(name, DAY)]
    assert len({call.interaction_id for call in calls}) == len(calls)
    for call in calls:
        assert TRACE_ID.fullmatch(call.trace_id)
        assert SPAN_ID.fullmatch(call.span_id)
    for app in traffic.applications:
        assert application_id(app.namespace, app.name) == app.id
    owners = {app.id: (app.customer, app.provider) for app in traffic.applications}
    assert owners == {
        "support.assistant": ("acme", "aws"),
        "shop.search": ("acme", "gcp"),
        "docs.copilot": ("globex", "azure"),
        "ops.triage": ("globex", "vultr"),
    }
    of_acme = {call.application.id for call in traffic.of_customer("acme", DAY)}
    assert of_acme == {"support.assistant", "shop.search"}


def test_numbers_of_a_call_fit_together(traffic: Traffic) -> None:
    """Failed calls have no answer, no answer's tokens and no first token; others have all."""
    for call in traffic.calls("support.assistant", DAY):
        if call.failed:
            assert (call.answer, call.output_tokens, call.ttft_ms) == ("", 0, None)
            assert call.defects == {}
        else:
            assert call.ttft_ms is not None
            assert 0 < call.ttft_ms < call.latency_ms
            assert 0 <= call.cache_read_tokens < call.input_tokens
            assert call.output_tokens > 0
            assert call.finish_reason == "stop"


def test_no_two_questions_are_the_same_text(traffic: Traffic) -> None:
    """So that a judge's errors on two calls are two draws."""
    questions = [call.exchange.question for call in traffic.calls("shop.search", DAY)]
    assert len(set(questions)) == len(questions)


def test_some_questions_name_people(traffic: Traffic) -> None:
    """E-mail addresses and telephone numbers stand in texts, at the planted share."""
    calls = list(traffic.calls("support.assistant", DAY))
    private = [call for call in calls if "@example.com" in call.exchange.question]
    assert [call for call in calls if call.exchange.planted.private] == private
    assert 0.1 < len(private) / len(calls) < 0.2
    assert all("555-01" in call.exchange.question for call in private)


def test_versions_change_with_time(traffic: Traffic) -> None:
    """A release a week, a new prompt every ten days; within a release the version stands."""
    stamps = [NOON + timedelta(days=days) for days in range(-30, 30)]
    found = [next(traffic.stream("docs.copilot", at)) for at in stamps]
    services = list(dict.fromkeys(call.service_version for call in found))
    prompts = list(dict.fromkeys(call.prompt_version for call in found))
    assert len(services) in (9, 10)
    assert len(prompts) in (6, 7)


def test_a_regression_begins_with_a_version_and_ends_with_another() -> None:
    """shop.search answers past the question from one release on, until it is repaired."""
    usual = Traffic()
    [planted] = usual.regressions
    assert planted.until is not None
    before = Window(planted.at - timedelta(hours=24), planted.at)
    during = Window(planted.at, planted.at + timedelta(hours=24))
    after = Window(planted.until, planted.until + timedelta(hours=24))
    found = [usual.truth(window, planted.application) for window in (before, during, after)]
    rates = [one.metrics["quality"].rate or 0 for one in found]
    assert rates[1] > 2 * rates[0]
    assert abs(rates[2] - rates[0]) < 0.05
    versions = [set(one.by_version) for one in found]
    assert all(len(one) == 1 for one in versions)
    assert len(set.union(*versions)) == 3
    untouched = [usual.truth(window, "ops.triage").by_version for window in (before, during)]
    assert set(untouched[0]) == set(untouched[1])


@pytest.mark.parametrize("axis", ["service_version", "prompt_version", "model"])
def test_a_regression_can_be_planted_on_each_axis(axis: str) -> None:
    """What changes is what was told, and the texts change with it."""
    traffic = Traffic(regressions=())
    document = {
        "application": "ops.triage", "at": NOON.isoformat(), "rates": {"rude": 0.5},
        "axis": axis, "version": "next",
    }  # fmt: skip
    traffic.plant(Regression.read(document))
    changed = list(islice(traffic.stream("ops.triage", NOON), 100))
    assert {getattr(call, axis) for call in changed} == {"next"}
    others = {"service_version", "prompt_version", "model"} - {axis}
    assert all(getattr(call, other) != "next" for call in changed for other in others)
    rude = sum(call.defects.get("toxicity", False) for call in changed)
    assert 30 < rude < 70
    before = Window(NOON - timedelta(hours=6), NOON)
    assert list(traffic.calls("ops.triage", before)) == list(
        Traffic(regressions=()).calls("ops.triage", before)
    )


def test_a_repair_is_a_new_version_whenever_it_comes() -> None:
    """Within the release that broke it or two releases later: no version is used twice."""
    for days in (2, 16):
        until = NOON + timedelta(days=days)
        bad = Regression(application="ops.triage", at=NOON, until=until, rates={})
        traffic = Traffic(regressions=(bad,))
        stamps = [NOON + timedelta(days=step / 2) for step in range(-2, 60)]
        seen = [next(traffic.stream("ops.triage", at)).service_version for at in stamps]
        runs = [version for version, _ in groupby(seen)]
        assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"application": "no.such", "at": "2026-11-20T00:00:00Z", "rates": {}}, NotFound),
        ({"application": "ops.triage", "at": "soon", "rates": {}}, InvalidRequest),
        ({"application": "ops.triage", "at": "2026-11-20T00:00:00Z"}, InvalidRequest),
        (
            {"application": "ops.triage", "at": "2026-11-20T00:00:00Z", "rates": {"luck": 1}},
            InvalidRequest,
        ),
    ],
)
def test_a_regression_that_cannot_be_is_refused(
    document: dict[str, object], error: type[Exception]
) -> None:
    """Unknown applications, instants and rates."""
    with pytest.raises(error):
        Regression.read(document)


def test_an_unknown_application_has_no_calls(traffic: Traffic) -> None:
    """It is not found, rather than quiet."""
    with pytest.raises(NotFound):
        list(traffic.calls("no.such", DAY))


def _trace(folder: Path) -> arrivals.Trace:
    """Two minutes: three calls in the first, one in the second."""
    path = folder / arrivals.TRACE
    path.parent.mkdir()
    path.write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:15:46.6805900,374,44\n"
        "2023-11-16 18:15:50.9951690,396,109\n"
        "2023-11-16 18:15:51.2224670,879,55\n"
        "2023-11-16 18:16:01.5000000,91,16\n"
    )
    found = arrivals.load(path)
    assert found is not None
    return found


def test_a_trace_lends_its_minutes_and_tokens(tmp_path: Path) -> None:
    """Calls come at the trace's seconds, with its pairs of tokens, thrice as often in its first."""
    trace = _trace(tmp_path)
    calls = list(Traffic(trace=trace, regressions=(), scale=5).calls("ops.triage", DAY))
    rows = {(374, 44), (396, 109), (879, 55), (91, 16)}
    told = {(call.input_tokens, call.output_tokens) for call in calls if not call.failed}
    assert told == rows
    assert {call.started_at.second for call in calls} == {46, 50, 51, 1}
    quiet = sum(call.started_at.second == 1 for call in calls)
    assert 2.5 < (len(calls) - quiet) / quiet < 3.5
    expected = 40 * 24 * 5
    assert abs(len(calls) - expected) < 5 * expected**0.5


def test_without_a_file_there_is_no_trace(tmp_path: Path) -> None:
    """Nothing is read where nothing is."""
    assert arrivals.load(tmp_path / arrivals.TRACE) is None
    assert arrivals.load(None) is None


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
def test_the_real_trace_is_followed() -> None:
    """Azure's conversations: tokens are rows of the file, minutes as busy as the file's."""
    trace = arrivals.load(Path(CORPUS or "") / arrivals.TRACE)
    assert trace is not None
    assert sum(map(len, trace.minutes)) == 19_366
    rows = {(one.input_tokens, one.output_tokens) for minute in trace.minutes for one in minute}
    hour = Window(NOON, NOON + timedelta(hours=1))
    calls = list(Traffic(trace=trace, scale=20, regressions=()).calls("shop.search", hour))
    assert all((call.input_tokens, call.output_tokens) in rows for call in calls if not call.failed)
    mean = sum(call.input_tokens for call in calls) / len(calls)
    own = [one.input_tokens for minute in trace.minutes for one in minute]
    assert abs(mean - sum(own) / len(own)) < 60


def test_the_worlds_noon_lies_in_the_planted_regression() -> None:
    """The moment at which other tests of the simulator stand shows it."""
    [planted] = Traffic().regressions
    assert planted.holds("shop.search", WORLD_NOON)
    assert datetime(2026, 11, 20, 12, 3, tzinfo=UTC) == WORLD_NOON
