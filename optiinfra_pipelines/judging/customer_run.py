"""One customer's applications at one provider: look, draw, judge, sum up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from optiinfra_core.applications.privacy import Redactor
from optiinfra_core.applications.risk import risk
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.tenancy.quality_alarms import QualityAlarm
from optiinfra_core.warehouse.quality import recompute_quality
from optiinfra_core.windows import DAY
from optiinfra_pipelines.judging.emission import Emitted, Emitter
from optiinfra_pipelines.judging.judging_run import Judged, judge_sample
from optiinfra_pipelines.judging.panel import NO_MODEL, Panel
from optiinfra_pipelines.judging.sampling_run import Sampled, arrived, sample
from optiinfra_pipelines.judging.scope import Scope, Tools
from optiinfra_pipelines.judging.steps import INTERACTIONS, JUDGEMENTS, QUALITY, SAMPLE, STEPS
from optiinfra_pipelines.judging.watching import NO_STEPS, Steps, watch_quality


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did for one customer; ``faults`` are what kept steps from ending.

    ``calls``: calls that are stored, by day and application; ``pulled`` those that came from the
    customer's own tables now. ``quality``: rows of the windows, by day. ``missing``: what is not
    measured at all, and why.
    """

    scope: Scope
    calls: Mapping[date, Mapping[str, int]] = field(default_factory=dict)
    pulled: int = 0
    sampled: tuple[Sampled, ...] = ()
    judged: tuple[Judged, ...] = ()
    quality: Mapping[date, int] = field(default_factory=dict)
    raised: tuple[QualityAlarm, ...] = ()
    cleared: tuple[QualityAlarm, ...] = ()
    emitted: Emitted | None = None
    missing: str = ""
    faults: dict[str, OptiInfraError] = field(default_factory=dict)

    @property
    def days(self) -> tuple[date, ...]:
        """The days of the scope."""
        first = self.scope.window.first_day
        return tuple(first + timedelta(days=n) for n in range(self.scope.window.length // DAY))

    @property
    def applications(self) -> tuple[str, ...]:
        """Those that were looked at."""
        drawn = {each.application_id for each in self.sampled}
        judged = {each.application_id for each in self.judged}
        return tuple(sorted(drawn.union(judged, *self.calls.values())))

    @property
    def model_calls(self) -> int:
        """Calls of the model that judges."""
        return sum(each.calls for each in self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRun:
    """The steps of one customer, those of ``steps``; a fault of one leaves the others' work.

    ``refused`` is why a model that is configured could not be opened.
    """

    tools: Tools
    panel: Panel
    redactor: Redactor
    steps: frozenset[str] = frozenset(STEPS)
    refused: OptiInfraError | None = None

    def run(self, scope: Scope) -> Report:
        """Look what came, draw and judge."""
        report = Report(scope=scope, missing=self._missing())
        for name, step in (
            (INTERACTIONS, self._look),
            (SAMPLE, self._draw),
            (JUDGEMENTS, self._judge),
        ):
            self._do(name, step, report)
        return report

    def close(self, report: Report, judge_steps: Steps = NO_STEPS) -> None:
        """Sum up what was judged, raise and clear alarms, send the scores on.

        ``judge_steps``: days on which a judge changed; what came before them alarms nobody.
        """
        self._do(QUALITY, lambda done: self._sum_up(done, judge_steps), report)

    def _do(self, name: str, step: Callable[[Report], None], report: Report) -> None:
        if name not in self.steps:
            return
        try:
            step(report)
        except OptiInfraError as error:
            report.faults[name] = error

    def _missing(self) -> str:
        return NO_MODEL if self.panel.model is None and self.refused is None else ""

    def _look(self, report: Report) -> None:
        found: dict[date, dict[str, int]] = {day: {} for day in report.days}
        for row in arrived(self.tools, report.scope, report.scope.window):
            calls = found[row.window_start.date()]
            calls[row.application_id] = calls.get(row.application_id, 0) + row.calls
        report.calls = found

    def _draw(self, report: Report) -> None:
        report.sampled = sample(self.tools, report.scope, risk)

    def _judge(self, report: Report) -> None:
        report.judged = judge_sample(self.tools, report.scope, self.panel, self.redactor)
        faults = (each.fault for each in report.judged if each.fault)
        fault = self.refused or next(faults, None)
        if fault is not None:
            raise fault

    def _sum_up(self, report: Report, judge_steps: Steps) -> None:
        of = (report.scope.customer_id, report.scope.provider)
        run_id = report.scope.run_id
        report.quality = {
            day: recompute_quality(self.tools.warehouse, self.tools.clock, of, day, run_id)
            for day in sorted({*report.days, *(day for each in report.judged for day in each.days)})
        }
        looked = watch_quality(self.tools, *of, judge_steps)
        report.raised, report.cleared = looked.raised, looked.cleared
        report.emitted = Emitter(self.tools).emit(*of)
