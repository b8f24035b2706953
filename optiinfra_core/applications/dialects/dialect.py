"""A dialect: the name of one way to tell a call, and where it keeps what was said."""

from dataclasses import dataclass

from optiinfra_core.applications.dialects.readers import Reader


@dataclass(frozen=True, slots=True)
class Source:
    """A pair of places: what the model was asked, and what it answered."""

    asked: Reader
    answered: Reader


@dataclass(frozen=True, slots=True)
class Dialect:
    """``sources`` are tried in their order; ``marks`` begin its names where no text was told.

    ``proves``: its names are used for calls of models and nothing else.
    """

    name: str
    sources: tuple[Source, ...]
    marks: tuple[str, ...] = ()
    proves: bool = True
