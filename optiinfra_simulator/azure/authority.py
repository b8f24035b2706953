"""The certificate authority of the simulated Azure, kept in a folder so that a restart has it."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CERTIFICATE = "ca.pem"
_KEY = "ca.key"


@dataclass(frozen=True)
class Authority:
    """A private authority: ``pem`` is its certificate, which clients are told to trust."""

    pem: str
    context: ssl.SSLContext


def authority(state: Path | None) -> Authority:
    """The authority kept in ``state``, made there if none is; a passing one without a folder."""
    import trustme  # noqa: PLC0415 - who does not simulate Azure does without

    made = _kept(trustme, state) if state else trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return Authority(made.cert_pem.bytes().decode(), context)


def _kept(trustme: Any, state: Path) -> Any:
    certificate, key = state / _CERTIFICATE, state / _KEY
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    made = trustme.CA()
    state.mkdir(parents=True, exist_ok=True)
    key.touch(mode=0o600)
    key.write_bytes(made.private_key_pem.bytes())
    certificate.write_bytes(made.cert_pem.bytes())
    return made
