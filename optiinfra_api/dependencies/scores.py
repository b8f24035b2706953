"""Scores of other tools on their way in: each becomes a row beside our own judgements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from optiinfra_core.applications.interaction import Evaluation
from optiinfra_core.applications.judgement import Judgement, MetricType
from optiinfra_core.applications.privacy import Redactor, TextRules
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.judgements import JudgedCall, JudgementWriter, ScoredInteraction
from optiinfra_core.warehouse.questions.scoring import SCORED_CALLS, ScoredCall
from optiinfra_core.windows import DAY

JUDGE = "external"
# How long before it was scored a call may have been made.
SCORED_WITHIN = 90 * DAY
KEPT_EXPLANATION = 500
QUOTING = ("full", "redacted")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What another tool's metric is to us; ``good``: its 1 is free of the defect, ours is not."""

    metric_type: MetricType
    good: bool = False


QUALITY = _Meaning("quality")
# The names that DeepEval, RAGAS, Phoenix and OpenLIT give to what we call so.
MEANINGS: Mapping[str, _Meaning] = MappingProxyType(
    {
        "hallucination": _Meaning("hallucination"),
        "faithfulness": _Meaning("hallucination", good=True),
        "groundedness": _Meaning("hallucination", good=True),
        "factual_correctness": _Meaning("hallucination", good=True),
        "factuality": _Meaning("hallucination", good=True),
        "toxicity": _Meaning("toxicity"),
        "bias": _Meaning("toxicity"),
        "maliciousness": _Meaning("toxicity"),
        "harmfulness": _Meaning("toxicity"),
    }
)
PASSED: Mapping[str, bool] = MappingProxyType(
    {
        "pass": True,
        "passed": True,
        "correct": True,
        "factual": True,
        "faithful": True,
        "non-toxic": True,
        "fail": False,
        "failed": False,
        "incorrect": False,
        "hallucinated": False,
        "unfaithful": False,
        "toxic": False,
    }
)


class ScoreDesk:
    """Writes scores of other tools; the same score again replaces itself."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._writer = JudgementWriter(warehouse)

    def take(
        self,
        customer: str,
        scores: Sequence[Evaluation],
        rules: Mapping[str, TextRules],
        redactor: Redactor,
    ) -> int:
        """Write ``scores`` with what is known of their calls, and return how many.

        Explanations quote the texts they are about: they are kept where texts are, redacted.

        Raises:
            Transient: ClickHouse does not answer.
        """
        if not scores:
            return 0
        calls = self._calls(customer, scores)
        rows = [
            ScoredInteraction(
                call=judged(customer, each, calls.get((each.trace_id, each.span_id)), rules),
                judgement=judgement(each, rules[each.application], redactor),
                run_id="",
                scored_at=each.at,
            )
            for each in scores
        ]
        return self._writer.write(rows, JUDGE)

    def _calls(
        self, customer: str, scores: Sequence[Evaluation]
    ) -> Mapping[tuple[str, str], ScoredCall]:
        """Those that are stored; a tool that scores has a name of its own, so ids alone decide."""
        asked = {
            "customer_id": customer,
            "first_day": (min(each.at for each in scores) - SCORED_WITHIN).date(),
            "last_day": (max(each.at for each in scores) + DAY).date(),
            "traces": sorted({each.trace_id for each in scores}),
        }
        found = self._warehouse.rows(SCORED_CALLS, asked)
        return {(call.trace_id, call.span_id): call for call in found}


def judged(
    customer: str, score: Evaluation, call: ScoredCall | None, rules: Mapping[str, TextRules]
) -> JudgedCall:
    """The call as its score carries it; one that has not come yet is known by its ids alone."""
    name = f"{score.trace_id}-{score.span_id}"
    if call is None:
        days = timedelta(days=rules[score.application].days)
        return JudgedCall(
            customer_id=customer,
            application_id=score.application,
            interaction_id=name,
            timestamp=score.at,
            text_expires_on=score.at.date() + days,
        )
    return JudgedCall(
        customer_id=customer,
        application_id=call.application_id,
        interaction_id=name,
        timestamp=call.started,
        text_expires_on=call.expires_on,
        provider=call.cloud,
        environment=call.deployed_to,
        service_version=call.service,
        prompt_name=call.prompt,
        prompt_version=call.prompt_release,
        model=call.answered_by,
    )


def judgement(score: Evaluation, rules: TextRules, redactor: Redactor) -> Judgement:
    """The score as a judgement; a value outside 0 to 1 is of a scale that we do not know."""
    meaning = MEANINGS.get(score.name.lower(), QUALITY)
    known = score.value is not None and 0 <= score.value <= 1
    value = score.value if known else None
    if value is not None and meaning.good:
        value = 1 - value
    unknown = score.value is not None and not known
    return Judgement(
        metric_type=meaning.metric_type,
        metric_name=score.name,
        rubric_version="",
        judge=JUDGE,
        judge_model="",
        status="ok",
        score=value,
        label=score.label,
        passed=PASSED.get(score.label.lower()),
        verdicts={"value": f"{score.value:g}"} if unknown else {},
        reason="unknown_scale" if unknown else "",
        explanation=_explanation(score, rules, redactor),
    )


def _explanation(score: Evaluation, rules: TextRules, redactor: Redactor) -> str:
    if rules.policy not in QUOTING:
        return ""
    return redactor.redact(score.explanation)[:KEPT_EXPLANATION]
