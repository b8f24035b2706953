"""The part of PromQL that the Prometheus double understands.

``agg by (labels) (function(name{matchers}[5m]))``, or less of it: no aggregation, no function.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_AGGREGATION = re.compile(
    r"(?P<op>sum|avg|min|max)\s+by\s*\((?P<by>[^)]*)\)\s*\((?P<inner>.*)\)", re.DOTALL
)
_FUNCTION = re.compile(
    r"(?P<name>rate|increase|avg_over_time|max_over_time)\s*\((?P<inner>.*)\[5m\]\s*\)", re.DOTALL
)
_SELECTOR = re.compile(rf"(?P<name>{_NAME})\s*(?:\{{(?P<matchers>.*)\}})?", re.DOTALL)
_MATCHER = re.compile(
    rf'\s*(?P<label>{_NAME})\s*(?P<op>=~|!~|!=|=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*(?:,|$)'
)


class BadQuery(Exception):
    """The text is not of the part of PromQL that is understood."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; patterns are anchored at both ends."""

    label: str
    op: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a series is wanted; a label it lacks is empty."""
        told = labels.get(self.label, "")
        if self.op in ("=", "!="):
            return (told == self.value) == (self.op == "=")
        return (re.fullmatch(self.value, told) is not None) == (self.op == "=~")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: which series, which function of five minutes, and how they are joined."""

    name: str
    matchers: tuple[Matcher, ...]
    function: str = ""
    aggregation: str = ""
    by: tuple[str, ...] = ()

    def wants(self, labels: Mapping[str, str]) -> bool:
        """Whether a series is selected."""
        named = labels["__name__"] == self.name
        return named and all(matcher.holds(labels) for matcher in self.matchers)

    def grouped(self, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The labels that an answer keeps."""
        if self.aggregation:
            return tuple((name, labels[name]) for name in self.by if name in labels)
        dropped = {"__name__"} if self.function else set()
        return tuple(sorted((k, v) for k, v in labels.items() if k not in dropped))


def parse(text: str) -> Query:
    """The query that a text writes.

    Raises:
        BadQuery: it writes none that is understood.
    """
    inner, aggregation, by, function = text.strip(), "", (), ""
    grouped = _AGGREGATION.fullmatch(inner)
    names: tuple[str, ...] = by
    if grouped:
        aggregation, inner = grouped["op"], grouped["inner"].strip()
        names = tuple(name.strip() for name in grouped["by"].split(",") if name.strip())
    called = _FUNCTION.fullmatch(inner)
    if called:
        function, inner = called["name"], called["inner"].strip()
    selected = _SELECTOR.fullmatch(inner)
    if selected is None:
        raise BadQuery(f"parse error: unexpected {inner[:40]!r}")
    return Query(
        selected["name"], _matchers(selected["matchers"] or ""), function, aggregation, names
    )


def _matchers(text: str) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    at = 0
    while at < len(text):
        told = _MATCHER.match(text, at)
        if told is None:
            raise BadQuery(f"parse error: unexpected {text[at : at + 40]!r} in label matching")
        value = re.sub(r"\\(.)", r"\1", told["value"])
        found.append(Matcher(told["label"], told["op"], value))
        at = told.end()
    return tuple(found)
