"""Keyed names for what must not be stored: the same value gets the same name, for one customer."""

import hashlib
import hmac
import re
from collections.abc import Iterable

from pydantic import SecretBytes

_PURPOSE = b"optiinfra/texts/v1:"
PLACEHOLDER_DIGITS = 4
PLACEHOLDER = re.compile(r"<[A-Z]{2,12}_[0-9a-f]{4}>")


class Pseudonyms:
    """Names of values under the installation's pepper and one customer.

    Without the pepper nobody can try out values, and two customers' names never match. Whoever
    changes the pepper changes every name: halves and redeliveries across the change disagree.
    """

    def __init__(self, pepper: SecretBytes, customer_id: str) -> None:
        purpose = _PURPOSE + customer_id.encode()
        self._key = hmac.digest(pepper.get_secret_value(), purpose, hashlib.sha256)

    def placeholder(self, kind: str, value: str) -> str:
        """What stands in a text instead of ``value``: ``<EMAIL_3f9a>``.

        Four digits tell the values of one conversation apart; they do not identify a person.
        """
        return f"<{kind}_{self._digest(kind, value)[:PLACEHOLDER_DIGITS]}>"

    def user(self, user: str) -> str:
        """The hash that a person's calls carry, 64 hex digits; empty for nobody."""
        return self._digest("user", user) if user else ""

    def content(self, texts: Iterable[str]) -> str:
        """The hash of texts in their order, 64 hex digits; keyed, as short texts are guessed."""
        digest = hmac.new(self._key, b"content", hashlib.sha256)
        for text in texts:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(encoded))  # "ab","c" and "a","bc" differ
            digest.update(encoded)
        return digest.hexdigest()

    def _digest(self, kind: str, value: str) -> str:
        told = f"{kind}:{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, told, hashlib.sha256).hex()
