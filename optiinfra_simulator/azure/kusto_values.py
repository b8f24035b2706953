"""Expressions of Kusto over one row: paths, functions, comparisons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from optiinfra_simulator.azure.kusto_lexing import Word, invalid

Row = Mapping[str, Any]
Value = Callable[[Row], Any]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> float | int | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return int(found) if found.is_integer() else found


_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "tostring": _text,
        "tolower": lambda value: _text(value).lower(),
        "toupper": lambda value: _text(value).upper(),
        "toint": _number,
        "tolong": _number,
        "todouble": _number,
        "array_length": lambda value: len(value) if isinstance(value, list) else None,
        "strcat": lambda *values: "".join(map(_text, values)),
        "coalesce": lambda *values: next((one for one in values if one not in (None, "")), None),
        "iff": lambda test, yes, no: yes if test else no,
        "isempty": lambda value: value in (None, ""),
        "isnotempty": lambda value: value not in (None, ""),
        "isnull": lambda value: value is None,
        "isnotnull": lambda value: value is not None,
        "not": lambda value: not value,
    }
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "==": lambda left, right: bool(left == right),
        "!=": lambda left, right: bool(left != right),
        "=~": lambda left, right: _text(left).lower() == _text(right).lower(),
        "!~": lambda left, right: _text(left).lower() != _text(right).lower(),
        "<": lambda left, right: left is not None and left < right,
        ">": lambda left, right: left is not None and left > right,
        "<=": lambda left, right: left is not None and left <= right,
        ">=": lambda left, right: left is not None and left >= right,
        "contains": lambda left, right: _text(right).lower() in _text(left).lower(),
        "startswith": lambda left, right: _text(left).lower().startswith(_text(right).lower()),
        "has": lambda left, right: _text(right).lower() in _text(left).lower(),
    }
)


@dataclass
class Reader:
    """Reads expressions from the words of one operator, from ``place`` on."""

    words: Sequence[Word]
    place: int = 0

    def peek(self) -> str:
        """What the next word says, empty at the end."""
        return self.words[self.place].said if self.place < len(self.words) else ""

    def take(self) -> Word:
        """The next word.

        Raises:
            AzureError: there is none.
        """
        if self.place >= len(self.words):
            raise invalid("It ends too early.")
        self.place += 1
        return self.words[self.place - 1]

    def takes(self, said: str) -> bool:
        """Take the next word if it says that."""
        if self.peek().lower() != said:
            return False
        self.place += 1
        return True

    def want(self, said: str) -> None:
        """Take the next word, which has to say that."""
        if not self.takes(said):
            raise invalid(f"{said!r} is missing before {self.peek()!r}.")

    def expression(self) -> Value:
        """A whole expression: comparisons with ``and`` and ``or``."""
        parts = [self._both()]
        while self.takes("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Value:
        parts = [self._compared()]
        while self.takes("and"):
            parts.append(self._compared())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _compared(self) -> Value:
        left = self._operand()
        sign = self.peek().lower()
        if sign in _COMPARISONS:
            self.take()
            right, compare = self._operand(), _COMPARISONS[sign]
            return lambda row: compare(left(row), right(row))
        if sign in ("in", "in~"):
            self.take()
            self.want("(")
            options = self._listed()
            fold = _text if sign == "in" else lambda value: _text(value).lower()
            return lambda row: fold(left(row)) in {fold(option(row)) for option in options}
        return left

    def _listed(self) -> list[Value]:
        found: list[Value] = []
        while not self.takes(")"):
            found.append(self.expression())
            self.takes(",")
        return found

    def _operand(self) -> Value:
        word = self.take()
        if word.said == "(" and word.kind == "sign":
            inner = self.expression()
            self.want(")")
            return inner
        if word.kind == "text":
            return lambda _: word.said
        if word.kind == "number":
            return lambda _: _number(word.said)
        if word.kind != "name":
            raise invalid(f"{word.said!r} stands where a value should.")
        return self._named(word.said)

    def _named(self, name: str) -> Value:
        lower = name.lower()
        if lower in ("true", "false"):
            return lambda _: lower == "true"
        if self.takes("("):
            function, given = _FUNCTIONS.get(lower), self._listed()
            if function is None:
                raise invalid(f"The function {name} is not known.")
            return lambda row: function(*(one(row) for one in given))
        return self._path(name)

    def _path(self, name: str) -> Value:
        steps: list[str | int] = []
        while self.peek() in (".", "["):
            dotted = self.take().said == "."
            word = self.take()
            steps.append(int(word.said) if word.kind == "number" and not dotted else word.said)
            if not dotted:
                self.want("]")

        def value(row: Row) -> Any:
            if name not in row:
                raise invalid(f"Failed to resolve column named '{name}'.")
            found = row[name]
            for step in steps:
                found = _stepped(found, step)
            return found

        return value


def _stepped(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None
