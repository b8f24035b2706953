"""The judge behind Groq's SDK: a judgement is the model's answer, or a status without a score."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from optiinfra_core.applications.judgement import Evidence, Judgement
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.rubrics.prompt import Prompt, prompt
from optiinfra_core.applications.spending import Spending
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.client.server import Server
from optiinfra_pipelines.judging.hearing import Hearing
from optiinfra_pipelines.judging.limits import Limiter
from optiinfra_pipelines.judging.models import Models
from optiinfra_pipelines.judging.paying import Payer
from optiinfra_pipelines.judging.verdicts import Ended, Tally, judged

CLIPPED: Mapping[str, str] = {"evidence": "clipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all judges of one process share: the server, its models, its plan."""

    server: Server
    models: Models
    limiter: Limiter
    bench: Bench


class GroqJudge:
    """Judges with the models of one server; threads may judge at the same time.

    ``spending`` is asked before every call. ``first_model`` judges where the server offers it.
    """

    def __init__(self, means: Means, spending: Spending, first_model: str = "") -> None:
        self.means = means
        self.spending = spending
        self._first_model = first_model

    @property
    def name(self) -> str:
        """``groq`` or ``openai_compatible``."""
        return self.means.server.dialect.judge

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every rubric there is."""
        return tuple(RUBRICS)

    @property
    def models(self) -> tuple[str, ...]:
        """The models in the order in which they are asked.

        Raises:
            ConfigurationError: the server has none of them any more.
        """
        return self.means.models.usable(self._first_model)

    def on_behalf(self, spending: Spending, first_model: str = "") -> Self:
        """The same judge for another purse and with another model first; the plan is shared."""
        return type(self)(self.means, spending, first_model)

    def close(self) -> None:
        """Close the connections, which all judges of the process share."""
        self.means.server.close()

    def judge(self, metric_name: str, evidence: Evidence, replicate: int = 0) -> Judgement:
        """One judgement by the first model that manages it.

        Raises:
            Throttled: the server wants more patience than a run has.
            CredentialRejected, ConfigurationError: no exchange can be judged.
        """
        rubric, models = RUBRICS[metric_name], self.models
        if not rubric.applies(evidence):
            ended = Ended(model=models[0], status="skipped", reason="not_applicable")
            return replace(judged(rubric, self.name, ended, Tally()), replicate=replicate)
        asked = prompt(rubric, evidence, self.means.bench.secret)
        hearing = Hearing(
            payer=self._payer(),
            models=self.means.models,
            rubric=rubric,
            prompt=asked,
            replicate=replicate,
        )
        ended = hearing.through(models)
        return told(judged(rubric, self.name, ended, hearing.tally), asked, replicate)

    def _payer(self) -> Payer:
        return Payer(
            server=self.means.server,
            limiter=self.means.limiter,
            bench=self.means.bench,
            spending=self.spending,
        )


def told(judgement: Judgement, asked: Prompt, replicate: int) -> Judgement:
    """``judgement`` with what is known of its evidence whatever the model says."""
    scored = judgement.status == "ok" and asked.clipped
    return replace(
        judgement,
        replicate=replicate,
        tamper=judgement.tamper or asked.suspected,
        verdicts={**judgement.verdicts, **CLIPPED} if scored else judgement.verdicts,
    )
