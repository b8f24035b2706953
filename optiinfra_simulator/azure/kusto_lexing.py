"""The words of a Kusto query."""

import re
from dataclasses import dataclass

from optiinfra_simulator.azure.answers import AzureError

_WORD = re.compile(
    r"\s+|//[^\n]*"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>in~|=~|!~|==|!=|<=|>=|[|(),.\[\]=<>+*/-])"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (text, number, name, sign) and what it says."""

    kind: str
    said: str


def invalid(message: str) -> AzureError:
    """What Resource Graph says to a query it cannot read."""
    return AzureError(400, "InvalidQuery", f"Query is invalid. {message}")


def words(query: str) -> list[Word]:
    """The words of a query.

    Raises:
        AzureError: 400, something in it is no word.
    """
    found: list[Word] = []
    place = 0
    while place < len(query):
        match = _WORD.match(query, place)
        if match is None:
            raise invalid(f"It cannot be read from {query[place : place + 20]!r} on.")
        place = match.end()
        if match.lastgroup is not None:
            found.append(_word(match.lastgroup, match[0], query, match.end()))
            if found[-1].said == "in~":
                place = match.end() + (query[match.end() : match.end() + 1] == "~")
    return found


def _word(kind: str, said: str, query: str, end: int) -> Word:
    if kind == "text":
        return Word(kind, re.sub(r"\\(.)", r"\1", said[1:-1]))
    if kind == "name" and said.lower() == "in" and query[end : end + 1] == "~":
        return Word("sign", "in~")
    return Word(kind, said)
