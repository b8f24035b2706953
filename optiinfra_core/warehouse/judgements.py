"""Writes judgements: whoever judged, each becomes one row of ``application_metrics``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse.client import Warehouse

COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "application_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "environment": "LowCardinality(String)",
    "service_version": "LowCardinality(String)",
    "prompt_name": "LowCardinality(String)",
    "prompt_version": "LowCardinality(String)",
    "model": "LowCardinality(String)",
    "timestamp": "DateTime64(3, 'UTC')",
    "interaction_id": "String",
    "metric_type": "LowCardinality(String)",
    "metric_name": "LowCardinality(String)",
    "judge": "LowCardinality(String)",
    "judge_model": "LowCardinality(String)",
    "rubric_version": "LowCardinality(String)",
    "replicate": "UInt8",
    "status": "Enum8('ok' = 1, 'error' = 2, 'refused' = 3, 'unparseable' = 4, 'skipped' = 5)",
    "reason": "LowCardinality(String)",
    "score": "Nullable(Float64)",
    "label": "LowCardinality(String)",
    "passed": "Nullable(UInt8)",
    "confidence": "LowCardinality(String)",
    "tamper": "UInt8",
    "verdicts": "Map(LowCardinality(String), LowCardinality(String))",
    "explanation": "String",
    "output_chars": "Nullable(UInt32)",
    "inclusion_probability": "Float64",
    "stratum": "LowCardinality(String)",
    "system_fingerprint": "LowCardinality(String)",
    "judge_input_tokens": "Nullable(UInt32)",
    "judge_output_tokens": "Nullable(UInt32)",
    "judge_cost_usd": "Nullable(Decimal(38, 12))",
    "judge_ms": "Nullable(Float64)",
    "attempts": "UInt8",
    "text_expires_on": "Date",
    "run_id": "LowCardinality(String)",
    "scored_at": "DateTime64(3, 'UTC')",
}
MOST_ATTEMPTS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCall:
    """The call that was judged, as its scores carry it.

    ``timestamp`` is when the call began; it never changes, so that a later score of the same
    series replaces the earlier one. ``output_chars`` is None where the text is not known.
    """

    customer_id: str
    application_id: str
    interaction_id: str
    timestamp: datetime
    text_expires_on: date
    provider: str = ""
    environment: str = ""
    service_version: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    model: str = ""
    output_chars: int | None = None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """With which probability the call came into the sample, and by which stratum."""

    probability: float = 1.0
    stratum: str = "all"


EVERY_CALL = Inclusion()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredInteraction:
    """One row of ``application_metrics``: a judgement of a call that was sampled."""

    call: JudgedCall
    judgement: Judgement
    run_id: str
    scored_at: datetime
    inclusion: Inclusion = EVERY_CALL

    def values(self) -> tuple[Any, ...]:
        """In the order of ``COLUMNS``."""
        call, said = self.call, self.judgement
        return (
            call.customer_id, call.application_id, call.provider, call.environment,
            call.service_version, call.prompt_name, call.prompt_version, call.model,
            call.timestamp, call.interaction_id, said.metric_type, said.metric_name, said.judge,
            said.judge_model, said.rubric_version, said.replicate, said.status, said.reason,
            said.score, said.label, said.passed, said.confidence, said.tamper,
            dict(said.verdicts), said.explanation, call.output_chars,
            self.inclusion.probability, self.inclusion.stratum, said.system_fingerprint,
            said.input_tokens, said.output_tokens, said.cost_usd, said.milliseconds,
            min(said.attempts, MOST_ATTEMPTS), call.text_expires_on, self.run_id, self.scored_at,
        )  # fmt: skip


class JudgementWriter:
    """Writes rows that replace themselves: the same call, metric, judge, model, rubric, replicate.

    The one with the latest ``scored_at`` is served.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def write(self, rows: Iterable[ScoredInteraction], token: str) -> int:
        """Write ``rows`` as one block and return how many; writing them again changes nothing.

        ``token`` names who writes (a run, a request).

        Raises:
            Transient, Permanent: as the server or the network says; nothing is half written.
        """
        values = [row.values() for row in rows]
        return self._warehouse.insert_once(
            "application_metrics", COLUMNS, values, f"{token}:judgements"
        )
