"""The models that the double serves, and how well each judges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Acuity:
    """How well a model judges: the share of defects it sees, and of faultless answers it passes."""

    sensitivity: float = 1.0
    specificity: float = 1.0


PERFECT: Mapping[str, Acuity] = MappingProxyType({EVERY: Acuity()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model as GET /openai/v1/models tells it, and what the oracle makes of it.

    ``strict`` is whether it takes strict JSON schemas, ``forms`` which forms of an answer it can
    be held to. ``acuity`` is by metric, ``*`` for the
    rest; another ``fingerprint`` is another build of the same model.
    """

    id: str
    owned_by: str = "OpenAI"
    created: int = 1754408224
    context_window: int = 131_072
    max_completion_tokens: int = 65_536
    strict: bool = True
    forms: frozenset[str] = frozenset({"json_schema", "json_object"})
    fingerprint: str = "fp_simulated"
    acuity: Mapping[str, Acuity] = field(default_factory=lambda: PERFECT)

    def sees(self, metric: str) -> Acuity:
        """How well it judges one metric."""
        return self.acuity.get(metric) or self.acuity.get(EVERY) or Acuity()

    def told(self) -> Mapping[str, object]:
        """As the API lists it (https://console.groq.com/docs/models, SDK types/model.py)."""
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": self.owned_by,
            "active": True,
            "context_window": self.context_window,
            "public_apps": None,
            "max_completion_tokens": self.max_completion_tokens,
        }


# Sensitivity and specificity are of our making; the ids are those of console.groq.com/docs/models
# in November 2026. The smaller model misses more, so that swapping it changes a raw rate.
CARDS: tuple[Card, ...] = (
    Card(
        id="openai/gpt-oss-20b",
        fingerprint="fp_20b_simulated",
        acuity=MappingProxyType({EVERY: Acuity(0.88, 0.96)}),
    ),
    Card(
        id="openai/gpt-oss-120b",
        fingerprint="fp_120b_simulated",
        acuity=MappingProxyType({EVERY: Acuity(0.95, 0.98)}),
    ),
    Card(
        id="openai/gpt-oss-safeguard-20b",
        fingerprint="fp_safeguard_simulated",
        acuity=MappingProxyType({EVERY: Acuity(0.9, 0.97)}),
    ),
    Card(
        id="qwen/qwen3.6-27b",
        owned_by="Alibaba Cloud",
        strict=False,
        fingerprint="fp_qwen_simulated",
        acuity=MappingProxyType({EVERY: Acuity(0.85, 0.95)}),
    ),
)
