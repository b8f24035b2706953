"""Access tokens: JSON web tokens that the simulated tenants sign with a key of their own.

The real ones are signed with RSA; nobody but who issued them may rely on their form.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optiinfra_core.windows import Clock
from optiinfra_simulator.azure.answers import AzureError

LIFETIME = 3_599


def encoded(raw: bytes) -> str:
    """Base64 as web tokens use it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims_of(token: str) -> Mapping[str, Any]:
    """The claims a token makes, believed by nobody yet.

    Raises:
        ValueError: it is no token.
    """
    try:
        found = json.loads(decoded(token.split(".")[1]))
    except (IndexError, ValueError):
        raise ValueError("not a web token") from None
    if not isinstance(found, dict):
        raise ValueError("not a web token")  # noqa: TRY004 - one error for everything unreadable
    return found


@dataclass(frozen=True)
class Mint:
    """Signs tokens and tells its own from others. Their time is the machine's: clients compare."""

    key: bytes
    wall: Clock

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims."""
        head = encoded(json.dumps({"typ": "JWT", "alg": "HS256", "kid": "simulated"}).encode())
        body = encoded(json.dumps(dict(claims)).encode())
        return f"{head}.{body}.{self._signature(head, body)}"

    def _signature(self, head: str, body: str) -> str:
        return encoded(hmac.new(self.key, f"{head}.{body}".encode(), hashlib.sha256).digest())

    def issue(self, claims: Mapping[str, Any]) -> str:
        """An access token that begins now."""
        now = int(self.wall.now().timestamp())
        return self.sign({"iat": now, "nbf": now, "exp": now + LIFETIME, "ver": "1.0", **claims})

    def read(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that was issued here and still holds.

        Raises:
            AzureError: 401, it is not or does not any more.
        """
        head, _, rest = token.partition(".")
        body, _, signature = rest.partition(".")
        if not hmac.compare_digest(self._signature(head, body), signature):
            raise AzureError(401, "InvalidAuthenticationToken", "The access token is invalid.")
        claims = claims_of(token)
        now = int(self.wall.now().timestamp())
        if now >= int(claims["exp"]):
            raise expired()
        return claims


def expired() -> AzureError:
    """What is said to a token that holds no more."""
    return AzureError(
        401,
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time is earlier than current UTC time.",
        {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="expired"'},
    )
