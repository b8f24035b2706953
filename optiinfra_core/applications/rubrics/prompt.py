"""What a judge is sent: the rubric, then the evidence as data between lines it cannot forge."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from pydantic import SecretBytes

from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics.authority import AFTER, BEFORE
from optiinfra_core.applications.rubrics.clipping import clip, shares
from optiinfra_core.applications.rubrics.rubric import PartName, Rubric, sources
from optiinfra_core.applications.tampering import cleaned, suspicion

# About 6,000 tokens: the sources of an ordinary retrieval (12,000 characters) fit whole.
ROOM = 24_000
# What each part keeps at least, in the order in which they give way: the sources are the last.
KEPT: Mapping[PartName, int] = {
    "earlier": 1_500,
    "instructions": 1_500,
    "question": 3_000,
    "answer": 8_000,
    "sources": 0,
}
INSTRUCTING = ("system", "developer")
NONCE_DIGITS = 32
MARKER = "=====evidence {nonce}====="
# Line ends that JSON lets stand, and the beginning of what some models take for a control token.
UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]|<(?=\\|)")

Part = str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Two turns. ``system`` depends on the rubric alone; all that differs is in ``user``.

    ``clipped``: some of the evidence was left out. ``suspected``: what is shown has signs of
    speaking to the judge.
    """

    system: str
    user: str = field(repr=False)
    clipped: bool
    suspected: bool

    @property
    def size(self) -> int:
        """Bytes of both turns in UTF-8."""
        return len(self.system.encode()) + len(self.user.encode())


def prompt(rubric: Rubric, evidence: Evidence, secret: SecretBytes) -> Prompt:
    """The two turns that ask ``rubric`` about ``evidence``.

    The evidence is one line of JSON between two lines of a marker, ``=====evidence <nonce>=====``.
    The nonce is an HMAC of that line under ``secret``: whoever wrote the evidence cannot foresee
    it, and the same evidence gives the same bytes, which caches and recordings rely on.
    """
    whole = {name: _part(name, evidence) for name in rubric.shows}
    shown = _fitted(whole)
    line = _line(shown)
    marker = _marker(line, secret)
    user = "\n".join(
        (BEFORE.format(marker=marker), marker, line, marker, AFTER.format(rubric=rubric.name))
    )
    return Prompt(
        system=rubric.system,
        user=user,
        clipped=shown != whole,
        suspected=any(suspicion(text).suspected for text in _texts(shown)),
    )


def _part(name: PartName, evidence: Evidence) -> Part:
    if name == "sources":
        return [cleaned(text) for text in sources(evidence)]
    return cleaned(_TEXTS[name](evidence))


def _instructions(evidence: Evidence) -> str:
    return "\n".join(each.text for each in evidence.conversation if each.role in INSTRUCTING)


def _earlier(evidence: Evidence) -> str:
    """The turns before the question; tools' results are sources."""
    turns = [each for each in evidence.conversation if each.role not in (*INSTRUCTING, "tool")]
    asked = [at for at, each in enumerate(turns) if each.role == "user"]
    before = turns[: asked[-1]] if asked else turns
    return "\n".join(f"{each.role}: {each.text}" for each in before)


_TEXTS: Mapping[PartName, Callable[[Evidence], str]] = {
    "instructions": _instructions,
    "earlier": _earlier,
    "question": lambda evidence: evidence.question,
    "answer": lambda evidence: evidence.answer,
}


def _fitted(parts: Mapping[PartName, Part]) -> dict[PartName, Part]:
    """The parts within ROOM; each gives way down to what it keeps, in the order of KEPT."""
    excess = sum(_length(part) for part in parts.values()) - ROOM
    fitted = dict(parts)
    for name, kept in KEPT.items():
        if excess <= 0:
            break
        if name in fitted:
            room = max(kept, _length(fitted[name]) - excess)
            excess -= max(0, _length(fitted[name]) - room)
            fitted[name] = _clipped(fitted[name], room)
    return fitted


def _texts(parts: Mapping[PartName, Part]) -> Iterator[str]:
    for part in parts.values():
        yield from (part,) if isinstance(part, str) else part


def _length(part: Part) -> int:
    return len(part) if isinstance(part, str) else sum(map(len, part))


def _clipped(part: Part, room: int) -> Part:
    if isinstance(part, str):
        return clip(part, room)
    given = shares([len(text) for text in part], room)
    return [clip(text, length) for text, length in zip(part, given, strict=True)]


def _line(parts: Mapping[PartName, Part]) -> str:
    """The parts as one line of JSON in which nothing can end the line or start a control token."""
    told = {name: part for name, part in parts.items() if part}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _marker(line: str, secret: SecretBytes) -> str:
    """A marker that does not occur in ``line``."""
    digest = hashlib.sha256(line.encode()).digest()
    nonces = (_nonce(digest, attempt, secret) for attempt in count())
    return MARKER.format(nonce=next(nonce for nonce in nonces if nonce not in line))


def _nonce(digest: bytes, attempt: int, secret: SecretBytes) -> str:
    text = digest + attempt.to_bytes(4)
    return hmac.digest(secret.get_secret_value(), text, "sha256").hex()[:NONCE_DIGITS]
