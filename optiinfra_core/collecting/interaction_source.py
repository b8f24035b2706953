"""A customer's own ClickHouse that already holds calls of language models, as a credential."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from optiinfra_core.collecting.contract import Credential

DATASET = "application_interactions"  # its name among the states of sources
# What the vault files these under; no cloud provider is called so.
SLUG = "interactions-clickhouse"
Layout = Literal["otel_traces", "otel_logs", "langfuse", "langfuse_events"]
NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"


class ClickHouseSource(Credential):
    """Where calls are read from, and how the tables there are laid out.

    ``otel_traces`` and ``otel_logs`` are the tables of the OpenTelemetry collector's ClickHouse
    exporter (OpenLIT's too), ``langfuse`` is Langfuse's ``observations`` and ``langfuse_events``
    its ``events_full``.
    """

    url: str = Field(
        max_length=500,
        description="http(s)://host[:port]; https unless the address is private and allowed.",
        examples=["https://clickhouse.example.com:8443"],
    )
    database: str = Field(default="default", pattern=NAME)
    user: str = Field(default="default", max_length=200, description="One that may only read.")
    password: SecretStr = SecretStr("")
    layout: Layout
    table: str = Field(
        default="", pattern=rf"{NAME}|^$", description="Its name, where it is not the usual one."
    )
    project_id: str = Field(
        default="", max_length=200, description="The Langfuse project; only its rows are read."
    )
    application: str = Field(
        default="",
        max_length=200,
        description="Service name of calls that name no service of their own.",
    )
    overlap_minutes: int = Field(
        default=60,
        ge=1,
        le=1440,
        description="How late a row may arrive and still be read; each pull reads this again.",
    )
    backfill_days: int = Field(
        default=1, ge=0, le=400, description="How far back the first pull begins."
    )

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        """Where it may lead is asked when it is opened; here that it holds no secret in clear."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("write it as https://host:8443, without user or password")
        return url
