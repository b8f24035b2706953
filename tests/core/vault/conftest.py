"""A key ring in a file, and a vault over it."""

from pathlib import Path

import pytest

from optiinfra_core.database import Database
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import FixedClock


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A new key ring file."""
    return KeyRing.create(tmp_path / "keys" / "keyring.json")


@pytest.fixture
def vault(database: Database, ring: KeyRing, clock: FixedClock) -> Vault:
    """A vault over the module's database."""
    return Vault(database, ring, clock)
