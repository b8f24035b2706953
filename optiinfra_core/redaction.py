"""Takes secrets out of text before it is written anywhere: known values and known shapes."""

import json
import re
import threading
from urllib.parse import quote

REDACTED = "[redacted]"

# A value shorter than this is a word that occurs in ordinary text; hiding it would hide the text.
SHORTEST = 8

# Each shape of secret, with what is left of it.
SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        REDACTED,
    ),
    # RFC 7519: three base64url parts, the first two begin with {" .
    (re.compile(r"\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*"), REDACTED),
    # AWS key ids: the IAM user guide lists the prefixes of long-lived and temporary keys.
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,124}\b"), REDACTED),
    (re.compile(r"\bgsk_[A-Za-z0-9]{16,}"), REDACTED),
    (re.compile(r"\b(oi_[a-z0-9]{1,12}_[a-z0-9]{12}_)[\w-]{43}"), rf"\1{REDACTED}"),
    # scheme://user:password@host
    (re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)"), rf"\1{REDACTED}"),
    (
        re.compile(
            r"""(\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^\r\n"']+""", re.IGNORECASE
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"(\bbearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{REDACTED}"),
    # name=value and "name": "value" where the name ends in a word for a secret.
    (
        re.compile(
            r"""([\w-]*(?:key|token|sig|signature|secret|password|passwd|pwd)["']?\s*(?:=|:\s*(?=["']))\s*["']?)"""
            r"""(?!\[redacted\])[^\s"'&;,(){}<>]+""",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)


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
                    self._by_head[head] = tuple(longest_first)

    def hide(self, text: str) -> str:
        """``text`` without the remembered values; the time does not grow with their number."""
        if not self._by_head:
            return text
        pieces: list[str] = []
        kept = position = 0
        while position <= len(text) - SHORTEST:
            length = self._match(text, position)
            if length:
                pieces += (text[kept:position], REDACTED)
                kept = position = position + length
            else:
                position += 1
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
    for shape, left in SHAPES:
        text = shape.sub(left, text)
    return text
