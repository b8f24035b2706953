"""Rows of Langfuse's tables under the attribute names that Langfuse itself reads from spans.

Columns as in langfuse, packages/shared/clickhouse: ``observations`` of version 3 and
``events_full``. Legacy SDKs gave UUIDs as ids: those get ids derived from them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from optiinfra_core.applications.dialects.values import structured
from optiinfra_core.applications.identity import (
    application_id,
    derived_span_id,
    derived_trace_id,
    span_id,
    trace_id,
)
from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import spans
from optiinfra_core.applications.otlp.records import Span, SpanGroup, Traces
from optiinfra_core.collecting.interaction_source import ClickHouseSource

Row = Mapping[str, Any]
Told = Interaction | Evaluation | Rejected

FAILED = "ERROR"
# Column of the question -> attribute. Empty values are left out.
NAMED = {
    "input": "langfuse.observation.input",
    "output": "langfuse.observation.output",
    "model": "langfuse.observation.model.name",
    "first_token": "langfuse.observation.completion_start_time",
    "prompt_name": "langfuse.observation.prompt.name",
    "prompt_version": "langfuse.observation.prompt.version",
    "session": "langfuse.session.id",
    "user": "langfuse.user.id",
    "environment": "langfuse.environment",
    "release": "langfuse.release",
    "version": "langfuse.version",
}
# Of the span that Langfuse was sent it keeps the attributes; these have no column.
KEPT = (
    "gen_ai.provider.name", "gen_ai.system", "gen_ai.response.model", "gen_ai.response.id",
    "gen_ai.response.finish_reasons", "optiinfra.capture",
)  # fmt: skip


def generation(row: Row, source: ClickHouseSource) -> Iterator[Told]:
    """The call that one observation of type generation tells."""
    resource = _resource(row, source)
    application = application_id(
        str(resource.get("service.namespace") or ""), str(resource.get("service.name") or "")
    )
    told = Span(
        trace_id=trace_id(row["trace_id"]) or derived_trace_id(application, row["trace_id"]),
        span_id=span_id(row["id"]) or derived_span_id(application, row["id"]),
        name="",
        started=row["started"],
        ended=row["ended"],
        attributes=_attributes(row),
        failed=row["level"] == FAILED,
    )
    return spans.interactions(Traces((SpanGroup(resource, (told,)),)))


def _attributes(row: Row) -> Mapping[str, object]:
    sent = _object(row["span_attributes"])
    told: dict[str, object] = {name: sent[name] for name in KEPT if name in sent}
    told |= {name: row[column] for column, name in NAMED.items() if row[column]}
    told["langfuse.observation.type"] = "generation"
    told["langfuse.observation.usage_details"] = json.dumps(row["usage"])
    if "total" in row["dollars"]:
        told["langfuse.observation.cost_details"] = json.dumps({"total": row["dollars"]["total"]})
    return told


def _resource(row: Row, source: ClickHouseSource) -> Mapping[str, object]:
    resource = dict(_object(row["resource_attributes"]))
    service = resource.get("service.name") or row["service_name"] or source.application
    resource["service.name"] = service or "langfuse"
    if row["service_version"]:
        resource.setdefault("service.version", row["service_version"])
    return resource


def _object(text: str) -> Mapping[str, object]:
    found = structured(text) if text else None
    return found if isinstance(found, Mapping) else {}
