"""Settings come from the environment and from a folder of secret files, and never print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import SECRETS_DIR, Settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPTIINFRA_")]:  # noqa: TID251
        monkeypatch.delenv(name)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secret files that the environment names."""
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    return tmp_path


def test_settings_load_with_an_empty_environment() -> None:
    """A process without any setting starts: embedded servers, no secrets."""
    done = subprocess.run(
        [sys.executable, "-c", "from optiinfra_core.settings import settings; settings()"],
        env={"HOME": "/nonexistent", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_in_the_secrets_folder_gives_a_setting(secrets: Path) -> None:
    """The file's name is the variable's in small letters; its last line break is not the secret."""
    (secrets / "optiinfra_clickhouse_password").write_text("from a file\n")
    password = Settings().clickhouse_password
    assert password is not None
    assert password.get_secret_value() == "from a file"


def test_the_environment_wins_over_a_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator can override one secret without rewriting the folder."""
    (secrets / "optiinfra_environment").write_text("file")
    monkeypatch.setenv("OPTIINFRA_ENVIRONMENT", "variable")
    assert Settings().environment == "variable"


def test_files_of_others_in_the_folder_are_left_alone(secrets: Path) -> None:
    """The folder may hold Dagster's or Postgres's secrets beside ours."""
    (secrets / "dagster_postgres_url").write_text("not ours")
    assert Settings().postgres_url is None


def test_a_secrets_folder_that_is_missing_is_said_at_once(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgotten mount must not look like an installation without secrets."""
    monkeypatch.setenv(SECRETS_DIR, str(secrets / "missing"))
    with pytest.raises(ConfigurationError, match="missing, which is no folder"):
        Settings()


def test_secrets_never_print(secrets: Path) -> None:
    """A settings object in a log or a traceback shows no secret."""
    (secrets / "optiinfra_postgres_url").write_text("postgresql://u:hunter2@h/d")
    assert "hunter2" not in f"{Settings()!r} {Settings()} {Settings().model_dump_json()}"


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        ("", ()),
        ("https://a.example, https://b.example,", ("https://a.example", "https://b.example")),
    ],
)
def test_origins_are_a_list_with_commas(
    told: str, understood: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable allows no origin; blanks and a last comma do no harm."""
    monkeypatch.setenv("OPTIINFRA_CORS_ORIGINS", told)
    assert Settings().cors_origins == understood
