"""The key ring fails closed: no default key, no file that others may read."""

import base64
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from optiinfra_core.errors import ConfigurationError, Conflict
from optiinfra_core.settings import Settings
from optiinfra_core.vault.keyring import KeyRing


def encoded(letter: bytes) -> str:
    """A key as it is written."""
    return base64.b64encode(letter * 32).decode()


def settings(folder: Path, **told: str) -> Settings:
    """Settings of an installation in ``folder``."""
    secrets = {name: SecretStr(value) for name, value in told.items()}
    return Settings(data_dir=folder, **secrets)  # type: ignore[arg-type]


def test_without_any_key_nothing_works(tmp_path: Path) -> None:
    """There is no default; the remedy says how to get a ring."""
    with pytest.raises(ConfigurationError) as told:
        KeyRing.load(settings(tmp_path))
    assert "optiinfra init" in told.value.remedy


def test_a_created_ring_is_private_and_loads(tmp_path: Path) -> None:
    """File 0600 in a folder 0700, the same keys again, and a pepper."""
    chosen = settings(tmp_path)
    made = KeyRing.create(chosen.keyring_path)
    assert chosen.keyring_path.stat().st_mode & 0o777 == 0o600
    assert chosen.keyring_path.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in chosen.keyring_path.parent.iterdir()] == ["keyring.json"]
    loaded = KeyRing.load(chosen)
    assert loaded.primary() == made.primary()
    assert loaded.pepper == made.pepper
    assert len(loaded.pepper.get_secret_value()) == 32


def test_a_ring_is_never_overwritten(tmp_path: Path) -> None:
    """A second creation is refused and leaves the first."""
    path = tmp_path / "keyring.json"
    KeyRing.create(path)
    before = path.read_bytes()
    with pytest.raises(Conflict):
        KeyRing.create(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o777])
def test_a_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or world; the remedy is the command that closes it."""
    chosen = settings(tmp_path)
    KeyRing.create(chosen.keyring_path)
    chosen.keyring_path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"{mode:04o}") as told:
        KeyRing.load(chosen)
    assert "chmod 600" in told.value.remedy


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"primary": "k1", "keys": {}}',
        '{"primary": "k1", "keys": {"k1": 5}}',
        json.dumps({"primary": "k2", "keys": {"k1": encoded(b"1")}}),
        json.dumps({"primary": "K!", "keys": {"K!": encoded(b"1")}}),
        json.dumps({"primary": "k1", "keys": {"k1": "c2hvcnQ="}}),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    """Nothing is guessed from half a ring."""
    path = tmp_path / "keyring.json"
    path.write_text(content, encoding="ascii")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        KeyRing.load(settings(tmp_path).model_copy(update={"vault_key_file": path}))


def test_the_environments_keys_win_and_the_first_is_primary(tmp_path: Path) -> None:
    """Both base64 alphabets are read; the file is not asked."""
    second = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    ring = KeyRing.load(settings(tmp_path, vault_keys=f"k2:{encoded(b'2')}, k1:{second}"))
    assert ring.primary() == ("k2", b"2" * 32)
    assert ring.key("k1") == b"\xff" * 32
    assert ring.ids == ("k2", "k1")


@pytest.mark.parametrize(
    "told",
    ["", "k1", f":{encoded(b'1')}", "k1:c2hvcnQ=", "k1:!!", f"K:{encoded(b'1')}",
     f"k1:{encoded(b'1')},k1:{encoded(b'2')}", f"k1:{encoded(b'1')},"],
)  # fmt: skip
def test_malformed_keys_are_refused_without_being_quoted(tmp_path: Path, told: str) -> None:
    """The error names the key's id, never the key."""
    with pytest.raises(ConfigurationError) as error:
        KeyRing.load(settings(tmp_path, vault_keys=told))
    assert "c2hvcnQ" not in error.value.detail + error.value.remedy


def test_the_pepper_is_demanded_by_who_needs_it(tmp_path: Path) -> None:
    """Keys from the environment come without a pepper; its own setting brings one."""
    keys = f"k1:{encoded(b'1')}"
    with pytest.raises(ConfigurationError, match="pepper"):
        _ = KeyRing.load(settings(tmp_path, vault_keys=keys)).pepper
    ring = KeyRing.load(settings(tmp_path, vault_keys=keys, api_key_pepper=encoded(b"p")))
    assert ring.pepper.get_secret_value() == b"p" * 32
    with pytest.raises(ConfigurationError, match="PEPPER"):
        KeyRing.load(settings(tmp_path, vault_keys=keys, api_key_pepper="short"))


def test_another_process_follows_a_rotation(tmp_path: Path) -> None:
    """A ring that was loaded before wraps with the new primary and still opens with the old."""
    path = settings(tmp_path).keyring_path
    ours = KeyRing.create(path)
    theirs = KeyRing.load(settings(tmp_path))
    old = ours.primary()[0]
    new = ours.rotate()
    assert theirs.primary()[0] == new != old
    assert theirs.key(old) == ours.key(old)
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_its_file_a_ring_wraps_nothing_more(tmp_path: Path) -> None:
    """Sealing under a key that exists in memory only would lose the secret at the next start."""
    path = settings(tmp_path).keyring_path
    ring = KeyRing.create(path)
    old, key = ring.primary()
    path.unlink()
    with pytest.raises(ConfigurationError, match="no key ring"):
        ring.primary()
    assert ring.key(old) == key


def test_a_retired_key_is_gone_and_the_primary_stays(tmp_path: Path) -> None:
    """The primary cannot be retired, nor a key that is not there."""
    ring = KeyRing.create(settings(tmp_path).keyring_path)
    old, pepper = ring.primary()[0], ring.pepper
    with pytest.raises(Conflict):
        ring.retire(old)
    new = ring.rotate()
    ring.retire(old)
    assert (ring.ids, ring.pepper) == ((new,), pepper)
    with pytest.raises(ConfigurationError, match=old):
        ring.key(old)
    with pytest.raises(ConfigurationError, match=old):
        ring.retire(old)


def test_keys_of_the_environment_are_rotated_there(tmp_path: Path) -> None:
    """The remedy names the variable."""
    ring = KeyRing.load(settings(tmp_path, vault_keys=f"k1:{encoded(b'1')}"))
    with pytest.raises(ConfigurationError) as told:
        ring.rotate()
    assert "OPTIINFRA_VAULT_KEYS" in told.value.remedy


def test_keys_do_not_print(tmp_path: Path) -> None:
    """Neither the ring nor what it holds shows a key when printed."""
    ring = KeyRing.load(settings(tmp_path, vault_keys=f"k1:{encoded(b'Q')}"))
    printed = f"{ring!r} {vars(ring)!r}"
    assert "QQQQ" not in printed
    assert encoded(b"Q") not in printed
