"""The key ring's file: JSON that only its owner may read, replaced whole or not at all."""

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretBytes

from optiinfra_core.errors import ConfigurationError, Conflict

KEY_BYTES = 32
KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """Keys by id, the id of the one that wraps, and what API keys are hashed with."""

    primary: str
    keys: Mapping[str, SecretBytes]
    pepper: SecretBytes | None = None


def decode_key(name: str, text: str) -> SecretBytes:
    """32 bytes from base64 (either alphabet); ``name`` says in an error which key it was."""
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ConfigurationError(
            f"{name} is not base64 of {KEY_BYTES} bytes",
            remedy="Make a key with `openssl rand -base64 32`.",
        )
    return SecretBytes(raw)


def new_key() -> tuple[str, SecretBytes]:
    """A random key under a random id."""
    return f"k-{secrets.token_hex(4)}", SecretBytes(secrets.token_bytes(KEY_BYTES))


def stamp(path: Path) -> Stamp | None:
    """What changes when the file is replaced; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def read(path: Path) -> KeySet:
    """The keys in the file.

    Raises:
        ConfigurationError: it is missing, others may read it, or it is malformed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no key ring at {path}",
            remedy="Run `optiinfra init`, which creates it, or set OPTIINFRA_VAULT_KEYS.",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the key ring {path} cannot be read: {error.strerror}",
            remedy="Run as the user that owns the file.",
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"the key ring {path} is open to others (mode {mode:04o})",
                remedy=f"Run `chmod 600 {path}`; if others could read it, rotate the keys.",
            )
        return _parse(path, file.read())


def create(path: Path, content: KeySet) -> None:
    """Write a new file.

    Raises:
        Conflict: there is one already; overwriting it would lose every sealed credential.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise Conflict(
            f"there is a key ring at {path} already",
            remedy="Keep it: without it the sealed credentials cannot be opened.",
        ) from None
    finally:
        draft.unlink()
    _sync(path.parent)


def overwrite(path: Path, content: KeySet) -> None:
    """Put a new version in place of the file; readers see the old one or the new one."""
    draft = _draft(path, content)
    draft.replace(path)
    _sync(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time changes the file."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _parse(path: Path, raw: bytes) -> KeySet:
    try:
        told = json.loads(raw)
        primary = told["primary"]
        keys = {key_id: decode_key(f"key {key_id!r}", key) for key_id, key in told["keys"].items()}
        pepper = told.get("api_key_pepper")
    except (ValueError, KeyError, TypeError, AttributeError):
        keys, primary, pepper = {}, "", None
    if primary not in keys or not all(KEY_ID.fullmatch(key_id) for key_id in keys):
        raise ConfigurationError(
            f"the key ring {path} is damaged",
            remedy="Restore it from your backup; a new one cannot open what is sealed.",
        )
    return KeySet(
        primary=primary, keys=keys, pepper=decode_key("api_key_pepper", pepper) if pepper else None
    )


def _draft(path: Path, content: KeySet) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600), "w") as file:
        json.dump(_plain(content), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _plain(content: KeySet) -> dict[str, object]:
    plain: dict[str, object] = {
        "version": 1,
        "primary": content.primary,
        "keys": {key_id: _encode(key) for key_id, key in content.keys.items()},
    }
    if content.pepper is not None:
        plain["api_key_pepper"] = _encode(content.pepper)
    return plain


def _encode(key: SecretBytes) -> str:
    return base64.b64encode(key.get_secret_value()).decode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
