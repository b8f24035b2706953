"""The files of a batch: one line for each request, and the answers in any order."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_pipelines.judging.client.asking import Reply
from optiinfra_pipelines.judging.client.faults import Fate, Fault
from optiinfra_pipelines.judging.client.replies import completion

ENDPOINT = "/v1/chat/completions"
OK = 200
SEPARATOR = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One judgement that is asked for; all requests of a batch are one customer's."""

    interaction_id: str
    metric_name: str
    evidence: Evidence = field(repr=False)
    replicate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a result is found by: all that a judgement needs besides the answer itself."""

    interaction_id: str
    metric_name: str
    replicate: int
    rubric_version: str
    suspected: bool = False
    clipped: bool = False

    def written(self) -> str:
        """As ``custom_id``."""
        flags = f"{int(self.suspected)}{int(self.clipped)}"
        parts = (self.metric_name, str(self.replicate), self.rubric_version, flags)
        return SEPARATOR.join((self.interaction_id, *parts))

    @classmethod
    def read(cls, text: object) -> Self | None:
        """The name that ``text`` is; None where it is none, or its rubric has changed since."""
        parts = text.rsplit(SEPARATOR, 4) if isinstance(text, str) else []
        if len(parts) != len(("id", "metric", "replicate", "version", "flags")):
            return None
        interaction_id, metric_name, replicate, version, flags = parts
        known = metric_name in RUBRICS and RUBRICS[metric_name].version == version
        if not known or not replicate.isdecimal() or len(flags) != len("00"):
            return None
        return cls(
            interaction_id=interaction_id,
            metric_name=metric_name,
            replicate=int(replicate),
            rubric_version=version,
            suspected=flags[0] == "1",
            clipped=flags[1] == "1",
        )


def line(name: Name, body: Mapping[str, Any]) -> bytes:
    """A request as a line of the file."""
    told = {"custom_id": name.written(), "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def results(*contents: bytes) -> Iterator[tuple[Name, Reply | Fault]]:
    """What the output and the error file say, in their order; lines of nobody's are passed over."""
    for content in contents:
        for text in content.splitlines():
            told = _document(text)
            name = Name.read(told.get("custom_id"))
            if name is not None:
                yield name, _result(told)


def _result(told: Mapping[str, Any]) -> Reply | Fault:
    response = told.get("response")
    answered = response if isinstance(response, dict) else {}
    body = answered.get("body")
    document = body if isinstance(body, dict) else {}
    if answered.get("status_code") != OK:
        return _fault(told.get("error") or document.get("error"))
    try:
        return completion(document, str(document.get("model") or ""))
    except Fault as fault:
        return fault


def _fault(error: object) -> Fault:
    """A refused request: the model did not manage the form, or the request is not possible."""
    code = error.get("code") if isinstance(error, dict) else ""
    fate = _FATES.get(str(code), Fate.INVALID)
    reason = str(code)[:60] if code else "batch_error"
    return Fault(fate, reason, paid=fate is Fate.UNUSABLE)


_FATES: Mapping[str, Fate] = {"json_validate_failed": Fate.UNUSABLE}


def _document(text: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
