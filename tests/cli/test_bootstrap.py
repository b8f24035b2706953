"""The bootstrap script: when it installs, from where, and that its locks name no host."""

import importlib.util
import re
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, working in an empty folder."""
    loader = SourceFileLoader("bootstrap", str(ROOT / "optiinfra"))
    spec = importlib.util.spec_from_loader("bootstrap", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)  # no optiinfra.pyc at the root
    loader.exec_module(module)
    for name in LOCKS:
        (tmp_path / name).write_text(f"# {name}\n")
    places = {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "BOOT": tmp_path / ".boot",
        "STAMP": tmp_path / ".venv" / "optiinfra.json",
        "RUNTIME": tmp_path / LOCKS[0],
        "DEVELOPMENT": tmp_path / LOCKS[1],
    }
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    return module


def stamped(bootstrap: ModuleType, lock: Path) -> None:
    """An environment that was made from ``lock``."""
    bootstrap.VENV.mkdir(exist_ok=True)
    bootstrap.STAMP.write_text(bootstrap.json.dumps(bootstrap.fingerprint(lock)))


def test_an_environment_counts_only_when_it_was_finished(bootstrap: ModuleType) -> None:
    """Without a stamp, or with a damaged one, the environment is made again."""
    locks = (bootstrap.RUNTIME,)
    assert not bootstrap.prepared(locks)
    stamped(bootstrap, bootstrap.RUNTIME)
    assert bootstrap.prepared(locks)
    bootstrap.STAMP.write_text("{")
    assert not bootstrap.prepared(locks)


def test_a_changed_lock_or_a_moved_checkout_asks_for_a_new_environment(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp holds the lock's hash and where the checkout was."""
    stamped(bootstrap, bootstrap.RUNTIME)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path / "elsewhere")
    assert not bootstrap.prepared((bootstrap.RUNTIME,))
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    bootstrap.RUNTIME.write_text("changed\n")
    assert not bootstrap.prepared((bootstrap.RUNTIME,))


def test_the_development_environment_serves_every_command(bootstrap: ModuleType) -> None:
    """After ``test`` no other command installs anything, but not the other way round."""
    stamped(bootstrap, bootstrap.DEVELOPMENT)
    assert bootstrap.prepared((bootstrap.RUNTIME, bootstrap.DEVELOPMENT))
    stamped(bootstrap, bootstrap.RUNTIME)
    assert not bootstrap.prepared((bootstrap.DEVELOPMENT,))


def test_pip_settings_reach_uv(bootstrap: ModuleType, tmp_path: Path) -> None:
    """Index, further indexes, folders of wheels, certificates and hosts keep their meaning."""
    pip = {
        "index-url": "https://one.example/simple",
        "extra-index-url": "https://two.example/simple\nfile:///three",
        "find-links": f"{tmp_path} /not/there https://four.example/links",
        "cert": "/etc/ca.pem",
        "trusted-host": "one.example",
        "timeout": "180",
    }
    made = bootstrap.uv_environment({"HOME": "/home"}, pip)
    assert made["UV_DEFAULT_INDEX"] == "https://one.example/simple"
    assert made["UV_INDEX"] == "https://two.example/simple file:///three"
    assert made["UV_FIND_LINKS"] == f"{tmp_path},https://four.example/links"
    assert made["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert made["UV_INSECURE_HOST"] == "one.example"
    assert made["UV_HTTP_TIMEOUT"] == "180"
    assert made["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert made["HOME"] == "/home"


def test_what_is_said_to_uv_itself_wins(bootstrap: ModuleType) -> None:
    """A variable of uv, also under its older name, is left as it is."""
    pip = {"index-url": "https://pip.example", "extra-index-url": "https://more.example"}
    said = {"UV_INDEX_URL": "https://uv.example", "UV_INDEX": "https://also.example"}
    made = bootstrap.uv_environment(said, pip)
    assert "UV_DEFAULT_INDEX" not in made
    assert made["UV_INDEX"] == "https://also.example"


def test_the_environment_wins_over_pips_files(bootstrap: ModuleType, tmp_path: Path) -> None:
    """Settings are read as pip reads them: files first, variables over them."""
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://file.example\ntimeout = 7\n")
    environ = {"PIP_CONFIG_FILE": str(config), "PIP_INDEX_URL": "https://variable.example"}
    found = bootstrap.pip_settings(environ)
    assert found["index-url"] == "https://variable.example"
    assert found["timeout"] == "7"


def test_one_installation_at_a_time(bootstrap: ModuleType) -> None:
    """Who comes second cannot take the lock while the first one installs."""
    fcntl = bootstrap.fcntl
    with (
        bootstrap.alone(),
        (bootstrap.BOOT / "lock").open("w") as second,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host_and_hash_everything(name: str) -> None:
    """A lock works with any package index, and every package in it has a hash."""
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
    pins = re.findall(r"^[a-z0-9].*==.*$", text, re.MULTILINE)
    assert len(pins) > 100
    assert all(pin.endswith("\\") for pin in pins)


def pinned(name: str) -> dict[str, str]:
    """Versions by package name."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^ \\]+)", text, re.MULTILINE))


def test_the_development_lock_contains_the_other() -> None:
    """The tests run on the versions that are shipped."""
    assert pinned(LOCKS[0]).items() <= pinned(LOCKS[1]).items()


def test_locks_hold_what_the_project_asks_for() -> None:
    """A dependency that was added without running .ci/lock is noticed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    shipped = [*project["dependencies"], *extras["embedded"], *extras["simulator"]]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=~! ;]", each)[0].lower() for each in requirements}

    assert names(shipped) <= pinned(LOCKS[0]).keys()
    assert names(shipped + extras["dev"]) <= pinned(LOCKS[1]).keys()
