"""Groq, and servers that only resemble it: where their paths lie and what may be asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from optiinfra_core.errors import ConfigurationError

GROQ_URL = "https://api.groq.com"
# The SDK sends every request below this path, whatever base URL it has.
SDK_PREFIX = "/openai/v1"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a server is spoken to.

    ``vendor`` finds its prices; empty: nobody knows them. ``length`` names the limit of tokens
    to answer with; ``extras`` go with every request, those of ``families`` with requests to
    models whose ids begin so. ``read_seconds`` is how long an answer may take: a model on the
    user's own machine takes longer.
    """

    judge: str
    vendor: str
    length: str
    extras: Mapping[str, Any]
    families: Mapping[str, Mapping[str, Any]]
    read_seconds: float
    needs_key: bool
    batches: bool

    def extras_of(self, model: str) -> Mapping[str, Any]:
        """What goes with requests to ``model``."""
        found = [told for begins, told in self.families.items() if model.startswith(begins)]
        return {**self.extras, **(found[0] if found else NOTHING)}


GROQ = Dialect(
    judge="groq",
    vendor="groq",
    length="max_completion_tokens",
    extras=MappingProxyType({"service_tier": "on_demand"}),
    # Reasoning is paid for and read by nobody; the analysis within the answer is. Other models
    # refuse these fields (SDK 1.7.0, completion_create_params.py).
    families=MappingProxyType(
        {
            "openai/gpt-oss": {"reasoning_effort": "low", "include_reasoning": False},
            "qwen/": {"reasoning_effort": "none"},
        }
    ),
    read_seconds=60.0,
    needs_key=True,
    batches=True,
)
# vLLM, Ollama and llama.cpp know max_tokens in every version, and refuse or ignore the extras.
COMPATIBLE = Dialect(
    judge="openai_compatible",
    vendor="",
    length="max_tokens",
    extras=NOTHING,
    families=NOTHING,
    read_seconds=300.0,
    needs_key=False,
    batches=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a judge listens: ``origin`` without a path, ``prefix`` before ``/chat/completions``."""

    origin: str
    prefix: str
    dialect: Dialect


def address(base_url: str | None) -> Address:
    """The address that ``base_url`` means.

    None is Groq. A path that ends in ``/openai/v1`` is Groq's own API behind a proxy; any other,
    or none (then ``/v1``), is a server that resembles OpenAI's.

    Raises:
        ConfigurationError: it is no http(s) address.
    """
    parts = urlsplit(base_url or GROQ_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ConfigurationError(
            "OPTIINFRA_JUDGE_BASE_URL is no address of a server",
            remedy="Set it to http(s)://host[:port]/v1, or unset it for Groq.",
        )
    path = parts.path.rstrip("/")
    prefix = (path or "/v1") if base_url else SDK_PREFIX
    dialect = GROQ if prefix.endswith(SDK_PREFIX) else COMPATIBLE
    return Address(origin=f"{parts.scheme}://{parts.netloc}", prefix=prefix, dialect=dialect)
