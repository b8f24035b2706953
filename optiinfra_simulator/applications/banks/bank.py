"""A bank: topics with facts, each fact as it is told rightly, wrongly, and beyond the sources."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be asked and answered, in sentences that occur in no other place.

    ``said`` is the sentence of the document. ``absent`` goes beyond every document; applications
    without documents have neither.
    """

    ask: str
    supported: str
    contradicted: str
    said: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What one conversation is about."""

    title: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """The sentences of one application; ``sourced`` is whether it answers from documents.

    ``off_topic`` sentences answer nothing that anyone asks. ``padding`` fills documents.
    """

    application: str
    instructions: str
    sourced: bool
    topics: Sequence[Topic]
    off_topic: Sequence[str]
    openings: Sequence[str]
    closings: Sequence[str]
    declines: Sequence[str] = ()
    padding: Sequence[str] = field(default=())
