"""The four applications of the simulated world: whose they are, how busy, and how often wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from optiinfra_core.errors import NotFound

_EPOCH = datetime(2026, 1, 6, 9, tzinfo=UTC)  # a Tuesday: releases are weekly
_WEEK, _PROMPT_LIFE = timedelta(days=7), timedelta(days=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Shares of an application's calls; of ``unsupported`` ones some contradict, some invent.

    ``tampering`` and ``private`` are of questions: attempts to steer a judge, and texts with an
    e-mail address and a telephone number.
    """

    unsupported: float = 0.08
    off_topic: float = 0.05
    rude: float = 0.01
    incomplete: float = 0.1
    declined: float = 0.04
    error: float = 0.015
    rude_question: float = 0.02
    tampering: float = 0.0
    private: float = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application; ``models`` are ids with their shares of its calls.

    ``shape`` names its daily shape, ``dialect`` how its calls are told on the wire.
    """

    namespace: str
    name: str
    customer: str
    provider: str
    region: str
    vendor: str
    models: Mapping[str, float] = field(hash=False)
    prompt: str
    major: int
    shape: str
    calls_per_hour: float
    dialect: str
    rates: Rates = field(default_factory=Rates)
    environment: str = "production"
    users: int = 400

    @property
    def id(self) -> str:
        """How the API names it."""
        return f"{self.namespace}.{self.name}"

    def releases(self, at: datetime) -> int:
        """How many weekly releases there were by an instant."""
        return (at - _EPOCH) // _WEEK

    def prompts(self, at: datetime) -> int:
        """How many versions its prompt had by an instant."""
        return (at - _EPOCH) // _PROMPT_LIFE + 1


APPLICATIONS: Sequence[Application] = (
    Application(
        namespace="support",
        name="assistant",
        customer="acme",
        provider="aws",
        region="us-east-1",
        vendor="aws.bedrock",
        models={
            "anthropic.claude-3-5-haiku-20241022-v1:0": 0.85,
            "anthropic.claude-3-5-sonnet-20241022-v2:0": 0.15,
        },
        prompt="help-pages",
        major=3,
        shape="round",
        calls_per_hour=120,
        dialect="otel",
        rates=Rates(unsupported=0.09, off_topic=0.05, rude=0.012, declined=0.05, tampering=0.003),
    ),
    Application(
        namespace="shop",
        name="search",
        customer="acme",
        provider="gcp",
        region="europe-west1",
        vendor="gcp.gemini",
        models={"gemini-2.0-flash": 0.9, "gemini-1.5-pro": 0.1},
        prompt="find-it",
        major=4,
        shape="evening",
        calls_per_hour=200,
        dialect="openinference",
        rates=Rates(unsupported=0.05, off_topic=0.06, rude=0.006, private=0.08),
        users=2_000,
    ),
    Application(
        namespace="docs",
        name="copilot",
        customer="globex",
        provider="azure",
        region="westeurope",
        vendor="azure.ai.openai",
        models={"gpt-4o-mini": 0.8, "gpt-4o": 0.2},
        prompt="manual",
        major=1,
        shape="office",
        calls_per_hour=90,
        dialect="halves",
        rates=Rates(unsupported=0.12, off_topic=0.04, rude=0.004, declined=0.07, private=0.05),
        users=150,
    ),
    Application(
        namespace="ops",
        name="triage",
        customer="globex",
        provider="vultr",
        region="fra",
        vendor="groq",
        models={"openai/gpt-oss-120b": 1.0},
        prompt="on-call",
        major=2,
        shape="round",
        calls_per_hour=40,
        dialect="plain",
        rates=Rates(unsupported=0.06, off_topic=0.05, rude=0.01),
        users=30,
    ),
)


def application(application_id: str) -> Application:
    """The application of that id.

    Raises:
        NotFound: none is simulated under it.
    """
    for one in APPLICATIONS:
        if one.id == application_id:
            return one
    raise NotFound(f"no application {application_id!r} is simulated")
