"""Takes secrets out of text before it is written anywhere: known values and known shapes."""

import json
import re
import threading
from dataclasses import dataclass
from urllib.parse import quote

REDACTED = "[redacted]"

# A value shorter than this is a word that occurs in ordinary text; hiding it would hide the text.
SHORTEST = 8

# A name that ends in one of these words holds a secret: api_key, X-Amz-Signature, client_secret.
_NAMES = ("key", "token", "sig", "signature", "secret", "password", "passwd", "pwd")
_NAME = f"(?:{'|'.join(_NAMES)})"


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of secret looks like, and what is left of it.

    ``hints``: the pattern cannot match text that has none of these in lower case; most lines have
    none of any. No pattern begins with a repetition: on a long word that would take time with the
    square of its length.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    left: str = REDACTED


SHAPES = (
    Shape(
        ("private key-----",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
    ),
    # RFC 7519: three base64url parts, the first two begin with {" .
    Shape(("eyj",), re.compile(r"\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*")),
    # AWS key ids: the IAM user guide lists the prefixes of long-lived and temporary keys.
    Shape(("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,124}\b")),
    Shape(("gsk_",), re.compile(r"\bgsk_[A-Za-z0-9]{16,}")),
    Shape(("oi_",), re.compile(r"\b(oi_[a-z0-9]{1,12}_[a-z0-9]{12}_)[\w-]{43}"), rf"\1{REDACTED}"),
    # scheme://user:password@host; an @ in the password belongs to it.
    Shape(("://",), re.compile(r"(://[^\s:/@]{0,200}:)[^\s/]+(?=@)"), rf"\1{REDACTED}"),
    Shape(
        ("authorization",),
        re.compile(r"""(\bauthorization\\?["']?\s*[:=]\s*\\?["']?)[^\r\n"'\\]+""", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
    Shape(
        ("bearer",),
        re.compile(r"(\bbearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
    # "name": "value" up to the closing quote, also inside a string of JSON.
    Shape(
        _NAMES,
        re.compile(
            rf"""({_NAME}(?:\\?["'])?\s*[:=]\s*b?\\?(["']))(?:(?!\\?\2).)+""",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\1{REDACTED}",
    ),
    # name=value up to whatever ends a value.
    Shape(
        _NAMES,
        re.compile(
            rf"""({_NAME}\s*=\s*)(?!b?\\?["']|\[redacted\])[^\s"'&;,(){{}}<>\\]+""", re.IGNORECASE
        ),
        rf"\1{REDACTED}",
    ),
)


# Text without any of the hints matches none of the patterns: one search instead of one for each.
_HINTED = re.compile("|".join(re.escape(hint) for shape in SHAPES for hint in shape.hints))


class Registry:
    """The secret values this process has held; threads may add and read at the same time."""

    def __init__(self) -> None:
        self._by_head: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def add(self, value: str) -> None:
        """Remember ``value`` and the ways it is written in URLs and JSON."""
        if len(value) < SHORTEST:
            return
        with self._lock:
            for spelling in {value, quote(value, safe=""), json.dumps(value)[1:-1]}:
                head = spelling[:SHORTEST]
                known = self._by_head.get(head, ())
                if spelling not in known:
                    longest_first = sorted((*known, spelling), key=len, reverse=True)
                    # A new one each time: readers go through the one they have without a lock.
                    self._by_head = {**self._by_head, head: tuple(longest_first)}

    def hide(self, text: str) -> str:
        """``text`` without the remembered values; the time does not grow with their number."""
        heads = self._by_head
        # Most text holds none, and a search for each head is quick while there are few of them.
        if len(heads) < len(text) and not any(head in text for head in heads):
            return text
        pieces: list[str] = []
        kept = 0
        for start in (at for at in range(len(text)) if text[at : at + SHORTEST] in heads):
            length = self._match(text, start)
            if length and start >= kept:
                pieces += (text[kept:start], REDACTED)
            if length:  # one that overlaps the one before goes with it
                kept = max(kept, start + length)
        return "".join((*pieces, text[kept:]))

    def _match(self, text: str, position: int) -> int:
        for value in self._by_head.get(text[position : position + SHORTEST], ()):
            if text.startswith(value, position):
                return len(value)
        return 0


_known = Registry()


def register_secret(value: str) -> None:
    """Hide ``value`` in everything this process scrubs from now on; under 8 characters: ignored."""
    _known.add(value)


def scrub(text: str) -> str:
    """``text`` with every known secret value and everything shaped like a secret replaced."""
    text = _known.hide(text)
    lower = text.lower()
    if _HINTED.search(lower) is None:
        return text
    for shape in SHAPES:
        if any(hint in lower for hint in shape.hints):
            text = shape.pattern.sub(shape.left, text)
    return text
