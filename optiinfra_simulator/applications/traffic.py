"""The calls of every simulated application at any time, from a seed: nothing is kept."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count

from optiinfra_core.windows import Window
from optiinfra_simulator.applications.arrivals import MINUTE, Arrival, Arrivals, Trace
from optiinfra_simulator.applications.banks import BANKS
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.catalogue import APPLICATIONS, Application, application
from optiinfra_simulator.applications.regressions import PLANTED, Regression, standing
from optiinfra_simulator.applications.texts import Author
from optiinfra_simulator.applications.truth import Truth
from optiinfra_simulator.applications.truth import count as counted
from optiinfra_simulator.world import dice

_ERRORS = ("rate_limit_exceeded", "timeout", "500")
_FAILURE_MS: Mapping[str, float] = {"rate_limit_exceeded": 45.0, "timeout": 30_000.0, "500": 900.0}
_CACHED = 0.3


@dataclass
class Traffic:
    """Makes calls; the same seed, application, time and regressions make the same ones.

    ``scale`` multiplies how busy everybody is. ``trace`` lends its arrivals and token counts.
    """

    seed: int = 7
    scale: float = 1.0
    trace: Trace | None = field(default=None, repr=False)
    regressions: Sequence[Regression] = PLANTED

    @property
    def applications(self) -> Sequence[Application]:
        """Every application."""
        return APPLICATIONS

    def calls(self, application_id: str, window: Window) -> Iterator[Call]:
        """The calls that began within a window, by time.

        Raises:
            NotFound: there is no such application.
        """
        first = window.start.replace(second=0, microsecond=0)
        minutes = math.ceil((window.end - first) / MINUTE)
        for call in self._from(application(application_id), first, range(minutes)):
            if call.started_at in window:
                yield call

    def stream(self, application_id: str, start: datetime) -> Iterator[Call]:
        """The calls from ``start`` on, without end."""
        first = start.replace(second=0, microsecond=0)
        for call in self._from(application(application_id), first, count()):
            if call.started_at >= start:
                yield call

    def of_customer(self, customer: str, window: Window) -> Iterator[Call]:
        """The calls of all applications of a customer, one application after the other."""
        owned = [one.id for one in APPLICATIONS if one.customer == customer]
        return chain.from_iterable(self.calls(one, window) for one in owned)

    def truth(self, window: Window, application_id: str) -> Truth:
        """What is true of a window, from what was planted and not from any text or wire."""
        return counted(application_id, window, self.calls(application_id, window))

    def plant(self, regression: Regression) -> None:
        """Add a change for the worse."""
        self.regressions = (*self.regressions, regression)

    def _from(
        self, app: Application, first: datetime, steps: Iterator[int] | range
    ) -> Iterator[Call]:
        arrivals = Arrivals(self.seed, self.scale, self.trace)
        for step in steps:
            found = arrivals.minute(app, first + step * MINUTE)
            for arrival in sorted(found, key=lambda one: (one.at, one.number)):
                yield self._call(app, arrival)

    def _call(self, app: Application, arrival: Arrival) -> Call:
        minute = arrival.at.replace(second=0, microsecond=0)
        names = (self.seed, app.id, int(minute.timestamp()), arrival.number)
        now = standing(app, arrival.at, self.regressions)
        failed = dice.fraction(*names, "error") < now.rates.error
        error = dice.choice(_ERRORS, *names, "which") if failed else ""
        ttft, latency = _timing(names, arrival.output_tokens)
        user = dice.number(*names, "user") % app.users
        cached = dice.fraction(*names, "cached") < _CACHED
        return Call(
            application=app,
            trace_id=dice.hexadecimal(32, *names, "trace"),
            span_id=dice.hexadecimal(16, *names, "span"),
            started_at=arrival.at,
            latency_ms=_FAILURE_MS[error] if failed else latency,
            ttft_ms=None if failed else ttft,
            model=now.model or _model(app, names),
            service_version=now.service_version,
            prompt_version=now.prompt_version,
            conversation_id=dice.hexadecimal(16, self.seed, app.id, user, minute.date()),
            user=f"u-{user:04d}",
            input_tokens=arrival.input_tokens,
            output_tokens=0 if failed else arrival.output_tokens,
            cache_read_tokens=arrival.input_tokens // 2 if cached and not failed else 0,
            error_type=error,
            finish_reason="" if failed else "stop",
            exchange=Author(BANKS[app.id], now.rates, names).exchange(),
        )


def _timing(names: Sequence[object], output_tokens: int) -> tuple[float, float]:
    """Milliseconds to the first token and to the last, at 40 to 120 tokens a second."""
    ttft = 120 + 900 * dice.fraction(*names, "ttft") ** 3
    pace = 40 + 80 * dice.fraction(*names, "pace")
    return round(ttft, 3), round(ttft + output_tokens / pace * 1_000, 3)


def _model(app: Application, names: Sequence[object]) -> str:
    left = dice.fraction(*names, "model")
    for model, share in app.models.items():
        left -= share
        if left < 0:
            return model
    return next(iter(app.models))
