"""Applications' calls with scores, labels and samples, written as their writers write them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.judgements import (
    Inclusion,
    JudgedCall,
    JudgementWriter,
    ScoredInteraction,
)
from optiinfra_core.warehouse.samples import SampledInteraction, SampleWriter

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEVER = date(2027, 11, 20)
MODEL = "openai/gpt-oss-20b"
RUBRIC = "1-aaaaaaaaaa"
CALL: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "application_id": "LowCardinality(String)",
    "day": "Date",
    "trace_id": "String",
    "span_id": "String",
    "started_at": "DateTime64(6, 'UTC')",
    "ended_at": "DateTime64(6, 'UTC')",
    "provider": "LowCardinality(String)",
    "environment": "LowCardinality(String)",
    "service_version": "LowCardinality(String)",
    "prompt_version": "LowCardinality(String)",
    "llm_vendor": "LowCardinality(String)",
    "model": "LowCardinality(String)",
    "latency_ms": "Nullable(Float64)",
    "ttft_ms": "Nullable(Float64)",
    "input_tokens": "Nullable(UInt64)",
    "output_tokens": "Nullable(UInt64)",
    "cache_read_tokens": "Nullable(UInt64)",
    "cost_usd": "Nullable(Decimal(38, 12))",
    "error_type": "LowCardinality(String)",
    "text_state": "Enum8('none' = 0, 'hash' = 1, 'redacted' = 2, 'full' = 3)",
    "judge_allowed": "UInt8",
    "input_parts": "Array(String)",
    "output_parts": "Array(String)",
    "context_parts": "Array(String)",
    "text_expires_on": "Date",
}
WINDOW: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "customer_id",
            "application_id",
            "provider",
            "environment",
            "service_version",
            "model",
            "metric_type",
            "metric_name",
            "judge",
            "judge_model",
            "rubric_version",
        ),
        "LowCardinality(String)",
    ),
    "window_start": "DateTime('UTC')",
    **dict.fromkeys(("judged", "failed", "without_score", "tampered", "not_passed"), "UInt32"),
    **dict.fromkeys(
        (
            "weight",
            "weight_squared",
            "weighted_score",
            "weighted_score_squared",
            "weighted_not_passed",
        ),
        "Float64",
    ),
    "judge_cost_usd": "Nullable(Decimal(38, 12))",
    "version": "UInt64",
    "is_deleted": "UInt8",
}
LABEL: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "application_id": "LowCardinality(String)",
    "timestamp": "DateTime64(3, 'UTC')",
    "interaction_id": "String",
    "metric_name": "LowCardinality(String)",
    "rater": "LowCardinality(String)",
    "flagged": "UInt8",
    "text_expires_on": "Date",
    "labelled_at": "DateTime64(3, 'UTC')",
    "is_deleted": "UInt8",
}


def names(number: int) -> tuple[str, str]:
    """Trace and span of the call with this number."""
    digest = hashlib.sha256(f"call {number}".encode()).hexdigest()
    return digest[:32], digest[32:48]


def interaction(number: int) -> str:
    """How scores name it."""
    return "-".join(names(number))


@dataclass
class Applications:
    """One customer's applications; what is not chosen is an ordinary call of ``support``."""

    warehouse: Warehouse
    customer: str
    application: str = "support.assistant"
    began: datetime = NOON
    told: dict[str, Any] = field(default_factory=dict)

    def at(self, number: int) -> datetime:
        """When the call with this number began: a second after the one before."""
        return self.began + timedelta(seconds=number)

    def calls(self, numbers: Iterable[int], **told: Any) -> None:
        """Calls as their spans tell them."""
        rows = [self._call(number, told) for number in numbers]
        self.warehouse.insert("llm_interactions", CALL, rows)

    def _call(self, number: int, told: Mapping[str, Any]) -> list[Any]:
        began = told.get("started_at", self.at(number))
        trace_id, span_id = names(number)
        given = {
            "customer_id": self.customer,
            "application_id": self.application,
            "day": began.date(),
            "trace_id": trace_id,
            "span_id": span_id,
            "started_at": began,
            "ended_at": began,
            "provider": "aws",
            "environment": "prod",
            "service_version": "1",
            "prompt_version": "a",
            "llm_vendor": "openai",
            "model": "gpt-4o",
            "latency_ms": 1000.0,
            "ttft_ms": 100.0,
            "input_tokens": 900,
            "output_tokens": 100,
            "cache_read_tokens": 300,
            "cost_usd": Decimal("0.002"),
            "error_type": "",
            "text_state": "redacted",
            "judge_allowed": 1,
            "input_parts": ['["span",0,"user","What is it?"]'],
            "output_parts": ['["span",0,"assistant","It is that."]'],
            "context_parts": ['["span",0,"document","That is it."]'],
            "text_expires_on": NEVER,
            **told,
        }
        return [given[name] for name in CALL]

    def scores(
        self,
        scores: Mapping[int, float | None],
        *,
        scored_at: datetime = NOON + timedelta(hours=1),
        inclusion: tuple[float, str] = (1.0, "all"),
        call: Mapping[str, Any] | None = None,
        **told: Any,
    ) -> None:
        """Judgements of the calls with these numbers."""
        rows = [
            self._scored(number, score, scored_at, Inclusion(*inclusion), call or {}, told)
            for number, score in scores.items()
        ]
        JudgementWriter(self.warehouse).write(rows, f"{scored_at}")

    def _scored(  # noqa: PLR0917 - a row has many sides
        self,
        number: int,
        score: float | None,
        scored_at: datetime,
        inclusion: Inclusion,
        call: Mapping[str, Any],
        told: Mapping[str, Any],
    ) -> ScoredInteraction:
        of_call = {
            "application_id": self.application,
            "provider": "aws",
            "environment": "prod",
            "service_version": "1",
            "prompt_version": "a",
            "model": "gpt-4o",
            "output_chars": 100,
            "text_expires_on": NEVER,
            **call,
        }
        said: dict[str, Any] = {
            "metric_type": "quality",
            "metric_name": "quality",
            "rubric_version": RUBRIC,
            "judge": "groq",
            "judge_model": MODEL,
            "status": "ok",
            "score": score,
            "passed": None if score is None else score >= 0.5,
            "cost_usd": Decimal("0.0001"),
            "input_tokens": 700,
            "output_tokens": 100,
            "explanation": "It answers.",
            **told,
        }
        return ScoredInteraction(
            call=JudgedCall(
                customer_id=self.customer,
                interaction_id=interaction(number),
                timestamp=self.at(number),
                **of_call,
            ),
            judgement=Judgement(**said),
            inclusion=inclusion,
            run_id="run",
            scored_at=scored_at,
        )

    def samples(self, numbers: Iterable[int], probability: float = 1.0) -> None:
        """Draw the calls with these numbers."""
        rows = [
            SampledInteraction(
                customer_id=self.customer,
                application_id=self.application,
                provider="aws",
                timestamp=self.at(number),
                interaction_id=interaction(number),
                inclusion_probability=probability,
                stratum="all",
                risk=0.0,
                plan="",
                run_id="run",
                sampled_at=NOON,
            )
            for number in numbers
        ]
        SampleWriter(self.warehouse).write(rows, "run")

    def labels(
        self, flags: Mapping[int, bool], rater: str = "ann", metric: str = "quality"
    ) -> None:
        """What a person says of the calls with these numbers."""
        rows = [
            [self.customer, self.application, self.at(number), interaction(number), metric, rater,
             int(flagged), NEVER, NOON, 0]
            for number, flagged in flags.items()
        ]  # fmt: skip
        self.warehouse.insert("human_labels", LABEL, rows)

    def window(self, start: datetime, *, judged: int, not_passed: int, **told: Any) -> None:
        """What a quarter of an hour said, each judged call weighing one."""
        good = judged - not_passed
        given = {
            "customer_id": self.customer,
            "application_id": self.application,
            "provider": "aws",
            "environment": "prod",
            "service_version": "1",
            "model": "gpt-4o",
            "metric_type": "quality",
            "metric_name": "quality",
            "judge": "groq",
            "judge_model": MODEL,
            "rubric_version": RUBRIC,
            "window_start": start,
            "judged": judged,
            "failed": 0,
            "without_score": 0,
            "tampered": 0,
            "not_passed": not_passed,
            "weight": judged,
            "weight_squared": judged,
            "weighted_score": good,
            "weighted_score_squared": good,
            "weighted_not_passed": not_passed,
            "judge_cost_usd": Decimal("0.01"),
            "version": 1,
            "is_deleted": 0,
            **told,
        }
        self.warehouse.insert("quality_windows", WINDOW, [[given[name] for name in WINDOW]])
