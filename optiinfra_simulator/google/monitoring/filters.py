"""Monitoring filters: which time series a request asks for.

Grammar after docs.cloud.google.com/monitoring/api/v3/filters.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Selectors = Mapping[str, str]
Test = Callable[[Selectors], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<sign>!=|<=|>=|[=<>(),:])|(?P<word>[\w./-]+))"""
)
_FUNCTIONS: Mapping[str, Callable[[str, list[str]], bool]] = {
    "starts_with": lambda value, given: value.startswith(given[0]),
    "ends_with": lambda value, given: value.endswith(given[0]),
    "has_substring": lambda value, given: given[0] in value,
    "one_of": lambda value, given: value in given,
    "monitoring.regex.full_match": lambda value, given: re.fullmatch(given[0], value) is not None,
}


class FilterError(ValueError):
    """The text is no filter."""


@dataclass
class Filter:
    """A filter; ``types`` are the metric types that it names with an equals sign."""

    test: Test
    types: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> "Filter":
        """The filter that a text is.

        Raises:
            FilterError: it is none.
        """
        reader = _Reader(_tokens(text))
        test = reader.disjunction()
        if reader.at < len(reader.tokens):
            raise FilterError(f"unexpected {reader.tokens[reader.at]!r}")
        return cls(test, reader.types)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(f"cannot read {text[at:].strip()[:40]!r}")
        found.append(match[0].strip())
        at = match.end()
    return found


@dataclass
class _Reader:
    tokens: list[str]
    at: int = 0
    types: list[str] = field(default_factory=list)

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise FilterError(f"expected {wanted or 'more'}, found {token or 'the end'}")
        self.at += 1
        return token

    def disjunction(self) -> Test:
        tests = [self._conjunction()]
        while self._peek() == "OR":
            self.at += 1
            tests.append(self._conjunction())
        return lambda selectors: any(test(selectors) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._negation()]
        # Terms side by side are joined by AND.
        while self._peek() not in ("", "OR", ")"):
            if self._peek() == "AND":
                self.at += 1
            tests.append(self._negation())
        return lambda selectors: all(test(selectors) for test in tests)

    def _negation(self) -> Test:
        if self._peek() in ("NOT", "-"):
            self.at += 1
            inner = self._term()
            return lambda selectors: not inner(selectors)
        return self._term()

    def _term(self) -> Test:
        if self._peek() == "(":
            self.at += 1
            inner = self.disjunction()
            self._take(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        name = self._take().replace(".label.", ".labels.")
        sign = self._take()
        if sign not in ("=", "!=", ":"):
            raise FilterError(f"the sign {sign} is not simulated")
        word = self._take()
        if self._peek() == "(":
            return self._function(name, word, negated=sign == "!=")
        value = _text(word)
        if name == "metric.type" and sign == "=":
            self.types.append(value)
        if sign == ":":
            return lambda selectors: value in selectors.get(name, "")
        return lambda selectors: (selectors.get(name, "") == value) is (sign == "=")

    def _function(self, name: str, word: str, *, negated: bool) -> Test:
        if word not in _FUNCTIONS:
            raise FilterError(f"the function {word} is not simulated")
        self._take("(")
        given = [_text(self._take())]
        while self._peek() == ",":
            self.at += 1
            given.append(_text(self._take()))
        self._take(")")
        function = _FUNCTIONS[word]
        return lambda selectors: function(selectors.get(name, ""), given) is not negated


def _text(token: str) -> str:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token
