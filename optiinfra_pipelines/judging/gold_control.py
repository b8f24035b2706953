"""Has the judge judge the labelled items every day, and finds the day on which it changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter

from optiinfra_core.applications.gold import gold
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.spending import Spending
from optiinfra_core.applications.statistics.steps import change
from optiinfra_core.errors import WindowBusy
from optiinfra_core.warehouse.gold_results import OPERATOR, GoldResult, write_gold_results
from optiinfra_core.warehouse.questions.alarms import GOLD_VERDICTS, GoldVerdict
from optiinfra_pipelines.judging.panel import ModelJudge
from optiinfra_pipelines.judging.scope import Tools
from optiinfra_pipelines.judging.spending import Purse
from optiinfra_pipelines.judging.validation import validate
from optiinfra_pipelines.judging.watching import Steps

# What a control may cost where nobody says otherwise: the labelled items take about 0.02 dollars.
CAP_USD = Decimal("0.05")
# Days whose verdicts a day is compared with.
COMPARED_DAYS = 7
MEMORY_DAYS = 30
# A server with many builds changes its fingerprint all day: more controls would cost more.
MOST_A_DAY = 3

_series = attrgetter("judge", "judge_model", "rubric_version", "metric_name")
Series = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a control did: the metrics it judged anew, the judgements, and the steps known now."""

    metrics: tuple[str, ...] = ()
    judgements: int = 0
    failed: int = 0
    steps: Steps = field(default_factory=dict)


def control(
    tools: Tools,
    judge: ModelJudge,
    run_id: str,
    fingerprints: Collection[str] = (),
    spending: Spending | None = None,
) -> Control:
    """Judge the labelled items that are due today, metric by metric, and find the steps.

    Due is a metric whose rubric the judge's first model has not been held against today, and all
    of them when scores carry a fingerprint (``fingerprints``) that today's controls did not see.
    The operator pays: ``spending`` is 0.05 dollars where none is given. What a control that was
    interrupted wrote counts; the rest is due at the next. Of runs at the same time one judges.

    Raises:
        Throttled: the judge wants more patience; what was written stays.
        CredentialRejected, ConfigurationError: nothing can be judged.
        Transient, Permanent: as ClickHouse says.
    """
    try:
        with tools.database.try_lock("judge", "gold", judge.name):
            return _controlled(
                tools, judge.on_behalf(spending or Purse(CAP_USD)), run_id, fingerprints
            )
    except WindowBusy:
        return Control(steps=known_steps(tools))


def _controlled(
    tools: Tools, judge: ModelJudge, run_id: str, fingerprints: Collection[str]
) -> Control:
    today = tools.clock.now().date()
    todo = due(_held(tools, today), (judge.name, judge.models[0]), today, fingerprints)
    made = failed = 0
    for metric, replicate in todo.items():
        trials = validate(judge, [item for item in gold() if item.metric_name == metric]).trials
        rows = [
            GoldResult(
                item_id=trial.item.id,
                expected=trial.item.flagged,
                output_chars=len(trial.item.evidence.answer),
                judgement=trial.judgement,
                replicate=replicate,
                run_id=run_id,
                scored_at=tools.clock.now(),
            )
            for trial in trials
        ]
        made += write_gold_results(tools.warehouse, rows)
        failed += sum(trial.judgement.status != "ok" for trial in trials)
    return Control(metrics=tuple(todo), judgements=made, failed=failed, steps=known_steps(tools))


def known_steps(tools: Tools) -> Steps:
    """The steps that earlier controls show; for whoever watches without judging."""
    return steps(_held(tools, tools.clock.now().date()))


def due(
    held: Iterable[GoldVerdict],
    judge: tuple[str, str],
    today: date,
    fingerprints: Collection[str] = (),
) -> Mapping[str, int]:
    """The metrics to judge now, each with the number of today's control."""
    mine = [
        verdict
        for verdict in held
        if verdict.day == today and (verdict.judge, verdict.judge_model) == judge
    ]
    known = {verdict.system_fingerprint for verdict in mine}
    changed = bool(set(fingerprints) - known - {""})
    todo = {}
    for name, rubric in RUBRICS.items():
        told = [
            verdict.replicate
            for verdict in mine
            if (verdict.metric_name, verdict.rubric_version) == (name, rubric.version)
        ]
        number = max(told, default=-1) + 1
        if number == 0 or (changed and number < MOST_A_DAY):
            todo[name] = number
    return todo


def steps(held: Iterable[GoldVerdict]) -> Steps:
    """For each series, the last day whose verdicts differ from those of the week before it."""
    days: dict[Series, dict[date, dict[str, list[bool]]]] = defaultdict(dict)
    for verdict in held:
        if verdict.flagged is not None:
            of_day = days[_series(verdict)].setdefault(verdict.day, defaultdict(list))
            of_day[verdict.item_id].append(bool(verdict.flagged))
    found = {}
    for series, by_day in days.items():
        last = max((day for day in by_day if _differs(by_day, day)), default=None)
        if last is not None:
            found[series] = last
    return found


def _differs(by_day: Mapping[date, Mapping[str, Sequence[bool]]], day: date) -> bool:
    before: dict[str, list[bool]] = defaultdict(list)
    for earlier, told in by_day.items():
        if day - timedelta(days=COMPARED_DAYS) <= earlier < day:
            for item, verdicts in told.items():
                before[item] += verdicts
    return change(before, by_day[day]).is_step


def _held(tools: Tools, today: date) -> list[GoldVerdict]:
    since = today - timedelta(days=MEMORY_DAYS)
    asked = {"customer_id": OPERATOR, "since": since, "until": today}
    return tools.warehouse.rows(GOLD_VERDICTS, asked)
