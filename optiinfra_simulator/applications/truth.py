"""What is true of the calls of an application within a window: counts, and defects by metric."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optiinfra_core.windows import Window
from optiinfra_simulator.applications.calls import Call


@dataclass(frozen=True, slots=True)
class Defects:
    """Of how many calls a metric can be judged, and how many of them have its defect."""

    calls: int
    defective: int

    @property
    def rate(self) -> float | None:
        """The share that has it; None where nothing could be judged."""
        return self.defective / self.calls if self.calls else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth of one application and window."""

    application: str
    window: Window
    calls: int
    errors: int
    tampering: int
    input_tokens: int
    output_tokens: int
    by_model: Mapping[str, int]
    by_version: Mapping[str, int]
    metrics: Mapping[str, Defects]

    def told(self) -> Mapping[str, object]:
        """For control answers."""
        return {
            "application": self.application,
            "start": self.window.start,
            "end": self.window.end,
            "calls": self.calls,
            "errors": self.errors,
            "tampering": self.tampering,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "by_model": self.by_model,
            "by_version": self.by_version,
            "metrics": {
                name: {"calls": one.calls, "defective": one.defective, "rate": one.rate}
                for name, one in self.metrics.items()
            },
        }


def count(application: str, window: Window, calls: Iterable[Call]) -> Truth:
    """The truth of ``calls``, from what was planted in each."""
    made = list(calls)
    judged: Counter[str] = Counter()
    defective: Counter[str] = Counter()
    for call in made:
        judged.update(call.defects.keys())
        defective.update(name for name, defect in call.defects.items() if defect)
    return Truth(
        application=application,
        window=window,
        calls=len(made),
        errors=sum(call.failed for call in made),
        tampering=sum(call.exchange.planted.tampering for call in made),
        input_tokens=sum(call.input_tokens for call in made),
        output_tokens=sum(call.output_tokens for call in made),
        by_model=Counter(call.model for call in made),
        by_version=Counter(call.service_version for call in made),
        metrics={name: Defects(judged[name], defective[name]) for name in sorted(judged)},
    )
