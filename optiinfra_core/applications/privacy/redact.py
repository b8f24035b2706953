"""Replaces what can be recognised by its form in texts: addresses, accounts, secrets."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from pydantic import SecretBytes

from optiinfra_core.applications.privacy.kinds import KINDS, Kind, Span
from optiinfra_core.applications.privacy.pseudonyms import PLACEHOLDER, Pseudonyms


class NameFinder(Protocol):
    """Finds what has no form: names, places. ``find`` yields kind, start and end, in order."""

    def find(self, text: str) -> Iterable[tuple[str, int, int]]: ...


class Redactor:
    """Takes personal data and secrets out of one customer's texts. Safe for threads.

    It finds what docs/privacy.md lists and nothing else: without ``names``, names and postal
    addresses stay. The same value becomes the same placeholder in every text of the customer.
    """

    def __init__(
        self, pepper: SecretBytes, customer_id: str, names: NameFinder | None = None
    ) -> None:
        self.pseudonyms = Pseudonyms(pepper, customer_id)
        self._names = names

    def redact(self, text: str) -> str:
        """``text`` with placeholders; doing it again changes nothing."""
        left = self._once(text)
        while left != text:
            text, left = left, self._once(left)
        return text if self._names is None else self._unnamed(text, self._names)

    def _once(self, text: str) -> str:
        for kind in _possible(text):
            found = ((kind.name, kind.normal(text[a:b]), (a, b)) for a, b in kind.find(text))
            text = self._without(text, found)
        return text

    def _unnamed(self, text: str, names: NameFinder) -> str:
        taken = [match.span() for match in PLACEHOLDER.finditer(text)]
        found = (
            (kind, text[start:stop].casefold(), (start, stop))
            for kind, start, stop in names.find(text)
            if not _overlaps(taken, start, stop)
        )
        return self._without(text, found)

    def _without(self, text: str, found: Iterable[tuple[str, str, Span]]) -> str:
        pieces: list[str] = []
        end = 0
        for name, value, (start, stop) in found:
            pieces += (text[end:start], self.pseudonyms.placeholder(name, value))
            end = stop
        return "".join((*pieces, text[end:])) if pieces else text


def _overlaps(taken: Sequence[Span], start: int, stop: int) -> bool:
    """Whether the span touches one of ``taken``, which are in order and apart."""
    last = bisect_left(taken, (stop, 0)) - 1
    return last >= 0 and taken[last][1] > start


def _possible(text: str) -> Iterator[Kind]:
    """The kinds that the text may hold, by the letters that it has."""
    lower = text.lower()
    for kind in KINDS:
        if not kind.hints or any(hint in lower for hint in kind.hints):
            yield kind
