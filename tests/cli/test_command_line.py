"""The command line as scripts and people meet it: speed, exit codes, JSON, and where secrets go."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_cli import credential_input
from optiinfra_cli.exits import Exit, exit_of
from optiinfra_cli.options import instant
from optiinfra_core import errors
from optiinfra_core.collecting.contract import Credential
from optiinfra_core.embedded.clickhouse import stop_clickhouse
from optiinfra_core.embedded.postgres import stop_postgres
from optiinfra_core.errors import InvalidRequest

ROOT = Path(__file__).parents[2]
# What takes long to import, or would open something.
HEAVY = ("dagster", "boto3", "botocore", "pandas", "pyarrow", "pydantic", "psycopg", "httpx",
         "clickhouse_connect", "cryptography", "rich", "fastapi")  # fmt: skip

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory whose servers are stopped at the end."""
    folder = tmp_path_factory.mktemp("installation")
    yield folder
    stop_clickhouse(folder)
    stop_postgres(folder)


@pytest.fixture
def run(home: Path) -> Run:
    """Runs ``optiinfra`` over the module's data directory."""

    def run(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME")}  # noqa: TID251 - a child's
        environment = {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "OPTIINFRA_DATA_DIR": str(home),
            **variables,
        }
        command = (sys.executable, "-P", "-m", "optiinfra_cli", *arguments)
        return subprocess.run(
            command, check=False, capture_output=True, text=True, input=text, env=environment
        )

    return run


def told(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on stdout."""
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_help_imports_nothing_heavy() -> None:
    """The commands can be listed without Dagster, a driver, an SDK or even pydantic."""
    program = (
        "import sys; from optiinfra_cli.app import app; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.defpath}
    answer = subprocess.run(
        (sys.executable, "-c", program), check=True, capture_output=True, text=True, env=environment
    )
    assert answer.stdout.strip() == "[]"


def test_help_names_every_command_and_exit_code(run: Run) -> None:
    """What the documentation lists is what --help lists."""
    shown = run("--help").stdout
    groups = ("customers", "credentials", "keys", "simulator", "vault")
    single = ("demo", "test", "init", "up", "down", "status", "doctor", "collect", "backfill",
              "spending", "quality")  # fmt: skip
    for command in (*groups, *single, "migrate", "openapi"):
        assert command in shown
        assert f"`{command}" in (ROOT / "docs" / "cli.md").read_text()
    assert "Exit codes: 0 done; 2" in shown


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError("x"), Exit.CONFIGURATION),
        (errors.CredentialRejected("x"), Exit.CREDENTIAL),
        (errors.PermissionMissing("x", permissions=("a",)), Exit.CREDENTIAL),
        (errors.NotFound("x"), Exit.USAGE),
        (errors.Conflict("x"), Exit.USAGE),
        (errors.InvalidRequest("x"), Exit.USAGE),
        (errors.Transient("x"), Exit.UPSTREAM),
        (errors.Throttled("x"), Exit.UPSTREAM),
        (errors.Malformed("x"), Exit.UPSTREAM),
    ],
)
def test_failures_have_stable_exit_codes(error: errors.OptiInfraError, code: Exit) -> None:
    """A script can tell failures apart by the exit code alone."""
    assert exit_of(error) is code


def test_a_wrong_option_is_a_usage_error(run: Run) -> None:
    """Unknown words end with 2 and say so on stderr."""
    answer = run("customers", "ad")
    assert answer.returncode == Exit.USAGE
    assert "ad" in answer.stderr


def test_a_failure_is_one_json_object_with_a_remedy(run: Run) -> None:
    """With --json a failure too is an object on stdout, and nothing else is there."""
    answer = run("keys", "create", "k", "--customer", "nobody", "--json")
    assert answer.returncode == Exit.USAGE
    assert told(answer)["ok"] is False
    assert set(told(answer)["error"]) == {"code", "title", "detail", "remedy"}
    assert "nobody" in told(answer)["error"]["detail"]


def test_a_failure_for_people_has_its_remedy_and_no_colour(run: Run) -> None:
    """Without --json the remedy stands on stderr; outside a terminal nothing is coloured."""
    answer = run("customers", "add", "Not A Slug")
    assert answer.returncode == Exit.USAGE
    assert "Remedy: " in answer.stderr
    assert "\x1b" not in answer.stdout + answer.stderr


def test_a_wrong_setting_is_a_configuration_error(run: Run) -> None:
    """A setting that cannot be meant ends with 3 and is named."""
    answer = run("init", "--json", OPTIINFRA_RAW_DAYS="never")
    assert answer.returncode == Exit.CONFIGURATION
    assert "OPTIINFRA_RAW_DAYS" in told(answer)["error"]["detail"]


def test_init_makes_folders_and_a_key_ring_once(run: Run, home: Path) -> None:
    """The first call makes them closed to others, the second one makes nothing."""
    run("init")
    again = run("init", "--json")
    assert told(again)["made"] == []
    assert (home / "keys" / "keyring.json").stat().st_mode & 0o777 == 0o600
    assert (home / "logs").stat().st_mode & 0o777 == 0o700


def test_status_of_nothing_says_how_to_start(run: Run) -> None:
    """Nothing runs: exit code 5, and the object says so."""
    answer = run("status", "--json")
    assert answer.returncode == Exit.UPSTREAM
    assert told(answer)["running"] is False


def test_customers_and_keys_are_administered(run: Run) -> None:
    """Add, list, create, revoke: each answers with what it made."""
    assert told(run("customers", "add", "acme", "--name", "Acme Inc.", "--json"))["ok"]
    listed = told(run("customers", "list", "--json"))["customers"]
    assert [(each["slug"], each["name"]) for each in listed] == [("acme", "Acme Inc.")]
    create = ("keys", "create", "dashboards", "--customer", "acme", "--provider", "aws", "--json")
    made = told(run(*create))
    assert made["token"].startswith("oi_local_")
    assert made["key"]["scopes"] == [
        f"{kind}:read" for kind in ("costs", "performance", "resources", "applications")
    ]
    assert made["key"]["default_provider"] == "aws"
    assert run("keys", "revoke", made["key"]["id"]).returncode == Exit.OK
    (key,) = told(run("keys", "list", "--json"))["keys"]
    assert key["revoked_at"] is not None
    assert "token" not in key
    answer = run("customers", "add", "acme", "--json")
    assert told(answer)["error"]["code"] == "conflict"


def test_a_removed_customer_is_gone_and_its_id_stays_taken(run: Run) -> None:
    """Removal answers with counts, a second one with not found, and the slug is never free."""
    run("customers", "add", "gone", "--json")
    answer = run("customers", "remove", "gone", "--json", text="n\n")
    assert answer.returncode == Exit.USAGE
    assert (
        told(run("customers", "remove", "gone", "--yes", "--json"))["removed"]["credentials"] == 0
    )
    assert (
        told(run("customers", "remove", "gone", "--yes", "--json"))["error"]["code"] == "not-found"
    )
    assert told(run("customers", "add", "gone", "--json"))["error"]["code"] == "conflict"


def test_the_vaults_keys_turn_and_its_audit_log_is_whole(run: Run) -> None:
    """A rotation changes the primary key; the chain of the audit log stays intact."""
    first = told(run("vault", "rotate-kek", "--json"))
    second = told(run("vault", "rotate-kek", "--retire", "--json"))
    assert first["primary"] in first["ring"]
    assert second["ring"] == [second["primary"]]
    report = told(run("vault", "verify-audit", "--json"))
    assert report["first_broken"] is None


def test_the_doctor_gives_each_line_a_verdict(run: Run) -> None:
    """Every line is ok, warn or fail, and whatever is not ok has a remedy."""
    findings = told(run("doctor", "--json"))["findings"]
    assert {each["verdict"] for each in findings} <= {"ok", "warn", "fail"}
    assert all(each["remedy"] for each in findings if each["verdict"] != "ok")
    assert {"python", "disk", "data directory", "key ring", "ports"} <= {
        each["check"] for each in findings
    }


def test_the_doctor_fails_on_a_key_ring_that_others_may_read(run: Run, home: Path) -> None:
    """A key ring with loose rights is a failure with exit code 3."""
    run("init")
    ring = home / "keys" / "keyring.json"
    ring.chmod(0o644)
    try:
        answer = run("doctor", "--json")
    finally:
        ring.chmod(0o600)
    assert answer.returncode == Exit.CONFIGURATION
    verdicts = {each["check"]: each["verdict"] for each in told(answer)["findings"]}
    assert verdicts["key ring"] == "fail"


def test_a_budget_is_an_amount_or_the_default(run: Run) -> None:
    """A credential's limit is set, shown, and taken back; what is no amount is refused."""
    run("init")
    assert run("customers", "add", "thrifty").returncode == 0
    keys = json.dumps({"access_key_id": "AKIA" + "A" * 16, "secret_access_key": "s" * 40})
    added = run("credentials", "add", "thrifty", "aws", "--from", "-", "--no-verify", "--json",
                text=keys)  # fmt: skip
    name = told(added)["credential"]["id"]
    limited = run("credentials", "budget", name, "5.00", "--json")
    assert Decimal(told(limited)["credential"]["budget_usd"]) == Decimal(5)
    freed = run("credentials", "budget", name, "default", "--json")
    assert told(freed)["credential"]["budget_usd"] is None
    for wrong in ("five", "-1", "NaN"):
        assert run("credentials", "budget", name, "--", wrong).returncode == Exit.USAGE
    assert run("customers", "remove", "thrifty", "--yes").returncode == 0


class Keys(Credential):
    """A credential with a secret and two fields that are none."""

    access_key: str
    secret: SecretStr
    regions: tuple[str, ...] | None = None


def test_a_credential_comes_from_a_file_stdin_or_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sources hold the same JSON object; fields that are not secret may be set besides."""
    text = json.dumps({"access_key": "AK", "secret": "s3cret"})
    file = tmp_path / "credential.json"
    file.write_text(text)
    monkeypatch.setenv("CLOUD", text)
    for source in (str(file), "env:CLOUD"):
        read = credential_input.read(Keys, source, ("regions=eu-west-1, us-east-1",))
        assert isinstance(read, Keys)
        assert read.secret.get_secret_value() == "s3cret"
        assert read.regions == ("eu-west-1", "us-east-1")


@pytest.mark.parametrize(
    ("source", "settings", "complaint"),
    [
        ("env:CLOUD", ("secret=s3cret",), "secret is secret"),
        ("env:CLOUD", ("region=x",), "not a field"),
        ("env:ABSENT", (), "not set"),
        ("/nowhere/at/all", (), "cannot be read"),
        ("env:LIST", (), "no JSON object"),
        ("env:SHORT", (), "secret"),
        (None, (), "no terminal"),
    ],
)
def test_a_wrong_credential_is_told_without_its_values(
    monkeypatch: pytest.MonkeyPatch, source: str | None, settings: tuple[str, ...], complaint: str
) -> None:
    """The message names the field and what is wrong with it, never a value."""
    monkeypatch.setenv("CLOUD", '{"access_key": "AK", "secret": "s3cret"}')
    monkeypatch.setenv("LIST", '["s3cret"]')
    monkeypatch.setenv("SHORT", '{"access_key": "s3cret"}')
    with pytest.raises(InvalidRequest, match=complaint) as refusal:
        credential_input.read(Keys, source, settings)
    assert "s3cret" not in refusal.value.detail


def test_a_credential_that_may_not_be_used_here_is_not_kept(run: Run) -> None:
    """Private addresses are not allowed by default: it is told, and nothing is sealed."""
    run("customers", "add", "walled", "--name", "Walled")
    key = {"access_key_id": "AKIA0000000000000000", "secret_access_key": "s" * 40}
    fields = json.dumps({**key, "endpoint_url": "http://127.0.0.1:9"})
    answer = run("credentials", "add", "walled", "aws", "--from", "-", "--json", text=fields)
    assert answer.returncode == Exit.USAGE
    assert "OPTIINFRA_ALLOW_PRIVATE_ENDPOINTS" in told(answer)["error"]["remedy"]
    assert told(run("credentials", "list", "walled", "--json"))["credentials"] == []
    run("customers", "remove", "walled", "--yes")


def test_without_simulated_clouds_there_are_no_accounts_of_theirs(run: Run) -> None:
    """Whoever asks is told how to start them."""
    answer = run("simulator", "credential", "acme", "aws", "--json")
    assert answer.returncode == Exit.UPSTREAM
    assert "--with-simulator" in told(answer)["error"]["remedy"]


def test_days_and_instants_are_read_and_naive_times_refused() -> None:
    """A day is its midnight in UTC; an instant needs a zone."""
    assert instant("2026-11-22").isoformat() == "2026-11-22T00:00:00+00:00"
    assert instant("2026-11-22T01:00:00+01:00").isoformat() == "2026-11-22T00:00:00+00:00"
    for wrong in ("yesterday", "2026-11-22T01:00:00"):
        with pytest.raises(InvalidRequest):
            instant(wrong)
