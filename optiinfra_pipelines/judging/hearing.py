"""One judgement under way: tries, pauses, a longer answer, the next model."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from optiinfra_core.applications.rubrics import Rubric
from optiinfra_core.applications.rubrics.prompt import Prompt
from optiinfra_core.applications.spending import BudgetSpent
from optiinfra_core.errors import Throttled
from optiinfra_pipelines.judging.client.asking import Question
from optiinfra_pipelines.judging.client.faults import Fate, Fault
from optiinfra_pipelines.judging.models import Models
from optiinfra_pipelines.judging.paying import Payer
from optiinfra_pipelines.judging.verdicts import Ended, Tally

# A reasoning model pays for its thoughts from the same limit: 300 tokens cut most answers.
FIRST_LENGTH = 1_000
LARGER_LENGTH = 3_000
SEED = 7
# Pauses between tries: 0.5, 1, 2 s and so on.
FIRST_PAUSE = 0.5

# What the next try asks for differently, so that there is nothing to wait for.
_LENGTHS: Mapping[Fate, int] = {Fate.CUT: LARGER_LENGTH}
_AT_ONCE = (Fate.CUT, Fate.NO_SCHEMA)


def question(rubric: Rubric, asked: Prompt, model: str, replicate: int) -> Question:
    """What ``model`` is asked first. A replicate differs by its seed alone."""
    return Question(
        operation=f"judge.{rubric.name}",
        model=model,
        system=asked.system,
        user=asked.user,
        schema_name=rubric.name,
        schema=rubric.schema(),
        longest=FIRST_LENGTH,
        seed=SEED + replicate,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Asks for one judgement; ``tally`` is what it took."""

    payer: Payer
    models: Models
    rubric: Rubric
    prompt: Prompt
    replicate: int
    tally: Tally = field(default_factory=Tally)

    def through(self, models: tuple[str, ...]) -> Ended:
        """What the first model that manages it says, else what the last one said.

        Raises:
            Throttled, CredentialRejected, ConfigurationError: see ``Judge``.
        """
        ended = self._by(models[0])
        for model in models[1:]:
            if not ended.next_model:
                break
            ended = self._by(model)
        if ended.fate is Fate.MODEL_GONE:
            self.models.usable()  # raises where no model is left at all
        return ended

    def _by(self, model: str) -> Ended:
        """What ``model`` says, after as many tries as make sense."""
        asked = question(self.rubric, self.prompt, model, self.replicate)
        met: Counter[Fate] = Counter()
        while True:
            try:
                reply = self.payer.call(asked, self.tally)
            except BudgetSpent:
                return Ended(model=model, status="skipped", reason="budget")
            except Fault as fault:
                met[fault.fate] += 1
                if met[fault.fate] >= fault.course.tries:
                    return self._given_up(model, fault)
                self._pause(fault, met[fault.fate])
                asked = asked.with_length(_LENGTHS.get(fault.fate, asked.longest))
                continue
            if not reply.cut or asked.longest == LARGER_LENGTH:
                return Ended.read(self.rubric, reply)
            asked = asked.with_length(LARGER_LENGTH)

    def _given_up(self, model: str, fault: Fault) -> Ended:
        """What further tries would not change.

        Raises:
            Throttled: the server still asks for quiet: the judgement is left for a later run.
        """
        if fault.fate is Fate.THROTTLED:
            raise Throttled(f"the judge's server refused {fault.course.tries} tries in a row")
        if fault.fate is Fate.MODEL_GONE:
            self.models.lose(model, fault.reason)
        return Ended.of(model, fault)

    def _pause(self, fault: Fault, times: int) -> None:
        """Wait before the next try: all threads where the server asks for it, else this one."""
        growing = FIRST_PAUSE * 2 ** (times - 1)
        if fault.fate is Fate.THROTTLED:
            self.payer.limiter.block(growing if fault.retry_after is None else fault.retry_after)
        elif fault.fate not in _AT_ONCE:
            self.payer.bench.sleep(growing)
