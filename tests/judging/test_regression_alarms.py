"""What is judged becomes an alarm: raised once, attributed, cleared; a swapped judge is none."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from secrets import token_hex
from typing import Any

import pytest

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.database import Database
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.quality_alarms import QualityAlarms
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.judgements import (
    Inclusion,
    JudgedCall,
    JudgementWriter,
    ScoredInteraction,
)
from optiinfra_core.warehouse.quality import recompute_quality
from optiinfra_core.windows import DAY, FixedClock
from optiinfra_pipelines.judging.scope import Tools
from optiinfra_pipelines.judging.watching import Looked, told, watch_quality

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = "SECRET-ANSWER"


class Town:
    """A customer with one application whose judged calls fail as often as a test says."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.customer = Customers(tools.database).add(f"acme-{token_hex(4)}", "Acme").slug
        self.random = Random(5)  # noqa: S311 - a world, not a secret
        self.number = 0

    def day(self, back: int, rate: float, count: int = 150, **told: Any) -> None:
        """Judge ``count`` calls of a day, one in ten of them a call that was sure to be judged."""
        start = TODAY - back * DAY
        rows = [self._row(start + n * timedelta(minutes=5), rate, told) for n in range(count)]
        JudgementWriter(self.tools.warehouse).write(rows, "test")
        of = (self.customer, "aws")
        recompute_quality(self.tools.warehouse, self.tools.clock, of, start.date(), "run")

    def _row(self, at: datetime, rate: float, told: dict[str, Any]) -> ScoredInteraction:
        self.number += 1
        passed = self.random.random() >= rate
        judged: dict[str, Any] = {
            "metric_type": "quality", "metric_name": "quality", "rubric_version": "1-a",
            "judge": "groq", "judge_model": "m", "status": "ok", "score": float(passed),
            "passed": passed, "cost_usd": Decimal("0.0001"), "explanation": TEXT,
        }  # fmt: skip
        call: dict[str, Any] = {
            "customer_id": self.customer, "application_id": "support", "provider": "aws",
            "interaction_id": f"i-{self.number}", "timestamp": at, "environment": "prod",
            "text_expires_on": date(2027, 1, 1), "service_version": "1", "model": "gpt",
        }  # fmt: skip
        for name, value in told.items():
            (judged if name in Judgement.__slots__ else call)[name] = value
        return ScoredInteraction(
            call=JudgedCall(**call),
            judgement=Judgement(**judged),
            run_id="r",
            scored_at=self.tools.clock.now(),
            inclusion=Inclusion(1.0 if self.number % 10 == 0 else 0.5, "risk"),
        )

    def look(self) -> Looked:
        """As a run does after it has summed up."""
        return watch_quality(self.tools, self.customer, "aws")


@pytest.fixture(scope="module")
def tools(warehouse_endpoint: ClickHouseEndpoint, postgres: PostgresEndpoint) -> Iterator[Tools]:
    """Real servers and a clock that stands at noon."""
    database = Database(postgres)
    with Warehouse(warehouse_endpoint) as warehouse:
        yield Tools(
            settings=Settings(),
            clock=FixedClock(TODAY + timedelta(hours=12)),
            database=database,
            warehouse=warehouse,
        )
    database.close()


@pytest.fixture
def town(tools: Tools) -> Town:
    """A customer with a fortnight of steady days."""
    made = Town(tools)
    for back in range(1, 11):
        made.day(back, 0.1)
    return made


def test_a_steady_town_is_quiet(town: Town) -> None:
    """One series is watched and nothing is raised."""
    town.day(0, 0.1)
    looked = town.look()
    assert (looked.series, looked.raised, looked.cleared) == (1, (), ())


def test_a_bad_release_is_raised_once_and_named(town: Town) -> None:
    """The next looks add nothing; what is told holds no text of a call."""
    town.day(0, 0.4, service_version="2")
    [alarm] = town.look().raised
    assert (alarm.attributed_to, alarm.attributed_value) == ("service_version", "2")
    assert alarm.current_rate > 0.3
    assert alarm.baseline_rate < 0.15
    assert town.look().raised == ()
    assert QualityAlarms(town.tools.database).list(town.customer) == (alarm,)
    assert TEXT not in str(told(alarm))
    assert told(alarm)["attributed_to"] == "service_version 2"


def test_a_cleared_alarm_is_not_raised_from_the_same_items(town: Town) -> None:
    """A person knows better; the day's items say nothing new."""
    town.day(0, 0.5)
    [alarm] = town.look().raised
    QualityAlarms(town.tools.database).clear(town.customer, alarm.id, town.tools.clock.now())
    assert town.look().raised == ()


def test_a_swapped_judge_raises_nothing(town: Town) -> None:
    """Another model that fails six times as many stands beside the old one, in silence."""
    town.day(0, 0.6, judge_model="another")
    looked = town.look()
    assert (looked.series, looked.raised) == (2, ())


def test_a_step_of_the_judge_blocks_the_alarm(town: Town) -> None:
    """When the judge itself moved on its labelled items, the drop is not the application's."""
    town.day(0, 0.5)
    step = {("groq", "m", "1-a", "quality"): (TODAY - DAY).date()}
    looked = watch_quality(town.tools, town.customer, "aws", step)
    assert looked.raised == ()
    assert len(town.look().raised) == 1


def test_a_pinned_baseline_is_read_from_the_registry(town: Town) -> None:
    """The customer's own word is followed: against a perfect version the usual is a drop."""
    town.day(20, 0.0, count=200, service_version="golden")
    town.day(0, 0.1)
    assert town.look().raised == ()
    Applications(town.tools.database).patch(
        town.customer, "support", {"baseline": {"service_version": "golden"}},
        at=town.tools.clock.now(), actor="ann",
    )  # fmt: skip
    [alarm] = town.look().raised
    assert alarm.baseline_rate == 0.0
    assert "the pinned baseline" in alarm.detail


def test_an_alarm_ends_when_the_series_is_well_again(town: Town, tools: Tools) -> None:
    """On items of a later day; then it may be raised anew."""
    clock = tools.clock
    assert isinstance(clock, FixedClock)
    town.day(0, 0.5)
    [alarm] = town.look().raised
    clock.advance(DAY)
    town.day(-1, 0.02)
    [cleared] = town.look().cleared
    assert cleared.id == alarm.id
    assert cleared.cleared_at == clock.now()
    clock.advance(-DAY)
