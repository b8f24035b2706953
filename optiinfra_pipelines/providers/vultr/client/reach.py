"""Where the Prometheus that a customer names may be: never this installation's own network."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.errors import InvalidRequest

FIELD = "prometheus.url"


@dataclass(frozen=True, slots=True)
class Place:
    """A base address whose host is the one that was checked; ``host`` is its name for TLS."""

    url: str
    host: str = ""


def permitted_source(url: str, gate: Gate) -> Place:
    """``url`` pinned to a public address over https, or to a private one where that is allowed.

    The address is resolved once and connected to as checked: a name that resolves differently the
    next time leads nowhere else.

    Raises:
        InvalidRequest: it is neither.
    """
    parts = urlsplit(url)
    if parts.username or parts.query or parts.fragment or not parts.hostname:
        raise InvalidRequest(
            f"{FIELD} is not a plain address",
            remedy="Write it as https://prometheus.example.com, without user, query or fragment.",
        )
    public = _public_address(parts.hostname)
    if parts.scheme == "https" and public is not None:
        host = f"[{public}]" if ":" in public else public
        pinned = parts._replace(netloc=f"{host}:{parts.port or 443}").geturl()
        return Place(pinned.rstrip("/"), parts.hostname)
    if not gate.private_endpoints:
        raise InvalidRequest(
            f"{FIELD} is not a public https address",
            remedy="Give Prometheus a public https address with a token, or let the installation "
            "allow private ones with OPTIINFRA_ALLOW_PRIVATE_ENDPOINTS=true.",
        )
    return Place((permitted_endpoint(url, gate, name=FIELD) or "").rstrip("/"))


def _public_address(host: str) -> str | None:
    """The first address of ``host`` if all of them are public, else None."""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise InvalidRequest(
            f"{FIELD} names {host}, which does not resolve", remedy=f"Correct {FIELD}."
        ) from None
    addresses = [str(answer[4][0]) for answer in answers]
    known = [ipaddress.ip_address(text) for text in addresses]
    safe = all(one.is_global and not one.is_multicast for one in known)
    return addresses[0] if known and safe else None
