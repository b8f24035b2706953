"""Seals bytes for one identity: a data key per credential revision, wrapped by a key of the ring.

AES-256-GCM both times (NIST SP 800-38D), 96-bit random nonces, each data key used once. What is
sealed for one identity does not open for another: the identity is authenticated with it.
"""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from optiinfra_core.errors import ConfigurationError, Permanent
from optiinfra_core.vault.keyring import KeyRing

MAGIC = b"OIV1"
LABEL = b"optiinfra/credential/v1"
NONCE_BYTES = 12
KEY_BITS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose secret it is: every field is authenticated."""

    customer_id: str
    credential_id: str
    provider: str
    revision: int

    def encoded(self) -> bytes:
        """Each field behind its length, so that no two identities read alike."""
        return _framed(
            LABEL,
            self.customer_id.encode(),
            self.credential_id.encode(),
            self.provider.encode(),
            str(self.revision).encode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What the database keeps: useless without key ``kek_id``."""

    kek_id: str
    wrapped_dek: bytes
    blob: bytes


def seal(ring: KeyRing, secret: bytes, identity: Identity) -> Sealed:
    """``secret`` under a new data key, wrapped by the ring's primary key."""
    dek = AESGCM.generate_key(KEY_BITS)
    nonce = os.urandom(NONCE_BYTES)
    kek_id, wrapped = _wrap(ring, dek, identity)
    body = AESGCM(dek).encrypt(nonce, secret, identity.encoded())
    return Sealed(kek_id=kek_id, wrapped_dek=wrapped, blob=MAGIC + nonce + body)


def unseal(ring: KeyRing, sealed: Sealed, identity: Identity) -> bytes:
    """What was sealed.

    Raises:
        ConfigurationError: the ring lacks the key, or holds another under its id.
        Permanent: the row was altered, or belongs to another identity.
    """
    dek = _unwrap(ring, sealed, identity)
    nonce_end = len(MAGIC) + NONCE_BYTES
    nonce = sealed.blob[len(MAGIC) : nonce_end]
    if sealed.blob[: len(MAGIC)] != MAGIC or len(nonce) != NONCE_BYTES:
        raise _altered(identity)
    try:
        return AESGCM(dek).decrypt(nonce, sealed.blob[nonce_end:], identity.encoded())
    except InvalidTag:
        raise _altered(identity) from None


def rewrap(ring: KeyRing, sealed: Sealed, identity: Identity) -> Sealed:
    """The same blob with its data key wrapped by the primary key of now."""
    kek_id, wrapped = _wrap(ring, _unwrap(ring, sealed, identity), identity)
    return Sealed(kek_id=kek_id, wrapped_dek=wrapped, blob=sealed.blob)


def _wrap(ring: KeyRing, dek: bytes, identity: Identity) -> tuple[str, bytes]:
    kek_id, kek = ring.primary()
    nonce = os.urandom(NONCE_BYTES)
    return kek_id, nonce + AESGCM(kek).encrypt(nonce, dek, _wrapping(kek_id, identity))


def _unwrap(ring: KeyRing, sealed: Sealed, identity: Identity) -> bytes:
    kek = ring.key(sealed.kek_id)
    nonce, wrapped = sealed.wrapped_dek[:NONCE_BYTES], sealed.wrapped_dek[NONCE_BYTES:]
    try:
        return AESGCM(kek).decrypt(nonce, wrapped, _wrapping(sealed.kek_id, identity))
    except (InvalidTag, ValueError):
        raise ConfigurationError(
            f"key {sealed.kek_id!r} does not open the data key of credential "
            f"{identity.credential_id}",
            remedy=f"Put the key that had the id {sealed.kek_id!r} back into the ring; if it is "
            "the right one, the row was altered: restore it or rotate the credential.",
        ) from None


def _wrapping(kek_id: str, identity: Identity) -> bytes:
    return _framed(b"dek", kek_id.encode()) + identity.encoded()


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _altered(identity: Identity) -> Permanent:
    return Permanent(
        f"the sealed secret of credential {identity.credential_id} was altered, or belongs to "
        "another credential",
        remedy="Restore the row from a backup, or enter the credential again with "
        "`optiinfra credentials rotate`.",
    )
