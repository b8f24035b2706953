"""The environment, read once: every knob with its meaning, typed, none with a secret default."""

import os
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import override

from optiinfra_core.errors import ConfigurationError

SECRETS_DIR = "OPTIINFRA_SECRETS_DIR"


class Settings(BaseSettings):
    """Every setting of every process, read from ``OPTIINFRA_<NAME>``.

    Where ``OPTIINFRA_SECRETS_DIR`` names a folder, a file in it called ``optiinfra_<name>`` gives
    a setting too (containers, systemd credentials); the environment wins over the file.

    Loads with an empty environment: what has no safe default is optional here and demanded, with
    a remedy, by whoever needs it.
    """

    model_config = SettingsConfigDict(env_prefix="OPTIINFRA_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path.home() / ".local/share/optiinfra",
        description="Where the embedded servers, the key ring, logs and spools live.",
    )
    environment: str = Field(
        default="local",
        pattern=r"^[a-z0-9]{1,12}$",
        description="Short name of this installation; part of each API key (oi_<environment>_...).",
    )

    clickhouse_url: str | None = Field(
        default=None,
        description="http(s)://host:port of your ClickHouse; unset: the embedded server is used.",
    )
    clickhouse_database: str = Field(
        default="optiinfra",
        pattern=r"^optiinfra(_[a-z0-9_]+)?$",
        description="Database that holds the tables.",
    )
    clickhouse_user: str = Field(default="optiinfra", description="User that writes.")
    clickhouse_password: SecretStr | None = Field(default=None, description="Its password.")
    clickhouse_reader_user: str = Field(
        default="reader", description="User that only reads; the API connects as this one."
    )
    clickhouse_reader_password: SecretStr | None = Field(default=None, description="Its password.")
    clickhouse_cluster: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]*$",
        description="Cluster for ON CLUSTER and Replicated engines; empty: a single server.",
    )
    raw_days: int = Field(
        default=400, ge=30, description="Days that raw performance samples and snapshots are kept."
    )

    postgres_url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host:port/database; unset: the embedded server.",
    )

    vault_keys: SecretStr | None = Field(
        default=None,
        description="Key ring of the vault: id:base64[,id:base64...], the first one is primary.",
    )
    vault_key_file: Path | None = Field(
        default=None,
        description="Key ring file, mode 0600; unset: <data_dir>/keys/keyring.json.",
    )
    api_key_pepper: SecretStr | None = Field(
        default=None,
        description="base64 of 32 bytes that API keys are hashed with; unset: the key ring file's.",
    )

    dagster_url: str = Field(
        default="http://127.0.0.1:3000", description="Dagster webserver, for triggers and links."
    )
    dagster_public_url: str | None = Field(
        default=None, description="The webserver's address as people reach it, for links."
    )
    api_url: str = Field(
        default="http://127.0.0.1:8080", description="The API, for the command line."
    )
    api_public_url: str | None = Field(
        default=None,
        description="The API's address as people reach it, for links; unset: OPTIINFRA_API_URL.",
    )
    docs_url: str | None = Field(
        default=None,
        description="Where these pages are served, for links; unset: links name files of docs/.",
    )
    asset_owner: str = Field(
        default="team:platform",
        pattern=r"^(team:[A-Za-z0-9_-]+|[^@\s]+@[^@\s]+)$",
        description="Who answers for the assets in the Dagster UI: team:NAME or a mail address.",
    )
    api_key: SecretStr | None = Field(default=None, description="Key of the command line.")
    api_host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(default=8080, ge=1, le=65535, description="Port the API listens on.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Comma-separated origins allowed by CORS; none by default."
    )
    mcp_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated names under which agents reach /mcp; others are refused there."
        " An API on a loopback address also takes localhost, another one without names takes any.",
    )
    rate_limit_per_minute: int = Field(
        default=1200, ge=1, description="Requests a minute for each API key."
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Issuer whose bearer tokens the API takes besides its own keys, exactly as in"
        " their `iss`; unset: none.",
    )
    oidc_audience: str | None = Field(
        default=None, description="The `aud` that such a token must have; needed with an issuer."
    )
    oidc_jwks_url: str | None = Field(
        default=None,
        description="Where the issuer's keys are; unset: where its discovery document says.",
    )
    oidc_scopes_claim: str = Field(
        default="scope",
        description="Claim that gives scopes, a list or words; `a.b` for one inside of another.",
    )
    oidc_scopes: Mapping[str, tuple[str, ...]] = Field(
        default={},
        description='JSON that says which scopes each value of that claim gives, e.g. {"finops":'
        ' ["costs:read"]}; empty: the values are scopes themselves.',
    )
    oidc_customers_claim: str = Field(
        default="optiinfra_customers",
        description="Claim that gives customers, likewise; the customer `*` is all of them.",
    )
    oidc_customers: Mapping[str, tuple[str, ...]] = Field(
        default={},
        description="JSON that says which customers each value of that claim gives, likewise;"
        " empty: the values are customers' slugs themselves.",
    )
    events_alive_seconds: float = Field(
        default=10,
        gt=0,
        le=60,
        description="Seconds after which a follower of events is sent a sign of life; less than"
        " what a proxy in between allows a connection to be silent.",
    )

    allow_private_endpoints: bool = Field(
        default=False,
        description="Let a credential name an endpoint on a loopback or private address.",
    )
    retry_delay_seconds: int = Field(
        default=60, ge=0, description="First wait of a step's three retries."
    )
    max_parallel_customers: int = Field(
        default=8, ge=1, description="Customers that one run collects at the same time."
    )
    partition_days: int = Field(
        default=180,
        ge=2,
        description="Days that exist as Dagster partitions, counted back from now.",
    )
    gap_days: int = Field(
        default=2, ge=0, description="Days back in which a tick looks for windows that were missed."
    )
    min_interval_minutes: int | None = Field(
        default=None,
        ge=0,
        description="Overrides the least time between two reads of a source; may cost money.",
    )
    collection_budget_usd: Decimal | None = Field(
        default=None,
        ge=0,
        description="US dollars a month that calls for one account may cost, unless its credential"
        " says otherwise; as spending nears it, collection slows. Unset: no limit.",
    )
    judge_api_key: SecretStr | None = Field(
        default=None,
        description="Groq key that judges applications' answers; unset: only what needs no model"
        " is measured, and answers say so.",
    )
    judge_base_url: str | None = Field(
        default=None,
        description="http(s)://host[:port][/v1] of an OpenAI-compatible server that judges instead"
        " of Groq; what ends in /openai/v1 is Groq's own API behind a proxy. Unset: Groq.",
    )
    judge_models: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("openai/gpt-oss-20b", "openai/gpt-oss-120b"),
        description="Comma-separated model ids of the judge; the first that the server offers"
        " judges, the next one what it cannot.",
    )
    judge_requests_per_minute: int = Field(
        default=1000, ge=1, description="Requests a minute that the judge's plan allows."
    )
    judge_tokens_per_minute: int = Field(
        default=250_000, ge=1000, description="Tokens a minute that the judge's plan allows."
    )
    judge_share: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Share of an application's interactions that are judged, unless it says"
        " otherwise.",
    )
    judge_daily_budget_usd: Decimal = Field(
        default=Decimal(1),
        ge=0,
        description="US dollars a UTC day that judging one application may cost, unless it says"
        " otherwise.",
    )
    judge_monthly_budget_usd: Decimal = Field(
        default=Decimal(20),
        ge=0,
        description="US dollars a month that judging one customer's applications may cost, unless"
        " the customer's own budget says otherwise.",
    )
    judge_settle_minutes: int = Field(
        default=5,
        ge=0,
        description="Minutes that late halves of a call are waited for before it may be judged.",
    )
    judge_allowed: bool = Field(
        default=True,
        description="Whether texts may be sent to the judge where an application does not say.",
    )
    text_policy: str = Field(
        default="redacted",
        pattern="^(full|redacted|hash|none)$",
        description="What is kept of prompts and answers where an application does not say.",
    )
    text_days: int = Field(
        default=30, ge=1, le=3650, description="Days that texts are kept, likewise."
    )
    redact_names: bool = Field(
        default=False,
        description="Also take names, places and organisations out of texts; needs the extra"
        " `presidio` and a spaCy model.",
    )
    redact_names_model: str = Field(
        default="en_core_web_lg", description="The spaCy model for it: a package or a folder."
    )
    evaluation_otlp_url: str | None = Field(
        default=None,
        description="OTLP/HTTP address that receives each score as gen_ai.evaluation.result; unset:"
        " none does.",
    )
    evaluation_otlp_headers: SecretStr | None = Field(
        default=None,
        description="Headers for that address, as name=value,name=value: its key, for example.",
    )
    evaluation_explanations: bool = Field(
        default=False,
        description="Send the judge's explanations too, which quote answers, where an application"
        " keeps its texts.",
    )
    alert_webhook_url: SecretStr | None = Field(
        default=None, description="Receives one JSON POST when an asset fails and when it recovers."
    )
    events_retention_days: int = Field(
        default=30, ge=1, description="Days that Dagster's superseded events and runs are kept."
    )
    log_format: str = Field(
        default="console", pattern="^(console|json)$", description="How log lines are written."
    )
    crash_at: str | None = Field(
        default=None,
        description="Tests only: the crash point at which this process kills itself.",
    )

    @field_validator("cors_origins", "mcp_hosts", "judge_models", mode="before")
    @classmethod
    def _split(cls, told: object) -> object:
        if not isinstance(told, str):
            return told
        return tuple(each.strip() for each in told.split(",") if each.strip())

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the folder of secrets if one is named."""
        folder = os.environ.get(SECRETS_DIR)  # noqa: TID251 - this module reads the environment
        if folder is None:
            return (init_settings, env_settings)
        if not Path(folder).is_dir():
            raise ConfigurationError(
                f"{SECRETS_DIR} names {folder}, which is no folder",
                remedy=f"Mount the folder with the secret files, or unset {SECRETS_DIR}.",
            )
        return (init_settings, env_settings, SecretsSettingsSource(settings_cls, folder))

    @property
    def keyring_path(self) -> Path:
        """Where the key ring file is."""
        return self.vault_key_file or self.data_dir / "keys" / "keyring.json"

    @property
    def has_judge(self) -> bool:
        """Whether a model judges; without one only the screens of this machine do."""
        return self.judge_api_key is not None or self.judge_base_url is not None


@cache
def settings() -> Settings:
    """The process's settings, read at the first call."""
    return Settings()
