"""Reads the body of an answer: what the API documents, taken field by field and nothing on trust.

The SDK's own reading raises a bare JSONDecodeError on a body that was cut and returns a ``str``
for a page of HTML (groq 1.7.0), so that it is not asked to.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from optiinfra_core.applications.prices import Tokens
from optiinfra_pipelines.judging.client.asking import Reply
from optiinfra_pipelines.judging.client.faults import Fate, Fault

CUT = "length"
REFUSED = ("content_filter",)
LONGEST_NAME = 200
# What servers without constrained decoding leave around an answer: its model's thoughts, a fence.
THOUGHTS = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*)```\s*", re.DOTALL)


def document(body: bytes) -> Mapping[str, Any]:
    """The JSON object that ``body`` is.

    Raises:
        Fault: it is something else; it may be billed all the same.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Fault(Fate.GARBLED, "answer_not_json", http=200, paid=True) from None
    if not isinstance(found, dict):
        raise Fault(Fate.GARBLED, "answer_not_api", http=200, paid=True)
    return found


def completion(told: Mapping[str, Any], asked_model: str) -> Reply:
    """The reply in a document of a completion.

    Raises:
        Fault: it has no choice, or the choice no text.
    """
    choices = told.get("choices")
    if not isinstance(choices, list):
        raise Fault(Fate.GARBLED, "answer_not_api", http=200, paid=True)
    first = _mapping(choices[0]) if choices else {}
    message = _mapping(first.get("message"))
    text, finish = message.get("content"), first.get("finish_reason")
    return Reply(
        text=_bare(text) if isinstance(text, str) else "",
        model=_name(told.get("model")) or asked_model,
        tokens=tokens(told.get("usage")),
        fingerprint=_name(told.get("system_fingerprint")),
        cut=finish == CUT,
        refused=finish in REFUSED or bool(message.get("refusal")),
    )


def tokens(usage: object) -> Tokens | None:
    """The tokens of a completion; None where the server did not count both sides."""
    told = _mapping(usage)
    asked, answered = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
    if asked is None or answered is None:
        return None
    cached = _count(_mapping(told.get("prompt_tokens_details")).get("cached_tokens"))
    return Tokens(input_tokens=asked, output_tokens=answered, cache_read_tokens=cached)


def _bare(text: str) -> str:
    """The answer itself, where it stands alone between what is known to stand around it."""
    thoughts = THOUGHTS.match(text)
    answer = text[thoughts.end() :] if thoughts else text
    fenced = FENCE.fullmatch(answer)
    return fenced[1] if fenced else answer


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(value: object) -> str:
    return value[:LONGEST_NAME] if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
