"""The judge is held against labelled items every day, and a judge that changed is found."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

import pytest

from optiinfra_core.applications.gold import gold
from optiinfra_core.applications.judgement import Evidence, Judgement
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.spending import Spending
from optiinfra_core.applications.statistics.steps import change
from optiinfra_core.database import Database
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint
from optiinfra_core.errors import Throttled
from optiinfra_core.settings import Settings
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.alarms import GoldVerdict
from optiinfra_core.windows import DAY, FixedClock
from optiinfra_pipelines.judging.gold_control import control, due, known_steps, steps
from optiinfra_pipelines.judging.scope import Tools
from optiinfra_pipelines.judging.spending import Purse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
ITEMS = len(gold())
LABELS: Mapping[tuple[str, Evidence], bool] = {
    (item.metric_name, item.evidence): item.flagged for item in gold()
}


class Oracle:
    """A judge that knows the labels and gets those of some metrics wrong when told to."""

    name = "groq"
    metrics = tuple(RUBRICS)

    def __init__(self, model: str, purse: Spending | None = None) -> None:
        self.models = (model,)
        self.purse = purse
        self.wrong: set[str] = set()
        self.impatient: set[str] = set()
        self.fingerprint = "fp_1"

    def on_behalf(self, spending: Spending, first_model: str = "") -> Self:
        """The same answers, paid by another."""
        made = type(self)(self.models[0], spending)
        made.wrong, made.impatient, made.fingerprint = self.wrong, self.impatient, self.fingerprint
        return made

    def judge(self, metric_name: str, evidence: Evidence, replicate: int = 0) -> Judgement:
        """One judgement for a tenth of a cent."""
        assert self.purse is not None
        if metric_name in self.impatient:
            raise Throttled("later")
        self.purse.settle(self.purse.reserve(Decimal("0.0001")), Decimal("0.0001"))
        flagged = LABELS[(metric_name, evidence)] is not (metric_name in self.wrong)
        rubric = RUBRICS[metric_name]
        return Judgement(
            metric_type=rubric.metric_type, metric_name=metric_name, rubric_version=rubric.version,
            judge=self.name, judge_model=self.models[0], status="ok", score=float(flagged),
            passed=not flagged, system_fingerprint=self.fingerprint, cost_usd=Decimal("0.0001"),
        )  # fmt: skip


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
def oracle(tools: Tools, request: pytest.FixtureRequest) -> Oracle:
    """A model that no other test asks; its first day is today."""
    assert isinstance(tools.clock, FixedClock)
    tools.clock.instant = NOON
    return Oracle(request.node.name)


def next_day(tools: Tools) -> None:
    """A day later."""
    assert isinstance(tools.clock, FixedClock)
    tools.clock.advance(DAY)


def test_every_item_is_judged_once_a_day(tools: Tools, oracle: Oracle) -> None:
    """The second look of a day costs nothing; the next day asks again."""
    purse = Purse(Decimal("0.05"))
    first = control(tools, oracle, "run", spending=purse)
    assert (first.judgements, first.failed) == (ITEMS, 0)
    assert set(first.metrics) == set(RUBRICS)
    assert purse.spent_usd == ITEMS * Decimal("0.0001")
    assert control(tools, oracle, "run").judgements == 0
    next_day(tools)
    assert control(tools, oracle, "run").judgements == ITEMS


def test_a_fingerprint_nobody_knows_asks_again(tools: Tools, oracle: Oracle) -> None:
    """At most three times a day, since some servers change it with every answer."""
    control(tools, oracle, "run")
    assert control(tools, oracle, "run", {"fp_1", ""}).judgements == 0
    oracle.fingerprint = "fp_2"
    assert control(tools, oracle, "run", {"fp_2"}).judgements == ITEMS
    assert control(tools, oracle, "run", {"fp_2"}).judgements == 0
    assert control(tools, oracle, "run", {"fp_3"}).judgements == ITEMS
    assert control(tools, oracle, "run", {"fp_4"}).judgements == 0


def test_of_runs_at_the_same_time_one_judges(tools: Tools, oracle: Oracle) -> None:
    """The other goes on with what is known; nothing is paid twice."""
    with tools.database.try_lock("judge", "gold", "groq"):
        assert control(tools, oracle, "run").judgements == 0
    assert control(tools, oracle, "run").judgements == ITEMS


def test_an_interrupted_control_goes_on_where_it_stopped(tools: Tools, oracle: Oracle) -> None:
    """What was judged is kept and not paid again."""
    last = list(RUBRICS)[-1]
    oracle.impatient = {last}
    with pytest.raises(Throttled):
        control(tools, oracle, "run")
    oracle.impatient = set()
    assert control(tools, oracle, "run").metrics == (last,)


def test_a_judge_that_changed_is_found_in_its_series_alone(tools: Tools, oracle: Oracle) -> None:
    """The day on which its verdicts on toxicity turned; other metrics go on."""
    control(tools, oracle, "run")
    next_day(tools)
    assert not [one for one in control(tools, oracle, "run").steps if one[1] == oracle.models[0]]
    next_day(tools)
    oracle.wrong = {"toxicity"}
    control(tools, oracle, "run")
    series = ("groq", oracle.models[0], RUBRICS["toxicity"].version, "toxicity")
    mine = {one: day for one, day in known_steps(tools).items() if one[1] == oracle.models[0]}
    assert mine == {series: (NOON + 2 * DAY).date()}


def verdict(item: int, day: date, *, flagged: bool | None, **told: Any) -> GoldVerdict:
    """What a judge said of an item."""
    given: dict[str, Any] = {
        "judge": "groq", "judge_model": "m", "rubric_version": "1-a", "metric_name": "toxicity",
        "replicate": 0, "system_fingerprint": "", **told,
    }  # fmt: skip
    return GoldVerdict(day=day, item_id=str(item), flagged=flagged, **given)


def a_day(day: date, turned: int, **told: Any) -> list[GoldVerdict]:
    """Twenty items of which the first ``turned`` are said to be otherwise."""
    return [verdict(n, day, flagged=(n % 2 == 0) is not (n < turned), **told) for n in range(20)]


@pytest.mark.parametrize(("turned", "found"), [(0, False), (2, False), (4, True), (20, True)])
def test_a_few_verdicts_may_turn(turned: int, found: bool) -> None:  # noqa: FBT001 - a case
    """Two of twenty are chance, four are another judge."""
    held = [*a_day(TODAY - DAY, 0), *a_day(TODAY, turned)]
    assert bool(steps(held)) is found


def test_a_wavering_judge_is_given_more_room() -> None:
    """Where a sixth of the verdicts differ every day, four that turn say nothing."""
    wavering = [a_day(TODAY - timedelta(days=back), 6 if back == 2 else 0) for back in (1, 2, 3)]
    assert change(
        {str(n): [True, True, n < 10] for n in range(20)}, {str(n): [n > 3] for n in range(20)}
    ).p > 0.001  # fmt: skip
    held = [one for told in wavering for one in told]
    assert max(steps([*held, *a_day(TODAY, 4)]).values(), default=None) != TODAY


def test_another_model_or_rubric_is_no_step() -> None:
    """Each series is compared with itself; without verdicts there is nothing to compare."""
    held = a_day(TODAY - DAY, 0)
    for other in ({"judge_model": "n"}, {"rubric_version": "2-b"}, {"judge": "lexical-1"}):
        assert steps([*held, *a_day(TODAY, 20, **other)]) == {}
    assert steps([*held, verdict(0, TODAY, flagged=None)]) == {}


def test_a_new_rubric_is_due_at_once() -> None:
    """Results of an older version do not count, nor does another model's."""
    name = "toxicity"
    old = [verdict(0, TODAY, flagged=True, metric_name=name, rubric_version="0-x")]
    now = [verdict(0, TODAY, flagged=True, rubric_version=RUBRICS[name].version)]
    assert due(old, ("groq", "m"), TODAY)[name] == 0
    assert name not in due(now, ("groq", "m"), TODAY)
    assert due(now, ("groq", "n"), TODAY)[name] == 0
    assert due(now, ("groq", "m"), TODAY + DAY)[name] == 0
