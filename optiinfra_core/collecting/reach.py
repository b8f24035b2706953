"""Where a credential may send requests to: public clouds, or a private address that is allowed."""

import ipaddress
import socket
from urllib.parse import urlsplit

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.errors import InvalidRequest

PORTS = {"http": 80, "https": 443, "grpc": 80}


def permitted_endpoint(url: str | None, gate: Gate, *, name: str = "endpoint_url") -> str | None:
    """``url`` with its host name pinned to the address that was checked; None stays None.

    ``name`` is the credential's field, for messages. ``grpc`` is a scheme too: plain HTTP/2.

    Raises:
        InvalidRequest: it is not a loopback or private address, or the installation forbids those.
    """
    if url is None:
        return None
    parts = urlsplit(url)
    if not gate.private_endpoints:
        raise InvalidRequest(
            f"the credential names {name}, which this installation does not allow",
            remedy=f"Remove {name}, or set OPTIINFRA_ALLOW_PRIVATE_ENDPOINTS=true.",
        )
    if parts.scheme not in PORTS or not parts.hostname or parts.username:
        raise InvalidRequest(
            f"{name} is not a plain http or https address",
            remedy="Write it as http://127.0.0.1:4566, without user or password.",
        )
    address = _checked_address(parts.hostname, name)
    if parts.scheme == "https":
        return url  # the certificate binds the name
    host = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{host}:{parts.port or PORTS[parts.scheme]}").geturl()


def _checked_address(host: str, name: str) -> str:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise InvalidRequest(
            f"{name} names {host}, which does not resolve", remedy=f"Correct {name}."
        ) from None
    addresses = [str(answer[4][0]) for answer in answers]
    for text in addresses:
        address = ipaddress.ip_address(text)
        # 169.254.0.0/16 counts as private, but holds the instance's own metadata service.
        near = address.is_loopback or (address.is_private and not address.is_link_local)
        if not near or address.is_unspecified or address.is_multicast:
            raise InvalidRequest(
                f"{name} names {host}, which is not a loopback or private address",
                remedy=f"Remove {name} to talk to the provider itself.",
            )
    return addresses[0]
