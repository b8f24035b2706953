"""Who judges: the screens of this machine always, and a model where one is configured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, Self

from optiinfra_core.applications.judgement import Evidence, Judge, Judgement
from optiinfra_core.applications.rubrics import RUBRICS, applicable
from optiinfra_core.applications.screen import LexicalScreen, rubric_version
from optiinfra_core.applications.spending import Spending
from optiinfra_core.collecting.gate import CallLog

NO_MODEL = "no judge is configured: only screens"


class ModelJudge(Judge, Protocol):
    """A judge that costs money and may be asked on behalf of several purses."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models in the order in which they are asked."""
        ...

    def on_behalf(self, spending: Spending, first_model: str = "") -> Self:
        """The same judge for another purse."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One judge and what it is asked.

    ``versions``: the rubric's version of each metric; ``models``: whose judgements of it count as
    the same; ``asked``: the metrics of an exchange, ``needed`` of them for every one. ``local``: it
    sends nothing anywhere and costs nothing, so that nothing keeps it from judging.
    """

    judge: Judge
    versions: Mapping[str, str]
    models: tuple[str, ...]
    asked: Callable[[Evidence], tuple[str, ...]]
    needed: int
    local: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """Its series as questions name them."""
        return tuple(f"{self.judge.name}/{name}/{told}" for name, told in self.versions.items())

    def skipped(self, metric_name: str, reason: str) -> Judgement:
        """What is written where a model was not asked; screens are never skipped."""
        return Judgement(
            metric_type=RUBRICS[metric_name].metric_type,
            metric_name=metric_name,
            rubric_version=self.versions[metric_name],
            judge=self.judge.name,
            judge_model=self.models[0],
            status="skipped",
            reason=reason,
            attempts=0,
        )


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The judges of one run; ``model`` is None where none is configured.

    ``log`` is the ledger of the model's calls.
    """

    screens: LexicalScreen
    model: ModelJudge | None = None
    log: CallLog = field(default_factory=CallLog)

    @cached_property
    def screening(self) -> Seat:
        """The screens' seat: nothing that they are asked can fail."""
        names = self.screens.metrics
        return Seat(
            judge=self.screens,
            versions={name: rubric_version(name) for name in names},
            models=("",),
            asked=lambda _: names,
            needed=len(names),
            local=True,
        )

    @cached_property
    def judging(self) -> Seat | None:
        """The model's seat, which belongs to no purse yet; None without a model."""
        if self.model is None:
            return None
        held = {name: RUBRICS[name] for name in self.model.metrics}
        # An exchange either has sources or has none: of the rubrics that mind, one is asked.
        minding = any(rubric.sourced is not None for rubric in held.values())
        return Seat(
            judge=self.model,
            versions={name: rubric.version for name, rubric in held.items()},
            models=self.model.models,
            asked=lambda evidence: tuple(name for name in applicable(evidence) if name in held),
            needed=sum(rubric.sourced is None for rubric in held.values()) + minding,
        )

    @property
    def seats(self) -> tuple[Seat, ...]:
        """All of them."""
        return (self.screening, self.judging) if self.judging else (self.screening,)

    def seat_of(self, spending: Spending, first_model: str) -> Seat | None:
        """The model's seat where ``spending`` pays; ``first_model`` is asked before the others."""
        if self.model is None or self.judging is None:
            return None
        judge = self.model.on_behalf(spending, first_model)
        return replace(self.judging, judge=judge, models=judge.models)
