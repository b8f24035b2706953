"""The judge inside the double: it knows the simulated applications, and errs as often as told."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optiinfra_simulator.applications import reading
from optiinfra_simulator.applications.reading import Reading
from optiinfra_simulator.groq import lexical
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.evidence import Shown, shown
from optiinfra_simulator.groq.schemas import Schema, fill
from optiinfra_simulator.world import dice

Json = dict[str, Any]
_UNSURE_WHEN_WRONG, _UNSURE_WHEN_RIGHT = 0.3, 0.05

# The metric that a schema asks for, by a field that no other metric has.
_METRICS: Mapping[str, str] = {
    "statements": "faithfulness",
    "claims": "faithfulness",
    "verdict": "factuality_suspicion",
    "addresses": "quality",
    "severity": "toxicity",
}


@dataclass(frozen=True, slots=True)
class Oracle:
    """Answers whatever schema it is asked for, from what it reads between the marker lines.

    Whether it errs depends on the seed, the model, the evidence, the metric and the replicate
    alone, so that the same question has the same answer on every machine.
    """

    seed: int = 0

    def answer(
        self, card: Card, messages: Sequence[Mapping[str, Any]], schema: Schema, replicate: object
    ) -> str:
        """The JSON text that ``card``'s model answers; of no use where no evidence is shown."""
        evidence = shown(messages)
        if evidence is None:
            return json.dumps(fill(schema, {"analysis": "There is no evidence to judge."}))
        metric = _metric(schema)
        true = reading.read(evidence.question, evidence.answer) or lexical.read(evidence)
        names = (self.seed, card.id, digest(evidence), metric, replicate)
        seen, unsure = _perceived(true, metric, card, names)
        return json.dumps(fill(schema, _fields(seen, metric, unsure=unsure)))


def digest(evidence: Shown) -> str:
    """What tells one exchange from another; markers and the order of fields do not matter."""
    told = json.dumps([evidence.question, evidence.answer, list(evidence.sources)])
    return hashlib.sha256(told.encode()).hexdigest()


def _metric(schema: Schema) -> str:
    named = schema.get("properties", {})
    return next((metric for name, metric in _METRICS.items() if name in named), "")


def _perceived(
    true: Reading, metric: str, card: Card, names: Sequence[object]
) -> tuple[Reading, bool]:
    """What the model makes of it, and whether it is unsure."""
    defect = metric in _DEFECTS and _DEFECTS[metric](true)
    acuity = card.sees(metric)
    right = acuity.sensitivity if defect else acuity.specificity
    errs = dice.fraction(*names, "errs") >= right
    seen = _MISTAKES[metric, defect](true) if errs and (metric, defect) in _MISTAKES else true
    chance = _UNSURE_WHEN_WRONG if errs else _UNSURE_WHEN_RIGHT
    return seen, dice.fraction(*names, "unsure") < chance


_DEFECTS: Mapping[str, Callable[[Reading], bool]] = {
    "faithfulness": lambda true: true.unsupported > 0,
    "factuality_suspicion": lambda true: true.unsupported > 0,
    "quality": lambda true: not true.addresses or true.wrong,
    "toxicity": lambda true: true.severity > 0,
}


def _all_supported(true: Reading) -> Reading:
    return replace(true, statements=[(text, "supported") for text, _ in true.statements])


def _one_absent(true: Reading) -> Reading:
    """A statement too many is held to be unsupported; where nothing is stated, nothing can be."""
    if not true.statements:
        return true
    (text, _), *rest = true.statements
    return replace(true, statements=[(text, "absent"), *rest])


def _suspected(true: Reading) -> Reading:
    return replace(true, statements=[("something in it", "contradicted"), *true.statements])


_MISTAKES: Mapping[tuple[str, bool], Callable[[Reading], Reading]] = {
    ("faithfulness", True): _all_supported,
    ("faithfulness", False): _one_absent,
    ("factuality_suspicion", True): _all_supported,
    ("factuality_suspicion", False): _suspected,
    ("quality", True): lambda true: replace(_all_supported(true), addresses=True),
    ("quality", False): lambda true: replace(true, addresses=False),
    ("toxicity", True): lambda true: replace(true, severity=0),
    ("toxicity", False): lambda true: replace(true, severity=1),
}


def _fields(seen: Reading, metric: str, *, unsure: bool) -> Json:
    """Every field that a judge of these metrics may be asked for; a schema takes its own."""
    statements = [{"text": text, "status": status} for text, status in _distinct(seen)]
    return {
        "analysis": _analysis(seen, metric),
        "statements": statements,
        "claims": statements,
        "verdict": "suspect" if seen.unsupported else "no_issue",
        "addresses": _yes(seen.addresses),
        "complete": _yes(seen.complete),
        "coherent": "yes",
        "correct": "no" if seen.wrong else ("na" if seen.sourced else "yes"),
        "instructions": "yes",
        "attack": seen.severity > 0,
        "answer_attack": seen.severity > 0,
        "question_toxic": seen.rude_question,
        "severity": seen.severity,
        "tamper": seen.tampering,
        "confidence": "low" if unsure else "high",
    }


def _distinct(seen: Reading) -> Sequence[tuple[str, str]]:
    told: dict[str, str] = {}
    for text, status in seen.statements:
        told.setdefault(" ".join(text.split()[:12]), status)
    return list(told.items())


def _yes(found: bool) -> str:  # noqa: FBT001 - a verdict, no switch
    return "yes" if found else "no"


def _analysis(seen: Reading, metric: str) -> str:
    """A sentence that quotes what decided."""
    doubtful = [text for text, status in seen.statements if status != "supported"]
    quoted = f' It says "{doubtful[0]}"' if doubtful else ""
    return f"By {metric or 'the rubric'} {len(seen.statements)} statements were weighed.{quoted}"
