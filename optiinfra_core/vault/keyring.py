"""The key ring: key-encryption keys by id, from the environment or a private file; no default."""

import secrets
import threading
from dataclasses import replace
from pathlib import Path

from pydantic import SecretBytes

from optiinfra_core.errors import ConfigurationError, Conflict
from optiinfra_core.settings import Settings
from optiinfra_core.vault import keyfile
from optiinfra_core.vault.keyfile import KEY_BYTES, KEY_ID, KeySet, decode_key, new_key


class KeyRing:
    """The keys that wrap data keys: the primary wraps new ones, the others still open old ones.

    Safe for threads. A ring from a file notices that another process replaced the file. Keys
    never print.
    """

    def __init__(
        self, content: KeySet, *, path: Path | None = None, pepper: SecretBytes | None = None
    ) -> None:
        self._content = content
        self._path = path
        self._pepper = pepper
        self._stamp = keyfile.stamp(path) if path else None
        self._lock = threading.Lock()

    @classmethod
    def load(cls, settings: Settings) -> "KeyRing":
        """The ring of OPTIINFRA_VAULT_KEYS if that is set, else of the key ring file.

        Raises:
            ConfigurationError: there is none, others may read the file, or a key is malformed.
        """
        told = settings.api_key_pepper
        pepper = decode_key("OPTIINFRA_API_KEY_PEPPER", told.get_secret_value()) if told else None
        if settings.vault_keys is not None:
            return cls(_parse_list(settings.vault_keys.get_secret_value()), pepper=pepper)
        path = settings.keyring_path
        return cls(keyfile.read(path), path=path, pepper=pepper)

    @classmethod
    def create(cls, path: Path) -> "KeyRing":
        """A new file of mode 0600 with one random key and a pepper for API keys.

        Raises:
            Conflict: there is a file already.
        """
        key_id, key = new_key()
        pepper = SecretBytes(secrets.token_bytes(KEY_BYTES))
        content = KeySet(primary=key_id, keys={key_id: key}, pepper=pepper)
        keyfile.create(path, content)
        return cls(content, path=path)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every key's id."""
        return tuple(self._content.keys)

    @property
    def pepper(self) -> SecretBytes:
        """What API keys are hashed with.

        Raises:
            ConfigurationError: neither OPTIINFRA_API_KEY_PEPPER nor the file has one.
        """
        pepper = self._pepper or self._content.pepper
        if pepper is None:
            raise ConfigurationError(
                "there is no pepper for API keys",
                remedy="Set OPTIINFRA_API_KEY_PEPPER to `openssl rand -base64 32`, and keep it.",
            )
        return pepper

    def primary(self) -> tuple[str, bytes]:
        """Id and bytes of the key that wraps, as the source stands now.

        Raises:
            ConfigurationError: the file is gone: what is sealed now could never be opened again.
        """
        self._refresh()
        content = self._content
        return content.primary, content.keys[content.primary].get_secret_value()

    def key(self, key_id: str) -> bytes:
        """The key with this id.

        Raises:
            ConfigurationError: the ring has none, not even after the file was read again.
        """
        if key_id not in self._content.keys:
            self._refresh()
        key = self._content.keys.get(key_id)
        if key is None:
            raise ConfigurationError(
                f"the key ring has no key {key_id!r}, which wraps a stored credential",
                remedy=f"Put key {key_id!r} back into the ring; it has {', '.join(self.ids)}.",
            )
        return key.get_secret_value()

    def rotate(self) -> str:
        """Add a random key to the file and make it primary; returns its id.

        Old keys stay until ``retire``; ``Vault.rewrap`` moves the credentials over.
        """
        path = self._file("Put a new id:key pair first in OPTIINFRA_VAULT_KEYS and restart.")
        key_id, key = new_key()
        with keyfile.locked(path):
            now = keyfile.read(path)
            keys = {**now.keys, key_id: key}
            keyfile.overwrite(path, replace(now, primary=key_id, keys=keys))
        self._refresh()
        return key_id

    def retire(self, key_id: str) -> None:
        """Take a key out of the file. ``Vault.retire`` first makes sure that nothing needs it.

        Raises:
            Conflict: it is the primary key.
            ConfigurationError: the ring does not have it, or comes from the environment.
        """
        path = self._file("Take the pair out of OPTIINFRA_VAULT_KEYS and restart.")
        with keyfile.locked(path):
            now = keyfile.read(path)
            if key_id == now.primary:
                raise Conflict(
                    f"key {key_id!r} is the primary key",
                    remedy="Rotate first: `optiinfra vault rotate-kek`.",
                )
            if key_id not in now.keys:
                raise ConfigurationError(f"the key ring has no key {key_id!r}")
            kept = {name: key for name, key in now.keys.items() if name != key_id}
            keyfile.overwrite(path, replace(now, keys=kept))
        self._refresh()

    def _refresh(self) -> None:
        if self._path is None:
            return
        with self._lock:
            seen = keyfile.stamp(self._path)
            if seen != self._stamp:
                self._content, self._stamp = keyfile.read(self._path), seen

    def _file(self, otherwise: str) -> Path:
        if self._path is None:
            raise ConfigurationError("the keys come from the environment", remedy=otherwise)
        return self._path


def _parse_list(text: str) -> KeySet:
    keys: dict[str, SecretBytes] = {}
    for pair in text.split(","):
        key_id, colon, encoded = pair.strip().partition(":")
        if not colon or not KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ConfigurationError(
                "OPTIINFRA_VAULT_KEYS is malformed",
                remedy="Write id:base64[,id:base64...]; ids are a-z, 0-9 and '-', each once.",
            )
        keys[key_id] = decode_key(f"key {key_id!r} in OPTIINFRA_VAULT_KEYS", encoded)
    return KeySet(primary=next(iter(keys)), keys=keys)
