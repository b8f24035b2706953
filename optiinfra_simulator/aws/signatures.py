"""Checks the signature of a request with the secret of the key that it names (AWS SigV4)."""

import hmac
import re
from hashlib import sha256
from urllib.parse import quote

from optiinfra_simulator.aws.requests import Request

_SCOPE = re.compile(r"Credential=[^/]+/((\d+)/([^/]+)/([^/]+)/aws4_request)")
_SIGNED = re.compile(r"SignedHeaders=([^,\s]+)")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")


def signed_with(request: Request, secret: str) -> bool:
    """Whether the request was signed with this secret."""
    authorization = request.headers.get("authorization", "")
    scope = _SCOPE.search(authorization)
    signed = _SIGNED.search(authorization)
    given = _SIGNATURE.search(authorization)
    if scope is None or signed is None or given is None:
        return False
    text = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            request.headers.get("x-amz-date", ""),
            scope[1],
            sha256(_canonical(request, signed[1]).encode()).hexdigest(),
        )
    )
    key = f"AWS4{secret}".encode()
    for part in (scope[2], scope[3], scope[4], "aws4_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    expected = hmac.new(key, text.encode(), sha256).hexdigest()
    return hmac.compare_digest(expected, given[1])


def _canonical(request: Request, signed: str) -> str:
    """The request in the form that is signed; S3 alone does not encode the path again."""
    path = request.path if request.service == "s3" else quote(request.path, safe="/~")
    pairs = sorted(pair.partition("=")[::2] for pair in request.query.split("&") if pair)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed.split(";")
    )
    payload = request.headers.get("x-amz-content-sha256") or sha256(request.body).hexdigest()
    return "\n".join((request.method, path or "/", query, headers, signed, payload))
