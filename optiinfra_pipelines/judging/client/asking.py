"""What is asked of a model and what came back, free of any SDK."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from optiinfra_core.applications.prices import Tokens

# Groq offers constrained decoding by a schema; other servers may know valid JSON only, or nothing.
Form = Literal["json_schema", "json_object", "text"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request for a completion; ``operation`` is its name in the ledger."""

    operation: str
    model: str
    system: str
    user: str = field(repr=False)
    schema_name: str
    schema: Mapping[str, Any]
    longest: int
    seed: int

    def with_length(self, longest: int) -> Self:
        """The same, with room for a longer answer."""
        return replace(self, longest=longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A completion that came whole.

    ``tokens`` is None where the server did not count them. ``cut``: the model was stopped by the
    limit of tokens. ``refused``: it declined to answer.
    """

    text: str = field(repr=False)
    model: str
    tokens: Tokens | None
    fingerprint: str = ""
    cut: bool = False
    refused: bool = False
