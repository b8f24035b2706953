"""Tables as other products lay them out, in a database of their own beside the warehouse's."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from optiinfra_core.collecting.interaction_source import SLUG, ClickHouseSource
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.vault.records import CredentialRecord
from optiinfra_pipelines.collection.doors import Doors

# The exporter's columns (opentelemetry-collector-contrib, clickhouseexporter) in our spelling:
# codecs and indexes change no answer.
OTEL_TRACES = """
CREATE TABLE otel_traces (
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String,
    TraceState String, SpanName LowCardinality(String), SpanKind LowCardinality(String),
    ServiceName LowCardinality(String), ResourceAttributes Map(LowCardinality(String), String),
    ScopeName String, ScopeVersion String, SpanAttributes Map(LowCardinality(String), String),
    Duration UInt64, StatusCode LowCardinality(String), StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String),
                   Attributes Map(LowCardinality(String), String)),
    Links Nested (TraceId String, SpanId String, TraceState String,
                  Attributes Map(LowCardinality(String), String))
) ENGINE = MergeTree PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
"""
OTEL_LOGS = """
CREATE TABLE otel_logs (
    Timestamp DateTime64(9), TraceId String, SpanId String, TraceFlags UInt8,
    SeverityText LowCardinality(String), SeverityNumber UInt8,
    ServiceName LowCardinality(String), Body String,
    ResourceAttributes Map(LowCardinality(String), String),
    LogAttributes Map(LowCardinality(String), String)
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, Timestamp)
"""
WITH_EVENT_NAME = "ALTER TABLE otel_logs ADD COLUMN EventName String"
# Langfuse's (packages/shared/clickhouse), as far as anything of it is read.
LANGFUSE_TRACES = """
CREATE TABLE traces (
    id String, timestamp DateTime64(3), project_id String, user_id Nullable(String),
    session_id Nullable(String), release Nullable(String), event_ts DateTime64(3),
    is_deleted UInt8
) ENGINE = ReplacingMergeTree(event_ts, is_deleted) PARTITION BY toYYYYMM(timestamp)
ORDER BY (project_id, toDate(timestamp), id)
"""
LANGFUSE_OBSERVATIONS = """
CREATE TABLE observations (
    id String, trace_id String, project_id String, type LowCardinality(String),
    start_time DateTime64(3), end_time Nullable(DateTime64(3)), name String,
    metadata Map(LowCardinality(String), String), level LowCardinality(String),
    environment LowCardinality(String) DEFAULT 'default',
    version Nullable(String), input Nullable(String), output Nullable(String),
    provided_model_name Nullable(String), usage_details Map(LowCardinality(String), UInt64),
    cost_details Map(LowCardinality(String), Decimal64(12)),
    completion_start_time Nullable(DateTime64(3)), prompt_name Nullable(String),
    prompt_version Nullable(UInt16), event_ts DateTime64(3), is_deleted UInt8
) ENGINE = ReplacingMergeTree(event_ts, is_deleted) PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, type, toDate(start_time), id)
"""
LANGFUSE_EVENTS = """
CREATE TABLE events_full (
    project_id String, trace_id String, span_id String, start_time DateTime64(6),
    end_time Nullable(DateTime64(6)), name String, type LowCardinality(String),
    environment LowCardinality(String), version String, release String, user_id String,
    session_id String, level LowCardinality(String),
    completion_start_time Nullable(DateTime64(6)), prompt_name String,
    prompt_version Nullable(UInt16), provided_model_name String,
    usage_details Map(LowCardinality(String), UInt64),
    cost_details Map(LowCardinality(String), Decimal(18, 12)), input String, output String,
    metadata_names Array(String), metadata_values Array(String), service_name String,
    service_version String, event_ts DateTime64(6), is_deleted UInt8
) ENGINE = ReplacingMergeTree(event_ts, is_deleted) PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, toStartOfMinute(start_time), xxHash32(trace_id), span_id, start_time)
"""
TABLES = (OTEL_TRACES, OTEL_LOGS, LANGFUSE_TRACES, LANGFUSE_OBSERVATIONS, LANGFUSE_EVENTS)

MODEL_CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "groq",
    "gen_ai.request.model": "openai/gpt-oss-20b",
    "gen_ai.response.model": "openai/gpt-oss-20b",
    "gen_ai.usage.input_tokens": "1000",
    "gen_ai.usage.output_tokens": "200",
    "user.id": "jane",
    "gen_ai.input.messages": json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "Mail jane@example.com?"}]}]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "I will."}]}]
    ),
}
RESOURCE = {
    "service.name": "assistant",
    "service.namespace": "support",
    "cloud.provider": "aws",
    "deployment.environment.name": "production",
}


MERGED = """
SELECT
    application_id, trace_id, span_id, min(started_at) AS started_at, max(provider) AS provider,
    max(model) AS model, max(request_model) AS request_model, max(dialect) AS dialect,
    max(latency_ms) AS latency_ms, max(ttft_ms) AS ttft_ms, max(input_tokens) AS input_tokens,
    max(output_tokens) AS output_tokens, max(cache_read_tokens) AS cache_read_tokens,
    max(cost_usd) AS cost_usd, max(environment) AS environment,
    max(service_version) AS service_version, max(prompt_name) AS prompt_name,
    max(prompt_version) AS prompt_version, max(error_type) AS error_type,
    max(conversation_id) AS conversation_id, max(user_hash) AS user_hash,
    max(llm_vendor) AS llm_vendor,
    groupUniqArrayArray(input_parts) AS input_parts,
    groupUniqArrayArray(output_parts) AS output_parts
FROM llm_interactions WHERE customer_id = {customer:String}
GROUP BY application_id, trace_id, span_id ORDER BY started_at, span_id
"""


class Foreign:
    """Somebody's ClickHouse with empty tables, and rows to put into them."""

    def __init__(self, client: Client, database: str) -> None:
        self.client = client
        self.database = database

    def span(self, at: datetime, span_id: str, **changes: Any) -> None:
        """A span of a call of a model; ``changes`` name columns."""
        row: dict[str, Any] = {
            "Timestamp": at,
            "TraceId": "a" * 32,
            "SpanId": span_id,
            "SpanName": "chat openai/gpt-oss-20b",
            "ServiceName": "assistant",
            "ResourceAttributes": RESOURCE,
            "SpanAttributes": MODEL_CALL,
            "Duration": 1_500_000_000,
            "StatusCode": "Unset",
            **changes,
        }
        self.put("otel_traces", row)

    def observation(self, at: datetime, **changes: Any) -> None:
        """A generation of project p1; ``changes`` name columns."""
        row: dict[str, Any] = {
            "id": "b" * 16,
            "trace_id": "c" * 32,
            "project_id": "p1",
            "type": "GENERATION",
            "start_time": at,
            "end_time": at + timedelta(seconds=2),
            "completion_start_time": at + timedelta(milliseconds=250),
            "metadata": {
                "attributes": json.dumps({"gen_ai.system": "groq"}),
                "resourceAttributes": json.dumps({"service.name": "docs", "cloud.provider": "gcp"}),
            },
            "level": "DEFAULT",
            "environment": "production",
            "version": "7",
            "input": json.dumps([{"role": "user", "content": "Which port?"}]),
            "output": json.dumps({"role": "assistant", "content": "8080."}),
            "provided_model_name": "openai/gpt-oss-20b",
            "usage_details": {"input": 600, "input_cached_tokens": 400, "output": 200},
            "prompt_name": "docs-answer",
            "prompt_version": 3,
            "event_ts": at,
            "is_deleted": 0,
            **changes,
        }
        self.put("observations", row)

    def put(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        self.client.insert(
            table, [list(row.values())], column_names=list(row), database=self.database
        )


@contextmanager
def foreign_clickhouse(server: ClickHouseEndpoint) -> Iterator[Foreign]:
    """A database with all the tables, for the length of the block."""
    database = f"optiinfra_f_{token_hex(6)}"  # the user may only create such names
    client = clickhouse_connect.get_client(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password.get_secret_value(),
    )
    client.command(f"CREATE DATABASE {database}")
    try:
        for table in TABLES:
            client.command(table.replace("CREATE TABLE ", f"CREATE TABLE {database}."))
        yield Foreign(client, database)
    finally:
        client.command(f"DROP DATABASE {database} SYNC")
        client.close()


def added(
    doors: Doors, customer: str, foreign: Foreign, layout: str, **changes: Any
) -> CredentialRecord:
    """A source of ``customer`` over the foreign database."""
    endpoint = doors.warehouse.endpoint
    told = {
        "url": endpoint.url,
        "database": foreign.database,
        "user": endpoint.user,
        "password": endpoint.password,
        "layout": layout,
        "project_id": "p1",
        **changes,
    }
    source = ClickHouseSource.model_validate(told)
    return doors.vault.add(customer, SLUG, source, layout, "test")


def calls(doors: Doors, customer: str) -> list[Mapping[str, Any]]:
    """What the warehouse holds of the customer's calls, halves joined."""
    return doors.warehouse.select(MERGED, {"customer": customer})
