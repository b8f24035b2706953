"""Where a page ended, as a token that only we can write and that fits one question only."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.windows import Window

MAC_BYTES = 16
MAX_LENGTH = 4096
# What says how many rows and from where, not which rows.
PAGING = frozenset({"cursor", "limit"})
REMEDY = "Pass next_cursor of the page before, unchanged, with the same path and filters."

Key = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """After which row the next page starts; ``window`` is the period of the first page.

    The period travels along because one that was left out means another time an hour later.
    """

    key: Key
    window: Window | None = None


class Cursors:
    """Writes and reads cursors; ``secret`` is known to every replica of the API."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.digest(secret, b"optiinfra cursor v1", hashlib.sha256)

    def write(self, position: Position, question: str) -> str:
        """A token for ``position`` of ``question``."""
        window = position.window
        payload = orjson.dumps(
            {
                "k": dict(position.key),
                "q": question,
                "w": [window.start.isoformat(), window.end.isoformat()] if window else None,
            },
            default=str,
        )
        return base64.urlsafe_b64encode(self._mac(payload) + payload).rstrip(b"=").decode()

    def read(self, token: str, question: str) -> Position:
        """The position that ``token`` holds.

        Raises:
            InvalidRequest: it was altered, or belongs to another question.
        """
        try:
            raw = base64.urlsafe_b64decode(token[:MAX_LENGTH] + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            raise InvalidRequest("the cursor is not one of ours", remedy=REMEDY) from None
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidRequest("the cursor is not one of ours", remedy=REMEDY)
        held = orjson.loads(payload)
        if held["q"] != question:
            raise InvalidRequest("the cursor belongs to another question", remedy=REMEDY)
        times = held["w"] and [datetime.fromisoformat(text) for text in held["w"]]
        return Position(key=held["k"], window=Window(*times) if times else None)

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, hashlib.sha256)[:MAC_BYTES]


def question_of(path: str, query: Iterable[tuple[str, str]], caller: str) -> str:
    """A short name of what was asked: the path and every parameter but the page's own."""
    asked = sorted((name, value) for name, value in query if name not in PAGING)
    return hashlib.sha256(orjson.dumps([path, asked, caller])).hexdigest()[:32]
