"""deploy/make-secrets: everything the containers need, once, closed to others."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from optiinfra_core.settings import SECRETS_DIR, Settings
from optiinfra_core.vault.keyring import KeyRing

ROOT = Path(__file__).parents[2]
# Keys of the API are made by the API, once it runs.
FILLED_LATER = {"optiinfra_metrics_key"}


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script for ``folder``."""
    command = [str(ROOT / "deploy/make-secrets"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A fresh set of secrets."""
    done = make(tmp_path / "secrets")
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "secrets"


def test_the_folder_is_closed_and_the_files_are_open(made: Path) -> None:
    """On the host the folder keeps others out; in a container every user reads its files."""
    assert made.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in made.iterdir()} == {0o444}


def test_it_makes_what_the_compose_file_names(made: Path) -> None:
    """Neither a file too few nor one too many."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    named = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert {file.name for file in made.iterdir()} == named


def test_it_never_overwrites(made: Path) -> None:
    """New keys in place of old ones would lose every stored credential."""
    before = {file.name: file.read_text() for file in made.iterdir()}
    done = make(made)
    assert done.returncode == 2
    assert "remedy" in done.stderr
    assert {file.name: file.read_text() for file in made.iterdir()} == before


def test_nothing_is_printed_and_nothing_repeats(made: Path, tmp_path: Path) -> None:
    """Every installation has secrets of its own, and no terminal saw them."""
    other = tmp_path / "other"
    done = make(other)
    for file in made.iterdir():
        told = (other / file.name).read_text()
        if file.name in FILLED_LATER:
            assert not told.strip()
            continue
        assert told != file.read_text()
        assert told.strip() not in done.stdout + done.stderr


def test_the_settings_and_the_key_ring_read_them(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault has one primary key and a pepper, the servers their passwords."""
    monkeypatch.setenv(SECRETS_DIR, str(made))
    settings = Settings()
    ring = KeyRing.load(settings)
    assert len(ring.primary()[1]) == len(ring.pepper.get_secret_value()) == 32
    assert settings.postgres_url is not None
    owner = (made / "postgres_optiinfra_password").read_text().strip()
    assert settings.postgres_url.get_secret_value() == (
        f"postgresql://optiinfra:{owner}@postgres:5432/optiinfra"
    )


@pytest.mark.parametrize(
    ("user", "file"),
    [
        ("optiinfra", "optiinfra_clickhouse_password"),
        ("reader", "optiinfra_clickhouse_reader_password"),
    ],
)
def test_clickhouse_gets_digests_of_the_passwords(made: Path, user: str, file: str) -> None:
    """Its container holds no password that opens anything."""
    told = (made / "clickhouse_passwords.xml").read_text()
    (digest,) = re.findall(rf"<{user}_sha256>([0-9a-f]+)</{user}_sha256>", told)
    password = (made / file).read_text().strip()
    assert digest == hashlib.sha256(password.encode()).hexdigest()
    assert password not in told
