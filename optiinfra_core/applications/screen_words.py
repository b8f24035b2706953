"""The toxicity screen's word list: spellings folded, quotation and denial allowed for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS_TEXT = Path(__file__).with_name("screen_words.txt").read_text(encoding="utf-8")
FOUND_AT = 0.5
QUOTED = 0.4
DENIED = 0.5
ENDINGS = ("", "s", "es", "ed", "ing", "er", "ers", "y")

_TOKEN = re.compile(r"[\w@$!|*#']+")
_EDGES = "!|'#*"
# Digits and signs that stand for letters inside a word.
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_STRETCHED = re.compile(r"([a-z])\1{2,}")  # drawn out: stuuupid
_MASKED = re.compile(r"[*#]")
_VOWELS = re.compile(r"[aeiou*#]")
_OPEN_QUOTE = re.compile(r"[\"\u201c\u201e\u00ab\u2018`][^\"\u201c\u201d\u00bb\u2019`\n]{0,120}$")
_NAMED = re.compile(r"\b(?:word|term|slur|phrase|insult|called me|calls me|saying)\W{0,3}$")
_DENIAL = re.compile(r"(?:\b(?:not|never|no|nobody|without)|n't)\W(?:\w+\W){0,3}$")
CONTEXT = 120


@dataclass(frozen=True, slots=True)
class _List:
    """Weights of words, and of phrases by their first word."""

    words: Mapping[str, float]
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], float]]]
    masked: Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class _Hit:
    """An entry of the list in a text."""

    entry: str
    weight: float
    at: int


def toxicity(text: str) -> float:
    """0 to 1: what the words of ``text`` add up to, as independent hints would; each counts once.

    A word counts less in quotation marks, where it is named as a word, and after a denial.
    """
    folded = _STRETCHED.sub(r"\1", text.casefold().replace("\u2019", "'"))
    worst: dict[str, float] = {}
    for hit in _hits(folded):
        weight = hit.weight * _softened(folded[max(0, hit.at - CONTEXT) : hit.at])
        worst[hit.entry] = max(worst.get(hit.entry, 0.0), weight)
    calm = 1.0
    for weight in worst.values():
        calm *= 1 - weight
    return 1 - calm


def _softened(before: str) -> float:
    factor = QUOTED if _OPEN_QUOTE.search(before) or _NAMED.search(before) else 1.0
    return factor * DENIED if _DENIAL.search(before) else factor


def _hits(folded: str) -> Iterator[_Hit]:
    known = _list()
    tokens = [(match[0].strip(_EDGES), match) for match in _TOKEN.finditer(folded)]
    for at, (token, match) in enumerate(tokens):
        word = token if token in known.words else _spelt(token, match[0], known)
        if word in known.words:
            yield _Hit(word, known.words[word], match.start())
        for phrase, weight in known.phrases.get(word, ()):
            following = tokens[at : at + len(phrase)]
            if tuple(each for each, _ in following) == phrase:
                yield _Hit(" ".join(phrase), weight, match.start())


def _spelt(token: str, written: str, known: _List) -> str:
    """The word that is meant: letters for signs and for stars."""
    if token.isalpha():
        return token
    if _MASKED.search(token):
        return known.masked.get((_mask(token), len(token)), token)
    letters = written.translate(_LEET)
    return letters if letters in known.words else token.translate(_LEET)


def _mask(word: str) -> str:
    """A word by its consonants: what stars leave of it."""
    return _VOWELS.sub("", word)


@cache
def _list() -> _List:
    words: dict[str, float] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for entry, weight in _entries():
        parts = tuple(entry.removesuffix("!").split())
        if len(parts) > 1:
            phrases.setdefault(parts[0], []).append((parts, weight))
            continue
        for ending in ("",) if entry.endswith("!") else ENDINGS:
            words.setdefault(parts[0] + ending, weight)
    masked = {(_mask(word), len(word)): word for word in words}
    return _List(words, phrases, masked)


def _entries() -> Iterator[tuple[str, float]]:
    for line in WORDS_TEXT.splitlines():
        if line and not line.startswith("#"):
            weight, _, entry = line.partition(" ")
            yield entry, float(weight)
