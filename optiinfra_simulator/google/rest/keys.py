"""RSA keys and the JSON Web Tokens signed with them (RFC 7515, RFC 7519; RS256 alone)."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@dataclass(frozen=True)
class Key:
    """A key pair, made when it is first needed; it cannot come from a seed."""

    id: str

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def pem(self) -> str:
        """The private key as service-account files hold it."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def signed(self, claims: Mapping[str, Any]) -> str:
        """A token that states ``claims``."""
        header = {"alg": "RS256", "typ": "JWT", "kid": self.id}
        head = f"{_text(json.dumps(header).encode())}.{_text(json.dumps(claims).encode())}"
        signature = self._private.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{head}.{_text(signature)}"

    def verifies(self, token: "Token") -> bool:
        """Whether the token was signed with it."""
        try:
            self._private.public_key().verify(
                token.signature, token.signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Token:
    """A token as received; nothing of it is believed yet."""

    key: str
    claims: Mapping[str, Any]
    signed: str
    signature: bytes

    @classmethod
    def read(cls, text: str) -> "Token | None":
        """The token that a text is, None where it is none that RS256 could have signed."""
        parts = text.split(".")
        try:
            header, claims = (json.loads(_bytes(part)) for part in parts[:2])
            signature = _bytes(parts[2])
        except (ValueError, IndexError, binascii.Error):
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            return None
        if header.get("alg") != "RS256":
            return None
        return cls(str(header.get("kid", "")), claims, ".".join(parts[:2]), signature)

    def holds(self, now: float, skew: float = 60.0) -> bool:
        """Whether it is neither expired nor from the future, and meant for an hour at most."""
        expires, issued = self.claims.get("exp"), self.claims.get("iat")
        if not isinstance(expires, int | float) or not isinstance(issued, int | float):
            return False
        return issued - skew <= now < expires + skew and expires - issued <= 3600 + skew


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
