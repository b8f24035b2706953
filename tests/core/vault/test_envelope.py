"""What is sealed opens with its key for its owner, and in no other way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes

from optiinfra_core.errors import ConfigurationError, Permanent
from optiinfra_core.vault.envelope import Identity, Sealed, rewrap, seal, unseal
from optiinfra_core.vault.keyfile import KeySet
from optiinfra_core.vault.keyring import KeyRing

OWNER = Identity(customer_id="acme", credential_id="c-1", provider="aws", revision=1)
SECRET = b'{"secret":"planted"}'


def ring_of(primary: str = "k1", **keys: bytes) -> KeyRing:
    """A ring in memory."""
    found = {name: SecretBytes(key * 32) for name, key in (keys or {"k1": b"1"}).items()}
    return KeyRing(KeySet(primary=primary, keys=found))


def flipped(data: bytes, bit: int) -> bytes:
    """``data`` with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(secret=st.binary(max_size=200), customer=st.text(max_size=20), number=st.integers(1, 9))
def test_what_was_sealed_comes_back(secret: bytes, customer: str, number: int) -> None:
    """Any bytes for any identity; the sealed form does not hold them."""
    owner = replace(OWNER, customer_id=customer, revision=number)
    sealed = seal(ring_of(), secret, owner)
    assert unseal(ring_of(), sealed, owner) == secret
    assert len(secret) < 8 or secret not in sealed.blob


def test_every_changed_bit_is_noticed() -> None:
    """Each bit of the blob and of the wrapped key, one at a time."""
    ring = ring_of()
    sealed = seal(ring, SECRET, OWNER)
    for bit in range(len(sealed.blob) * 8):
        with pytest.raises(Permanent):
            unseal(ring, replace(sealed, blob=flipped(sealed.blob, bit)), OWNER)
    for bit in range(len(sealed.wrapped_dek) * 8):
        with pytest.raises(ConfigurationError):
            unseal(ring, replace(sealed, wrapped_dek=flipped(sealed.wrapped_dek, bit)), OWNER)


@given(length=st.integers(0, 60))
def test_a_cut_row_is_noticed(length: int) -> None:
    """Short blobs and short wrapped keys fail in our words."""
    ring = ring_of()
    sealed = seal(ring, SECRET, OWNER)
    with pytest.raises(Permanent):
        unseal(ring, replace(sealed, blob=sealed.blob[: min(length, len(sealed.blob) - 1)]), OWNER)
    cut = sealed.wrapped_dek[: min(length, len(sealed.wrapped_dek) - 1)]
    with pytest.raises(ConfigurationError):
        unseal(ring, replace(sealed, wrapped_dek=cut), OWNER)


@pytest.mark.parametrize(
    "thief",
    [
        replace(OWNER, customer_id="evil"),
        replace(OWNER, credential_id="c-2"),
        replace(OWNER, provider="gcp"),
        replace(OWNER, revision=2),
        replace(OWNER, customer_id="acm", credential_id="ec-1"),
    ],
)
def test_a_row_copied_to_another_identity_does_not_open(thief: Identity) -> None:
    """Customer, credential, provider and revision each count, and do not run together."""
    ring = ring_of()
    with pytest.raises(ConfigurationError):
        unseal(ring, seal(ring, SECRET, OWNER), thief)


def test_a_blob_moved_under_another_rows_key_does_not_open() -> None:
    """The data key of one row says nothing about the blob of another."""
    ring = ring_of()
    other = replace(OWNER, credential_id="c-2")
    mixed = replace(seal(ring, SECRET, OWNER), blob=seal(ring, SECRET, other).blob)
    with pytest.raises(Permanent, match="c-1"):
        unseal(ring, mixed, OWNER)


def test_a_missing_key_is_named() -> None:
    """The error tells which key to bring back, and which are there."""
    sealed = seal(ring_of(), SECRET, OWNER)
    with pytest.raises(ConfigurationError, match="'k1'") as told:
        unseal(ring_of("k2", k2=b"2"), sealed, OWNER)
    assert "k2" in told.value.remedy


def test_another_key_under_the_same_id_is_told() -> None:
    """A wrong key is not mistaken for a damaged row alone."""
    sealed = seal(ring_of(), SECRET, OWNER)
    with pytest.raises(ConfigurationError, match="does not open"):
        unseal(ring_of(k1=b"x"), sealed, OWNER)


def test_rewrapping_leaves_the_blob_as_it_is() -> None:
    """Only the wrapped key changes; the old key is not needed any more."""
    sealed = seal(ring_of(), SECRET, OWNER)
    moved: Sealed = rewrap(ring_of("k2", k1=b"1", k2=b"2"), sealed, OWNER)
    assert (moved.blob, moved.kek_id) == (sealed.blob, "k2")
    assert moved.wrapped_dek != sealed.wrapped_dek
    assert unseal(ring_of("k2", k2=b"2"), moved, OWNER) == SECRET


def test_sealing_twice_gives_nothing_in_common() -> None:
    """Every sealing has its own data key and nonces."""
    first, second = (seal(ring_of(), SECRET, OWNER) for _ in range(2))
    assert first.blob[4:] != second.blob[4:]
    assert first.wrapped_dek[:12] != second.wrapped_dek[:12]
