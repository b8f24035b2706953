"""Text that speaks to the judge instead of the user: what is stripped from it, what gives it away.

A suspicion is a hint, not a verdict: texts about prompt injection raise it too. It steers which
calls are judged, and marks judgements that are kept out of means.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from optiinfra_core.applications.tampering_signs import SIGNS

# Not shown by any font, or shown in another order than they are read: zero-width, bidirectional,
# fillers, tag characters, variation selectors (Unicode 16, Default_Ignorable_Code_Point), controls
# but tab and line feed, and halves of surrogate pairs.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_STRIPPED = re.compile(f"[{_UNSEEN}\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINES = re.compile("\r\n?|\u2028|\u2029")
# Characters that only hide: an emoji needs a joiner or a selector, nothing needs these.
_SMUGGLING = re.compile(
    "[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]|[\u200b-\u200f\u2060]{4}"
)
# UAX 15, section 13: more marks on one letter than any language has; sorting them costs a square.
MOST_MARKS = 30


def cleaned(text: str) -> str:
    """``text`` in NFC without characters that nobody sees; doing it again changes nothing.

    Line ends become line feeds. The time grows with the length, also for hostile marks.
    """
    seen = _STRIPPED.sub("", _LINES.sub("\n", text))
    if unicodedata.is_normalized("NFC", seen):
        return seen
    return unicodedata.normalize("NFC", "".join(_few_marks(seen)))


def _few_marks(text: str) -> Iterator[str]:
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MOST_MARKS:
            yield letter


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Which signs of steering a text shows, each named once."""

    signs: tuple[str, ...]

    @property
    def suspected(self) -> bool:
        """Whether there is any."""
        return bool(self.signs)


# Letters of other alphabets that look like Latin ones (Unicode TR39 confusables, the common part).
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһοαιεрν", "aeopcyxijsdhoaiepv")
_SPELT = re.compile(r"(?<!\w)\w(?:[ .\-_*]\w){5,80}(?!\w)")
_GAPS = re.compile(r"[ .\-_*]")
_SPACES = re.compile(r"[^\S\n]+")
_ENCODED = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{32,4000}={0,2}(?![\w+/=])")
MOST_ENCODED = 20


def suspicion(text: str) -> Suspicion:
    """The signs that ``text`` tries to steer whoever judges it.

    Looked for in English, behind invisible letters, look-alikes, spaced-out words and base64 too.
    """
    signs = [sign.name for form in _forms(text) for sign in SIGNS if sign.shows(form)]
    if _SMUGGLING.search(text):
        signs.append("hidden_characters")
    return Suspicion(tuple(dict.fromkeys(signs)))


def _forms(text: str) -> Iterator[str]:
    plain = cleaned(text)
    yield _folded(plain)
    yield from map(_folded, _decoded(plain))


def _folded(text: str) -> str:
    """One spelling for what reads alike."""
    wide = unicodedata.normalize("NFKC", text).casefold().translate(_LOOKALIKES)
    spelt = _SPELT.sub(lambda match: _GAPS.sub("", match[0]), wide.replace("\u2019", "'"))
    return _SPACES.sub(" ", spelt)


def _decoded(text: str) -> Iterator[str]:
    for at, match in enumerate(_ENCODED.finditer(text)):
        if at == MOST_ENCODED:
            return
        try:
            yield cleaned(base64.b64decode(match[0] + "==", validate=False).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue
