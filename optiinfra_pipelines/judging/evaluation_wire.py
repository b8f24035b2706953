"""Scores as OTLP writes them: log records of the event ``gen_ai.evaluation.result``.

Names of attributes are those of OpenTelemetry's semantic conventions for generative AI; what they
have no word for begins with ``optiinfra.``.
"""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from optiinfra_core.applications.identity import parsed

if TYPE_CHECKING:
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

EVENT = "gen_ai.evaluation.result"
SCOPE = "optiinfra.judging"
MICROSECOND = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One score to send; ``value`` is None where there is only a label."""

    application_id: str
    environment: str
    provider: str
    interaction_id: str
    at: datetime
    name: str
    value: float | None
    label: str
    judge: str
    judge_model: str
    rubric_version: str
    explanation: str = field(default="", repr=False)

    @property
    def resource(self) -> tuple[tuple[str, str], ...]:
        """The application as a resource."""
        told = {
            "service.name": self.application_id,
            "deployment.environment.name": self.environment,
            "cloud.provider": self.provider,
        }
        return tuple((name, value) for name, value in told.items() if value)

    @property
    def attributes(self) -> Mapping[str, str | float]:
        """Those that have a value."""
        told = {
            "gen_ai.evaluation.name": self.name,
            "gen_ai.evaluation.score.value": self.value,
            "gen_ai.evaluation.score.label": self.label,
            "gen_ai.evaluation.explanation": self.explanation,
            "optiinfra.judge": self.judge,
            "optiinfra.judge_model": self.judge_model,
            "optiinfra.rubric_version": self.rubric_version,
        }
        return {name: value for name, value in told.items() if value is not None and value != ""}


def encoded(results: Iterable[Result]) -> bytes:
    """The body of a POST to ``/v1/logs``: protobuf, compressed with gzip."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (  # noqa: PLC0415 - lazy
        ExportLogsServiceRequest,
    )

    request = ExportLogsServiceRequest()
    ordered = sorted(results, key=lambda each: each.resource)
    for resource, held in groupby(ordered, key=lambda each: each.resource):
        group = request.resource_logs.add()
        for name, value in resource:
            group.resource.attributes.add(key=name).value.string_value = value
        scope = group.scope_logs.add()
        scope.scope.name = SCOPE
        for result in held:
            _fill(scope.log_records.add(), result)
    return gzip.compress(request.SerializeToString(), mtime=0)


def _fill(record: "LogRecord", result: Result) -> None:
    trace, span = parsed(result.interaction_id)
    record.event_name = EVENT
    record.trace_id, record.span_id = bytes.fromhex(trace), bytes.fromhex(span)
    record.time_unix_nano = _nanoseconds(result.at)
    record.observed_time_unix_nano = record.time_unix_nano
    for name, value in result.attributes.items():
        attribute = record.attributes.add(key=name)
        if isinstance(value, str):
            attribute.value.string_value = value
        else:
            attribute.value.double_value = value


def _nanoseconds(at: datetime) -> int:
    """Since the epoch, to the microsecond, without a float on the way."""
    since = at - EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * MICROSECOND
