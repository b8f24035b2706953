"""Every fault of the reference over a real socket, through the unmodified SDK: no score."""

import socket
from decimal import Decimal

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import ConfigurationError, CredentialRejected, Throttled
from optiinfra_core.testing.http_double import Reply
from optiinfra_pipelines.judging.client.dialects import address
from optiinfra_pipelines.judging.client.server import Server
from optiinfra_pipelines.judging.groq_judge import GroqJudge, Means
from optiinfra_pipelines.judging.limits import Limiter
from optiinfra_pipelines.judging.models import Models
from optiinfra_pipelines.judging.spending import Purse
from tests.judging.scripted import (
    EVIDENCE,
    FAULTS,
    KEY,
    LARGE,
    SMALL,
    Time,
    bench,
    ok,
    refused,
    room,
)

# A call of 700 tokens, 400 of them cached, and 200 answered, at list prices of gpt-oss-20b.
PAID = Decimal("0.0000975")


@pytest.mark.parametrize(
    "fault",
    ["429", "429 without a wait", "498", "500", "502", "503", "html 502", "reset",
     "half a document", "torn", "html 200"],
)  # fmt: skip
def test_what_passes_by_waiting_is_asked_again(fault: str) -> None:
    """Two of a kind in a row, then an answer: the same model scores at the third try."""
    with room(fault, fault) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert (found.status, found.score, found.judge_model) == ("ok", 0.0, SMALL)
        assert found.attempts == len(at.script.asked) == 3
        assert len(at.ledger.calls) == 3


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("498", "error", "capacity_exceeded"),
        ("500", "error", "http_500"),
        ("502", "error", "http_502"),
        ("503", "error", "http_503"),
        ("html 502", "error", "http_502"),
        ("reset", "error", "connection_lost"),
        ("torn", "error", "connection_lost"),
        ("half a document", "unparseable", "answer_not_json"),
        ("html 200", "unparseable", "answer_not_json"),
        ("413", "error", "too_large"),
        ("400", "error", "http_400"),
        ("no answer", "error", "timeout"),
        ("400 json", "unparseable", "json_validate_failed"),
        ("no choices", "unparseable", "answer_empty"),
        ("null", "unparseable", "answer_empty"),
        ("cut", "unparseable", "answer_cut"),
        ("400 cut", "unparseable", "answer_cut"),
        ("prose", "unparseable", "answer_not_json"),
        ("other schema", "unparseable", "answer_off_schema"),
        ("refused", "refused", "refused"),
    ],
)
def test_what_lasts_is_a_status_without_a_score(fault: str, status: str, reason: str) -> None:
    """However long it lasts, nothing is invented and the run goes on."""
    with room(*[fault] * 12) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert (found.status, found.reason) == (status, reason)
        assert found.score is found.passed is None
        assert found.label == ""
        assert "diagnosis" not in repr(found)
        assert found.attempts == len(at.script.asked)


def test_no_answer_in_time_is_never_asked_again() -> None:
    """It may be billed: one call, the whole reservation counts, and the cost is unknown."""
    with room("no answer") as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert len(at.script.asked) == 1
        assert found.cost_usd is None
        assert at.purse.spent_usd > Decimal("0.0003")
        assert at.ledger.usd == at.purse.spent_usd


@pytest.mark.parametrize("fault", ["400 json", "no choices", "null", "prose", "other schema"])
def test_the_next_model_judges_what_the_first_cannot(fault: str) -> None:
    """The row carries the model that answered, and what both calls took."""
    with room(fault) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert [body["model"] for body in at.script.asked] == [SMALL, LARGE]
        assert (found.status, found.judge_model, found.attempts) == ("ok", LARGE, 2)


@pytest.mark.parametrize("fault", ["404", "decommissioned"])
def test_a_model_that_is_gone_is_not_asked_again(fault: str) -> None:
    """The next model takes over, also for what is judged later."""
    with room(fault) as at:
        assert at.judge.judge("toxicity", EVIDENCE).judge_model == LARGE
        assert at.judge.judge("toxicity", EVIDENCE).judge_model == LARGE
        assert at.judge.models == (LARGE,)
        assert [body["model"] for body in at.script.asked] == [SMALL, LARGE, LARGE]


@pytest.mark.parametrize("fault", ["404", "decommissioned"])
def test_without_any_model_the_run_stops(fault: str) -> None:
    """No row is written for what no model can judge; the error names the setting."""
    with room(fault, fault) as at, pytest.raises(ConfigurationError) as stopped:
        at.judge.judge("toxicity", EVIDENCE)
    assert "OPTIINFRA_JUDGE_MODELS" in stopped.value.remedy
    assert SMALL in stopped.value.detail
    assert LARGE in stopped.value.detail


@pytest.mark.parametrize("fault", ["401", "403"])
def test_a_refused_key_stops_the_run(fault: str) -> None:
    """No exchange can be judged; nothing was spent, and the key is not told."""
    with room(fault) as at, pytest.raises(CredentialRejected) as stopped:
        at.judge.judge("toxicity", EVIDENCE)
    assert at.purse.spent_usd == 0
    assert KEY not in stopped.value.told + str(stopped.value.__context__)
    assert len(at.script.asked) == 1


def test_an_answer_that_groq_refuses_as_cut_gets_more_room_once() -> None:
    """Under a strict schema a cut answer is a 400; it may be billed, at a cost nobody tells."""
    with room("400 cut") as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert [body["max_completion_tokens"] for body in at.script.asked] == [1000, 3000]
        assert (found.status, found.judge_model, found.cost_usd) == ("ok", SMALL, None)
        assert at.time.slept == []


def test_a_cut_answer_gets_more_room_once() -> None:
    """A reasoning model may need it; the row counts both calls."""
    with room("cut") as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert [body["max_completion_tokens"] for body in at.script.asked] == [1000, 3000]
        assert (found.status, found.attempts) == ("ok", 2)
        assert (found.input_tokens, found.output_tokens) == (1400, 400)
        assert found.cost_usd == 2 * PAID == at.purse.spent_usd


def test_a_short_wait_is_slept_and_holds_for_all() -> None:
    """The server's own seconds, no more and no less."""
    with room("429") as at:
        at.judge.judge("toxicity", EVIDENCE)
        assert at.time.slept == [1.5]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "12"}, 12.0),
        ({"retry_after": "1m2.5s"}, None),
        ({"retry_after": "10.332999999s"}, 10.332999999),
        ({"x_ratelimit_reset_tokens": "26ms", "x_ratelimit_reset_requests": "2.5s"}, 2.5),
        ({"x_ratelimit_reset_tokens": "26ms", "x_ratelimit_remaining_tokens": "0",
          "x_ratelimit_reset_requests": "2.5s", "x_ratelimit_remaining_requests": "9"}, 0.026),
        ({"retry_after": "soon"}, 0.5),
        ({"retry_after": "-3"}, 0.001),
        ({"retry_after": "nan"}, 0.5),
    ],
)  # fmt: skip
def test_waits_are_read_however_they_are_told(
    headers: dict[str, str], seconds: float | None
) -> None:
    """Seconds and Go's durations; None: too long to sleep through."""
    with room(refused(429, "rate_limit_exceeded", **headers)) as at:
        if seconds is None:
            with pytest.raises(Throttled):
                at.judge.judge("toxicity", EVIDENCE)
            return
        at.judge.judge("toxicity", EVIDENCE)
        assert at.time.slept == pytest.approx([seconds] if seconds > 0.001 else [])


def test_a_long_wait_leaves_the_rest_for_a_later_run() -> None:
    """Daily limits ask for 900 s: nobody sleeps, nothing is sent, and everything says how long."""
    with room(refused(429, "rate_limit_exceeded", retry_after="900")) as at:
        for _ in range(3):
            with pytest.raises(Throttled) as stopped:
                at.judge.judge("toxicity", EVIDENCE)
            assert stopped.value.retry_after == pytest.approx(900)
        assert at.time.slept == []
        assert len(at.script.asked) == 1
        assert at.purse.spent_usd == 0
        at.time.seconds += 900
        assert at.judge.judge("toxicity", EVIDENCE).status == "ok"


def test_a_server_that_never_stops_refusing_leaves_it_unscored() -> None:
    """Ten refusals in a row are no judgement: it is due again at the next run."""
    with room(*["429"] * 19) as at, pytest.raises(Throttled):
        at.judge.judge("toxicity", EVIDENCE)
    assert len(at.script.asked) == 10
    assert at.purse.spent_usd == 0


def test_a_server_that_refuses_without_a_word_is_waited_for_ever_longer() -> None:
    """Until the wait is longer than a run should sleep; the judgement stays due."""
    with room(*["429 without a wait"] * 19) as at, pytest.raises(Throttled):
        at.judge.judge("toxicity", EVIDENCE)
    assert at.time.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_server_that_is_not_there_costs_nothing() -> None:
    """No connection, nothing sent: four tries, and the purse is as it was."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = address(f"http://127.0.0.1:{taken.getsockname()[1]}/openai/v1")
    means = Means(
        server=Server(nowhere, SecretStr(KEY), 0.4),
        models=Models((SMALL,)),
        limiter=Limiter(requests=9, tokens=90_000),
        bench=bench(Time(), CallLog()),
    )
    purse = Purse(Decimal(1))
    judge = GroqJudge(means, purse)
    found = judge.judge("toxicity", EVIDENCE)
    judge.close()
    assert (found.status, found.reason, found.attempts) == ("error", "no_connection", 4)
    assert (found.cost_usd, purse.spent_usd) == (0, 0)


def test_faults_of_several_kinds_do_not_use_up_each_others_tries() -> None:
    """Three of one kind and three of another, then an answer."""
    with room(*["503", "half a document", "429"] * 3) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert (found.status, found.attempts) == ("ok", 10)


def test_pauses_double() -> None:
    """Half a second, one, two; none after the last try."""
    with room(*["503"] * 4) as at:
        at.judge.judge("toxicity", EVIDENCE)
        assert at.time.slept == [0.5, 1.0, 2.0]


def test_no_words_of_the_server_reach_a_row_or_an_error() -> None:
    """Servers quote what they refuse, and that is somebody's text."""
    quoted = refused(400, "odd", message=f"cannot read 'my diagnosis is' with {KEY}")
    with room(quoted) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert "diagnosis" not in repr(found) + repr(at.ledger.calls)
    loud = refused(401, "invalid_api_key", message="my diagnosis is")
    with room(loud) as at, pytest.raises(CredentialRejected) as stopped:
        at.judge.judge("toxicity", EVIDENCE)
    assert "diagnosis" not in stopped.value.told
    assert stopped.value.__cause__ is stopped.value.__context__ is None


def test_a_redirect_is_not_followed() -> None:
    """It could lead the key and the texts elsewhere."""
    elsewhere = Reply(status=307, headers={"location": "/openai/v1/elsewhere"})
    with room(elsewhere) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert (found.status, found.reason) == ("error", "http_307")
        assert all("elsewhere" not in path for path in at.script.paths)


def test_a_call_costs_what_its_tokens_cost() -> None:
    """Cached tokens at their own price; the same sum in the row, the purse and the ledger."""
    with room() as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert found.cost_usd == PAID == at.purse.spent_usd == at.ledger.usd
        (call,) = at.ledger.calls
        assert (call.operation, call.status, call.error) == ("judge.toxicity", 200, "")


def test_a_reply_without_usage_has_no_known_cost() -> None:
    """None, never 0; the cap counts what was put aside."""
    with room(ok(usage=None)) as at:
        found = at.judge.judge("toxicity", EVIDENCE)
        assert (found.status, found.cost_usd, found.input_tokens) == ("ok", None, None)
        assert at.purse.spent_usd > PAID


def test_every_fault_of_the_table_is_met_by_a_test() -> None:
    """The table is what the tests above draw from."""
    assert len(FAULTS) >= 17
