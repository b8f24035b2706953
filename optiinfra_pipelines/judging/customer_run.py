"""One customer's applications at one provider: look, draw, judge, sum up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from optiinfra_core.applications.privacy import Redactor
from optiinfra_core.applications.risk import risk
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.warehouse.quality import recompute_quality
from optiinfra_core.windows import DAY
from optiinfra_pipelines.judging.judging_run import Judged, judge_sample
from optiinfra_pipelines.judging.panel import NO_MODEL, Panel
from optiinfra_pipelines.judging.sampling_run import Sampled, arrived, sample
from optiinfra_pipelines.judging.scope import Scope, Tools
from optiinfra_pipelines.judging.steps import INTERACTIONS, JUDGEMENTS, QUALITY, SAMPLE, STEPS


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did for one customer; ``fault`` is what kept the steps in ``failed`` from ending.

    ``calls``: calls that are stored, by day and application. ``quality``: rows of the windows, by
    day. ``missing``: what is not measured at all, and why.
    """

    scope: Scope
    calls: Mapping[date, Mapping[str, int]] = field(default_factory=dict)
    sampled: tuple[Sampled, ...] = ()
    judged: tuple[Judged, ...] = ()
    quality: Mapping[date, int] = field(default_factory=dict)
    missing: str = ""
    fault: OptiInfraError | None = None
    failed: set[str] = field(default_factory=set)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRun:
    """The steps of one customer, those of ``steps`` in their order."""

    tools: Tools
    panel: Panel
    redactor: Redactor
    steps: frozenset[str] = frozenset(STEPS)
    refused: OptiInfraError | None = None

    def run(self, scope: Scope) -> Report:
        """Do what is asked; a fault of one step leaves the others' work."""
        report = Report(scope=scope, missing=self._missing())
        todo: Mapping[str, Callable[[Report], None]] = {
            INTERACTIONS: self._look,
            SAMPLE: self._draw,
            JUDGEMENTS: self._judge,
            QUALITY: self._sum_up,
        }
        for name, step in todo.items():
            if name in self.steps:
                try:
                    step(report)
                except OptiInfraError as error:
                    report.failed.add(name)
                    report.fault = report.fault or error
        return report

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

    def _sum_up(self, report: Report) -> None:
        of = (report.scope.customer_id, report.scope.provider)
        run_id = report.scope.run_id
        report.quality = {
            day: recompute_quality(self.tools.warehouse, self.tools.clock, of, day, run_id)
            for day in report.days
        }
