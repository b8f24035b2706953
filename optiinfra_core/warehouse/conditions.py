"""Which conditions of a question are sent: those whose parameter is unset say nothing.

The server parses and plans every condition anew for each question. Half of the time of a page of
charges went into filters that nobody had set.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# How a file writes a condition that may be unset: AND (<unset> OR <the condition>).
OPTIONAL = re.compile(
    r"AND \(\s*"
    r"(?:\{(?P<text>\w+):String\} = ''"
    r"|NOT \{(?P<flag>\w+):Bool\}"
    r"|empty\(\{(?P<list>\w+):Array\(String\)\}\)"
    r"|NOT has\(\{(?P<set>\w+):Array\(String\)\}, '(?P<member>\w+)'\))"
    r"\s+OR\s+"
)
# What closes a parenthesis or hides one.
TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|[()]")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that holds for every row while ``parameter`` is empty or false.

    With a ``member`` it holds for every row while the parameter's list has no such member.
    """

    parameter: str
    member: str | None
    text: str

    def is_set(self, bound: Mapping[str, Any]) -> bool:
        """Whether these values demand it."""
        value = bound[self.parameter]
        return bool(value) if self.member is None else self.member in value

    def told(self, bound: Mapping[str, Any]) -> str:
        """What is sent of it."""
        return f"AND ({self.text})" if self.is_set(bound) else ""


@dataclass(frozen=True)
class Conditions:
    """The text of a question, cut where conditions begin and end that may be unset."""

    sql: str

    @cached_property
    def pieces(self) -> tuple[str | Condition, ...]:
        """The text in order."""
        return tuple(_pieces(self.sql))

    @cached_property
    def _optional(self) -> tuple[Condition, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Condition))

    @cached_property
    def _texts(self) -> dict[tuple[bool, ...], str]:
        return {}

    def sent(self, bound: Mapping[str, Any]) -> str:
        """The text for these values; it asks for exactly the rows of the whole text."""
        demanded = tuple(condition.is_set(bound) for condition in self._optional)
        if demanded not in self._texts:
            self._texts[demanded] = "".join(
                piece if isinstance(piece, str) else piece.told(bound) for piece in self.pieces
            )
        return self._texts[demanded]


def _pieces(sql: str) -> Iterator[str | Condition]:
    at = 0
    while found := OPTIONAL.search(sql, at):
        end = _closing(sql, found.end())
        yield sql[at : found.start()]
        yield Condition(
            parameter=found["text"] or found["flag"] or found["list"] or found["set"],
            member=found["member"],
            text=sql[found.end() : end].rstrip(),
        )
        at = end + 1
    yield sql[at:]


def _closing(sql: str, start: int) -> int:
    """Where the parenthesis is closed that was open before ``start``."""
    depth = 1
    for token in TOKEN.finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return token.start()
    raise ValueError("a parenthesis of a question is never closed")
