"""What a user turn asks to be judged: the JSON object between two identical marker lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The evidence as far as it was shown."""

    question: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    sources: Sequence[str] = field(default=(), repr=False)


def shown(messages: Sequence[Mapping[str, Any]]) -> Shown | None:
    """The evidence in the last user turn; None where there is none."""
    turns = [text_of(one) for one in messages if one.get("role") == "user"]
    for document in _documents(turns[-1] if turns else ""):
        if "answer" in document:
            return Shown(
                question=_question(document),
                answer=str(document["answer"] or ""),
                sources=_sources(document.get("sources") or document.get("context") or ()),
            )
    return None


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, also where it is told in parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _documents(turn: str) -> Iterator[Mapping[str, Any]]:
    """JSON objects between any two equal lines, the nearest pairs first."""
    lines = turn.split("\n")
    places: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        places.setdefault(line.strip(), []).append(at)
    marks = [found for line, found in places.items() if line and len(found) > 1]
    spans = [(found[i], found[i + 1]) for found in marks for i in range(len(found) - 1)]
    for first, last in spans:
        try:
            document = json.loads("\n".join(lines[first + 1 : last]))
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def _question(document: Mapping[str, Any]) -> str:
    if "question" in document:
        return str(document["question"] or "")
    asked = [one for one in document.get("conversation") or () if one.get("role") == "user"]
    return str(asked[-1].get("text") or asked[-1].get("content") or "") if asked else ""


def _sources(told: Any) -> Sequence[str]:
    given = told if isinstance(told, list | tuple) else [told]
    return [one if isinstance(one, str) else json.dumps(one) for one in given]
