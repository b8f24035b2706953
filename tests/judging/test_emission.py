"""Scores reach the address that wants them, whatever its moods; judging never waits for it."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.applications.interaction import Evaluation
from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.applications.otlp.logs import interactions
from optiinfra_core.applications.otlp.wire import answer_logs, decode_logs
from optiinfra_core.database import Database
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.testing.http_double import Fate, HttpDouble, Incoming, Reply, Reset
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.judgements import JudgedCall, JudgementWriter, ScoredInteraction
from optiinfra_core.windows import DAY, FixedClock
from optiinfra_pipelines.judging.emission import Emitted, Emitter
from optiinfra_pipelines.judging.scope import Tools

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUOTE = "It says that SECRET was shipped."


class Receiver:
    """A collector on a real socket; ``moods`` are the answers it gives before it takes all."""

    def __init__(self) -> None:
        self.moods: list[Fate] = []
        self.double = HttpDouble(self._meet)

    def _meet(self, _: Incoming) -> Fate:
        return self.moods.pop(0) if self.moods else Reply()

    @property
    def posts(self) -> int:
        """Requests that arrived."""
        return len(self.double.seen)

    def taken(self) -> list[Evaluation]:
        """What our own door reads out of the last request."""
        last = self.double.seen[-1]
        assert last.headers["content-encoding"] == "gzip"
        request = decode_logs(gzip.decompress(last.body), last.headers["content-type"])
        told = list(interactions(request))
        return [each for each in told if isinstance(each, Evaluation)]


class Desk:
    """One customer whose scores are written and sent."""

    def __init__(self, tools: Tools, receiver: Receiver) -> None:
        self.tools = tools
        self.receiver = receiver
        self.customer = Customers(tools.database).add(f"acme-{token_hex(4)}", "Acme").slug
        self.pauses: list[float] = []

    def score(self, number: int, score: float | None = 0.5, **told: Any) -> None:
        """A judgement of a call with this number, made now."""
        said: dict[str, Any] = {
            "metric_type": "quality", "metric_name": "quality", "rubric_version": "1-a",
            "judge": "groq", "judge_model": "m", "status": "ok", "score": score, "label": "partial",
            "explanation": QUOTE, **told,
        }  # fmt: skip
        call = JudgedCall(
            customer_id=self.customer, application_id="shop.search", provider="aws",
            interaction_id=f"{number:032x}-{number:016x}", timestamp=NOON - timedelta(hours=1),
            text_expires_on=date(2027, 1, 1), environment="prod",
        )  # fmt: skip
        row = ScoredInteraction(
            call=call, judgement=Judgement(**said), run_id="r", scored_at=self.tools.clock.now()
        )
        JudgementWriter(self.tools.warehouse).write([row], "test")

    def emit(self, minutes: int = 3, **settings: Any) -> Emitted:
        """Send, some minutes later."""
        assert isinstance(self.tools.clock, FixedClock)
        self.tools.clock.advance(timedelta(minutes=minutes))
        url = {"evaluation_otlp_url": f"{self.receiver.double.url}/otlp/", **settings}
        tools = replace(self.tools, settings=Settings(**url))
        return Emitter(tools, self.pauses.append).emit(self.customer, "aws")


@pytest.fixture(scope="module")
def tools(warehouse_endpoint: ClickHouseEndpoint, postgres: PostgresEndpoint) -> Iterator[Tools]:
    """Real servers and a clock that each test moves on."""
    database = Database(postgres)
    with Warehouse(warehouse_endpoint) as warehouse:
        yield Tools(
            settings=Settings(), clock=FixedClock(NOON), database=database, warehouse=warehouse
        )
    database.close()


@pytest.fixture
def desk(tools: Tools) -> Iterator[Desk]:
    """A customer of its own and a receiver that takes all."""
    assert isinstance(tools.clock, FixedClock)
    tools.clock.instant = NOON
    receiver = Receiver()
    with receiver.double:
        yield Desk(tools, receiver)


def test_a_score_comes_back_as_it_was(desk: Desk) -> None:
    """Our own door reads the call, the name, the value and the label that were judged."""
    desk.score(1, 0.625, label="partial")
    assert desk.emit() == Emitted(sent=1)
    assert desk.receiver.taken() == [
        Evaluation(
            application="shop.search", trace_id=f"{1:032x}", span_id=f"{1:016x}", at=NOON,
            name="quality", value=0.625, label="partial",
        )
    ]  # fmt: skip
    assert desk.receiver.double.seen[-1].path == "/otlp/v1/logs"


def test_a_label_without_a_score_is_sent_and_a_failure_is_not(desk: Desk) -> None:
    """No number is invented; repetitions and other tools' scores stay here."""
    desk.score(1, None, label="no_claims")
    desk.score(2, None, label="", status="error", reason="no_answer")
    desk.score(3, replicate=1)
    desk.score(4, judge="external", judge_model="")
    assert desk.emit() == Emitted(sent=1)
    [told] = desk.receiver.taken()
    assert (told.value, told.label) == (None, "no_claims")


def test_our_faithfulness_is_called_what_others_mean_by_it(desk: Desk) -> None:
    """The share of unsupported statements is a hallucination score: 1 is bad."""
    desk.score(1, 1.0, metric_name="faithfulness", metric_type="hallucination")
    desk.emit()
    assert [each.name for each in desk.receiver.taken()] == ["hallucination"]


def test_each_score_is_sent_once(desk: Desk) -> None:
    """The next run sends what came since; judged again is a new score."""
    desk.score(1)
    desk.score(2)
    assert desk.emit() == Emitted(sent=2)
    assert desk.emit() == Emitted()
    desk.score(2, 0.75)
    assert desk.emit() == Emitted(sent=1)
    assert [each.value for each in desk.receiver.taken()] == [0.75]


def test_many_scores_of_one_moment_go_in_batches(desk: Desk, tools: Tools) -> None:
    """1,100 of the same millisecond: three requests, none lost at the seams."""
    call = {"customer_id": desk.customer, "application_id": "shop.search", "provider": "aws",
            "timestamp": NOON, "text_expires_on": date(2027, 1, 1)}  # fmt: skip
    said = Judgement(metric_type="quality", metric_name="quality", rubric_version="1-a",
                     judge="groq", judge_model="m", status="ok", score=1.0)  # fmt: skip
    rows = [
        ScoredInteraction(
            call=JudgedCall(interaction_id=f"{n:032x}-{n:016x}", **call),  # type: ignore[arg-type]
            judgement=said, run_id="r", scored_at=NOON,
        )
        for n in range(1, 1101)
    ]  # fmt: skip
    JudgementWriter(tools.warehouse).write(rows, "test")
    assert desk.emit() == Emitted(sent=1100)
    assert desk.receiver.posts == 3
    seen = desk.receiver.double.seen
    spans = {
        each.span_id
        for one in seen
        for each in interactions(
            decode_logs(gzip.decompress(one.body), one.headers["content-type"])
        )
        if isinstance(each, Evaluation)
    }
    assert len(spans) == 1100


def test_what_is_being_written_is_waited_for(desk: Desk) -> None:
    """A run beside us may still commit an earlier score: two minutes must pass."""
    desk.score(1)
    assert desk.emit(minutes=1) == Emitted()
    assert desk.emit(minutes=1) == Emitted(sent=1)


@pytest.mark.parametrize(
    ("mood", "pause"),
    [
        (Reply(status=429, headers={"retry-after": "7"}), 7.0),
        (Reply(status=503, headers={"retry-after": "Fri, 20 Nov 2026 12:03:05 GMT"}), 5.0),
        (Reply(status=502), 1.0),
        (Reply(status=504, headers={"retry-after": "soon"}), 1.0),
        (Reset(), 1.0),
    ],
    ids=["429", "503 with a date", "502", "504", "torn"],
)
def test_a_mood_that_passes_is_waited_out(desk: Desk, mood: Fate, pause: float) -> None:
    """As long as the receiver asks; then the same batch is taken."""
    desk.score(1)
    desk.receiver.moods = [mood]
    assert desk.emit() == Emitted(sent=1)
    assert desk.pauses == [pause]


@pytest.mark.parametrize(
    "mood", [Reply(status=503), Reset(), Reply(status=429, headers={"retry-after": "900"})]
)
def test_what_is_not_taken_is_left_for_the_next_run(desk: Desk, mood: Fate) -> None:
    """Three tries, or none where the receiver wants long; nothing is raised and nothing lost."""
    desk.score(1)
    desk.receiver.moods = [mood] * 3
    left = desk.emit()
    assert (left.sent, bool(left.stopped)) == (0, True)
    desk.receiver.moods = []
    assert desk.emit() == Emitted(sent=1)


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 302])
def test_what_never_will_be_taken_is_dropped(desk: Desk, status: int) -> None:
    """One request, told in the result; the next scores are not held up by it."""
    desk.score(1)
    desk.receiver.moods = [Reply(status=status)]
    assert desk.emit() == Emitted(dropped=1)
    assert (desk.receiver.posts, desk.pauses) == (1, [])
    desk.score(2)
    assert desk.emit() == Emitted(sent=1)


def test_a_part_that_is_rejected_is_counted(desk: Desk) -> None:
    """The receiver's own count; an answer in another form is taken for yes."""
    desk.score(1)
    desk.score(2)
    desk.receiver.moods = [Reply(body=answer_logs("application/x-protobuf", 1, "no such trace"))]
    assert desk.emit() == Emitted(sent=1, dropped=1)
    desk.score(3)
    desk.receiver.moods = [Reply(body=b'{"partialSuccess":{}}')]
    assert desk.emit() == Emitted(sent=1)


def test_explanations_stay_here_unless_they_may_go(desk: Desk, tools: Tools) -> None:
    """They quote answers: a setting must allow it and the application must keep its texts."""
    registry = Applications(tools.database)

    def told(policy: str, **settings: Any) -> str:
        registry.patch(desk.customer, "shop.search", {"text_policy": policy}, actor="ann", at=NOON)
        desk.score(1)
        desk.emit(**settings)
        return desk.receiver.taken()[0].explanation

    assert told("full") == ""
    assert told("redacted", evaluation_explanations=True) == QUOTE
    assert told("hash", evaluation_explanations=True) == ""


def test_without_an_address_nothing_is_sent(desk: Desk) -> None:
    """Nor read."""
    desk.score(1)
    assert desk.emit(evaluation_otlp_url=None) == Emitted()
    assert desk.receiver.posts == 0


def test_the_address_gets_its_headers(desk: Desk) -> None:
    """A key with an equals sign arrives whole; nonsense is named before anything is sent."""
    desk.score(1)
    desk.emit(evaluation_otlp_headers=SecretStr("Authorization=Basic YTpi==, x-tenant=1"))
    headers = desk.receiver.double.seen[-1].headers
    assert (headers["authorization"], headers["x-tenant"]) == ("Basic YTpi==", "1")
    with pytest.raises(ConfigurationError) as wrong:
        desk.emit(evaluation_otlp_headers=SecretStr("gsk_secret"))
    assert "gsk_secret" not in str(wrong.value)


def test_after_a_long_outage_sending_begins_with_the_last_day(desk: Desk) -> None:
    """Old scores are no news: they are not poured out at once."""
    desk.score(1)
    assert desk.emit(minutes=int(2 * DAY / timedelta(minutes=1))) == Emitted()
    desk.score(2)
    assert desk.emit() == Emitted(sent=1)


def test_another_customers_scores_are_another_matter(
    desk: Desk, tools: Tools, request: pytest.FixtureRequest
) -> None:
    """Each is sent by itself."""
    other = Desk(tools, desk.receiver)
    desk.score(1)
    other.score(2)
    assert desk.emit() == Emitted(sent=1)
    assert [each.span_id for each in desk.receiver.taken()] == [f"{1:016x}"]
