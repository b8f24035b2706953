"""Draws the calls that are judged: each settled quarter of an hour once, by a plan that is kept."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.sampling import Plan, draw
from optiinfra_core.crash import crash_point
from optiinfra_core.errors import WindowBusy
from optiinfra_core.tenancy.applications import Application, Applications, rules_of
from optiinfra_core.warehouse.questions.judging import ARRIVALS, CANDIDATES, Arrivals, Candidate
from optiinfra_core.warehouse.sampled_windows import SampledWindow, SampledWindows
from optiinfra_core.warehouse.samples import SampledInteraction, SampleWriter
from optiinfra_core.windows import QUARTER_HOUR, Window, floor
from optiinfra_pipelines.judging.evidence import evidence_of
from optiinfra_pipelines.judging.scope import Scope, Tools

# Texts held in memory at once: 1,000 calls of 20 KB are 20 MB.
PAGE = 1000
# A door stamps a call before it writes it, on its own clock: what came shortly before a look may
# have become visible after it.
SLACK = timedelta(minutes=2)

Risk = Callable[[Evidence], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What drawing did for one application.

    ``windows`` were drawn from now; ``last`` is the last one that is settled. ``calls`` are in all
    settled ones, ``eligible`` of those may be judged; ``drawn`` came into the sample now.
    """

    application_id: str
    windows: tuple[Window, ...]
    last: Window
    calls: int
    eligible: int
    drawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """One application's windows in a run."""

    tools: Tools
    scope: Scope
    application_id: str
    share: float
    risk: Risk
    records: SampledWindows

    def window(self, known: SampledWindow) -> int:
        """Draw from one window by its plan; how many came into the sample."""
        seen_at = self.tools.clock.now()
        candidates = [
            (each.interaction_id, each.started, self.risk(_evidence(each)))
            for each in self._candidates(known.window)
        ]
        if not known.plan and candidates:
            plan = Plan.of([risk for _, _, risk in candidates], self.share)
            known = replace(known, plan=plan.written(), complete=False)
            self.records.commit([known], self.scope.run_id, seen_at)
            known = self.records.held(known.window)[known.start]
            crash_point("after_plan")
        rows = [] if not known.plan else list(self._drawn(known.plan, candidates, seen_at))
        SampleWriter(self.tools.warehouse).write(rows, self.scope.run_id)
        crash_point("after_sample")
        self.records.commit([replace(known, complete=True)], self.scope.run_id, seen_at)
        return len(rows)

    def _candidates(self, window: Window) -> Iterator[Candidate]:
        after = ("", "")
        while True:
            page = self.tools.warehouse.rows(
                CANDIDATES,
                {
                    "customer_id": self.scope.customer_id,
                    "provider": self.scope.provider,
                    "application_id": self.application_id,
                    "start": window.start,
                    "end": window.end,
                    "today": self.tools.clock.now().date(),
                    "after_trace": after[0],
                    "after_span": after[1],
                    "limit": PAGE,
                },
            )
            yield from page
            if len(page) < PAGE:
                return
            after = (page[-1].trace_id, page[-1].span_id)

    def _drawn(
        self, written: str, candidates: list[tuple[str, datetime, float]], now: datetime
    ) -> Iterator[SampledInteraction]:
        plan = Plan.read(written)
        for interaction_id, started, risk in candidates:
            stratum = plan.stratum(risk, draw(self.scope.customer_id, interaction_id))
            if stratum is None:
                continue
            yield SampledInteraction(
                customer_id=self.scope.customer_id,
                application_id=self.application_id,
                provider=self.scope.provider,
                timestamp=started,
                interaction_id=interaction_id,
                inclusion_probability=plan.probability(risk),
                stratum=stratum,
                risk=risk,
                plan=written,
                run_id=self.scope.run_id,
                sampled_at=now,
            )


def sample(tools: Tools, scope: Scope, risk: Risk) -> tuple[Sampled, ...]:
    """Draw from every settled window of the scope; calls that came late by the window's own plan.

    ``risk`` says how suspicious an exchange is, 0 to 1. Nothing is drawn twice, and a run that
    died is taken up where it stopped. An application whose windows another run draws is left out,
    and so is one whose texts no judge may see.

    Raises:
        Transient, Permanent: as the servers say; what was drawn stays.
    """
    settled = floor(
        tools.clock.now() - timedelta(minutes=tools.settings.judge_settle_minutes), QUARTER_HOUR
    )
    if settled <= scope.window.start:
        return ()
    span = Window(scope.window.start, min(settled, scope.window.end))
    arrivals: dict[str, dict[datetime, Arrivals]] = {}
    for row in arrived(tools, scope, span):
        arrivals.setdefault(row.application_id, {})[row.window_start] = row
    applications = _applications(tools, scope, arrivals)
    found = (
        _application(tools, scope, risk, (name, application), (span, arrivals.get(name, {})))
        for name, application in applications.items()
    )
    return tuple(each for each in found if each is not None)


def arrived(tools: Tools, scope: Scope, span: Window) -> list[Arrivals]:
    """What is stored of ``span``, by application and quarter of an hour."""
    return tools.warehouse.rows(
        ARRIVALS,
        {
            "customer_id": scope.customer_id,
            "provider": scope.provider,
            "start": span.start,
            "end": span.end,
            "today": tools.clock.now().date(),
        },
    )


def _applications(
    tools: Tools, scope: Scope, arrivals: Mapping[str, object]
) -> Mapping[str, Application | None]:
    """Those that are known to run there, and those whose calls say so."""
    registry = Applications(tools.database)
    known = {each.application_id: each for each in registry.list(scope.customer_id, scope.provider)}
    others = sorted(arrivals.keys() - known.keys())
    told: dict[str, Application | None] = dict.fromkeys(others)
    return {**known, **told, **registry.known(scope.customer_id, others)}


def _application(
    tools: Tools,
    scope: Scope,
    risk: Risk,
    of: tuple[str, Application | None],
    calls: tuple[Window, Mapping[datetime, Arrivals]],
) -> Sampled | None:
    name, application = of
    span, arrivals = calls
    if not rules_of(application, tools.settings).send_to_judge:
        return None
    try:
        with tools.database.try_lock("sample", scope.customer_id, scope.provider, name):
            records = SampledWindows(
                tools.warehouse, tools.clock, (scope.customer_id, scope.provider, name)
            )
            share = application.share(tools.settings) if application else tools.settings.judge_share
            drawing = _Draw(
                tools=tools,
                scope=scope,
                application_id=name,
                share=share,
                risk=risk,
                records=records,
            )
            since = floor(application.created_at, QUARTER_HOUR) if application else span.end
            return _windows(drawing, span, arrivals, since)
    except WindowBusy:
        return None


def _windows(
    drawing: _Draw, span: Window, arrivals: Mapping[datetime, Arrivals], since: datetime
) -> Sampled:
    """Draw where calls came since the last look; where none did, say that there is nothing."""
    held = drawing.records.held(span)
    empty: list[SampledWindow] = []
    fresh: list[Window] = []
    drawn = 0
    now = drawing.tools.clock.now()
    for window in span.split(QUARTER_HOUR):
        known, came = held.get(window.start), arrivals.get(window.start)
        if came is not None and not (known and known.saw(came.last_arrival, SLACK)):
            before = known or SampledWindow(start=window.start, plan="", calls=0, complete=False)
            drawn += drawing.window(replace(before, calls=came.calls))
            fresh.append(window)
        elif came is None and known is None and window.start >= since:
            empty.append(SampledWindow(start=window.start, plan="", calls=0, complete=True))
            fresh.append(window)
    drawing.records.commit(empty, drawing.scope.run_id, now)
    return Sampled(
        application_id=drawing.application_id,
        windows=tuple(fresh),
        last=Window(span.end - QUARTER_HOUR, span.end),
        calls=sum(each.calls for each in arrivals.values()),
        eligible=sum(each.eligible for each in arrivals.values()),
        drawn=drawn,
    )


def _evidence(candidate: Candidate) -> Evidence:
    return evidence_of(candidate.input, candidate.output, candidate.context)
