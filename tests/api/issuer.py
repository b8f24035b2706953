"""A token issuer of our own over a socket: a discovery document, keys that rotate, tokens."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typing_extensions import override

from tests.api.house import NOW

AUDIENCE = "https://optiinfra.example"
HOUR = 3600
SECOND = timedelta(seconds=1)


class Issuer:
    """Signs tokens with keys that it publishes."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self.served: list[str] = []
        self.away = False
        self.name = ""
        self.claims_to_be = ""
        self.now = NOW

    def add(self, kid: str, algorithm: str = "RS256", bits: int = 2048) -> None:
        """A new key, published."""
        if algorithm.startswith("ES"):
            private: Any = ec.generate_private_key(ec.SECP256R1())
            public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        else:
            private = rsa.generate_private_key(65537, bits)
            public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        self.keys[kid] = private
        self.published.append({**public, "kid": kid, "use": "sig"})

    def withdraw(self, kid: str) -> None:
        """Publish the key no longer."""
        self.published = [key for key in self.published if key["kid"] != kid]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of a good token for acme's costs; None leaves one out, a timedelta is from now."""
        now = int(self.now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": "ann",
            "iat": now,
            "exp": now + HOUR,
            "scope": "openid costs:read",
            "optiinfra_customers": ["acme"],
        }
        for name, value in changes.items():
            claims[name] = now + value // SECOND if isinstance(value, timedelta) else value
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str = "first", algorithm: str = "RS256", **changes: Any) -> str:
        """A token that the key ``kid`` signed."""
        return jwt.encode(self.claims(**changes), self.keys[kid], algorithm, headers={"kid": kid})

    def confused(self, kid: str = "first") -> str:
        """A token signed with HS256 whose secret is the public key of ``kid``."""
        public = self.keys[kid].public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = self.bare({"alg": "HS256", "kid": kid})
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        return f"{signed}.{encoded(mac)}"

    def bare(self, header: dict[str, Any], **changes: Any) -> str:
        """Header and claims of a token, without a signature."""
        parts = ({"typ": "JWT", **header}, self.claims(**changes))
        return ".".join(encoded(json.dumps(part).encode()) for part in parts)


def encoded(raw: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that serves its documents for the length of the block."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """One of the two documents."""
            issuer.served.append(self.path)
            if issuer.away:
                self.send_error(503)
                return
            document = {
                "/.well-known/openid-configuration": {
                    "issuer": issuer.claims_to_be or issuer.name,
                    "jwks_uri": f"{issuer.name}/keys",
                },
                "/keys": {"keys": issuer.published},
            }[self.path]
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.name = f"http://127.0.0.1:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
