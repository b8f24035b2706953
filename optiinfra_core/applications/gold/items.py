"""Labelled exchanges as lines of JSON, and the set that comes with the program."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.errors import InvalidRequest

FIELDS = frozenset(
    {"id", "metric", "flagged", "kind", "question", "conversation", "sources", "answer"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One exchange and what people say of it; ``flagged``: the defect that is looked for is there.

    ``kind`` says in a few words what makes it hard.
    """

    id: str
    metric_name: str
    flagged: bool
    kind: str
    evidence: Evidence = field(repr=False)


def gold() -> tuple[Item, ...]:
    """The set that comes with the program: about 20 exchanges for each rubric, half with defects.

    It was written for this project; nothing of it is taken from a published benchmark, so that no
    model can have learned it from one.
    """
    here = files(__package__)
    return tuple(
        item
        for name in RUBRICS
        for item in read(here.joinpath(f"{name}.jsonl").read_text("utf-8").splitlines())
    )


def read(lines: Iterable[str]) -> tuple[Item, ...]:
    """The items of JSON lines; empty lines are passed over.

    Raises:
        InvalidRequest: a line is no item, or two have one id and metric; the line is named, its
            text is not repeated.
    """
    found: dict[tuple[str, str], Item] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            item = _item(_document(line, number), number)
            if found.setdefault((item.id, item.metric_name), item) is not item:
                raise _wrong(number, f"the id {item.id!r} stands for two items")
    return tuple(found.values())


def _document(line: str, number: int) -> Mapping[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(number, "it is no JSON") from None
    if not isinstance(told, dict):
        raise _wrong(number, "it is no JSON object")
    unknown = sorted(told.keys() - FIELDS)
    if unknown:
        raise _wrong(number, f"there is no field {', '.join(unknown)}")
    return told


def _item(told: Mapping[str, Any], number: int) -> Item:
    metric, flagged = _text(told, "metric", number), told.get("flagged")
    if metric not in RUBRICS:
        raise _wrong(number, f"metric is one of {', '.join(RUBRICS)}")
    if not isinstance(flagged, bool):
        raise _wrong(number, "flagged is true or false")
    evidence = Evidence(
        conversation=_conversation(told, number),
        answer=_text(told, "answer", number),
        context=_texts(told, "sources", number),
    )
    if not RUBRICS[metric].applies(evidence):
        raise _wrong(number, f"{metric} cannot be asked of it: look at its sources")
    return Item(
        id=_text(told, "id", number),
        metric_name=metric,
        flagged=flagged,
        kind=str(told.get("kind", "")),
        evidence=evidence,
    )


def _conversation(told: Mapping[str, Any], number: int) -> tuple[Message, ...]:
    """The conversation as it is told, or the question alone."""
    turns = told.get("conversation")
    if turns is None:
        return (Message("user", _text(told, "question", number)),)
    if not isinstance(turns, list) or "question" in told:
        raise _wrong(number, "it has either a question or a list called conversation")
    if not all(isinstance(turn, dict) for turn in turns):
        raise _wrong(number, "a turn of a conversation has a role and a text")
    return tuple(
        Message(_text(turn, "role", number), _text(turn, "text", number)) for turn in turns
    )


def _text(told: Mapping[str, Any], name: str, number: int) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(number, f"{name} is a text that is not empty")
    return value


def _texts(told: Mapping[str, Any], name: str, number: int) -> tuple[str, ...]:
    values = told.get(name, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise _wrong(number, f"{name} is a list of texts")
    return tuple(values)


def _wrong(number: int, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"line {number} of the data set: {why}", remedy="See docs/judging.md, Validation."
    )
