"""Prometheus: promtool accepts what we ship, alerts fire, /metrics has the figures they read."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms, Series
from tests.api.house import NOW, CloudKey, House, opened

FOLDER = Path(__file__).parents[2] / "deploy/prometheus"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
PROMTOOL = "OPTIINFRA_PROMTOOL"


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus' own tool: on the PATH, or where OPTIINFRA_PROMTOOL says."""
    named = os.environ.get(PROMTOOL)  # noqa: TID251 - tests have no settings
    found = named or shutil.which("promtool")
    if found is None:
        pytest.skip(f"promtool is not installed (Debian's package prometheus) and {PROMTOOL} unset")
    return found


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[House]:
    """Two customers; one has a refused credential, a slowed source and an open alarm."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path_factory.mktemp("house"), servers) as furnished:
        expiring = Verification(account_id="2", principal="p", expires_at=NOW + timedelta(days=5))
        trouble(furnished, "acme", CredentialRejected("no"))
        trouble(furnished, "globex", expiring)
        furnished.get("/livez")
        furnished.key("scraper", ("metrics:read",), ("*",))
        furnished.key("acme-scraper", ("metrics:read",), ("acme",))
        yield furnished


def trouble(house: House, customer: str, outcome: Verification | CredentialRejected) -> None:
    """Everything that an alert is about."""
    credential = CloudKey(access_key_id="AKIA", secret_access_key=SecretStr("its secret"))
    vault = house.doors.vault
    record = vault.add(customer, "aws", credential, "main", "test")
    vault.record_verification(record.id, outcome, actor="test")
    SourceStates(house.database).save(
        SourceState(
            customer_id=customer, provider="aws", dataset="cost", account_id="slowed",
            source="test", next_due_at=NOW, slowed_until=NOW + timedelta(days=1),
            consecutive_failures=3,
        )
    )  # fmt: skip
    series = Series(customer, "assistant", "production", "faithfulness", "groq", "m", "1")
    alarm = QualityAlarm(
        id=uuid4(), series=series, provider="aws", raised_at=NOW, began_at=NOW,
        baseline_rate=0.1, current_rate=0.4, evidence=9.0, judged=100,
    )  # fmt: skip
    QualityAlarms(house.database).raise_once(alarm)


def promtool_says(promtool: str, *words: str) -> str:
    """What it prints; what it refuses fails the test."""
    done = subprocess.run(
        [promtool, *words], capture_output=True, text=True, cwd=FOLDER, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_rules(promtool: str) -> None:
    """Every expression parses and every template fits."""
    assert f"{len(ALERTS)} rules found" in promtool_says(promtool, "check", "rules", "alerts.yml")


def test_promtool_accepts_the_configuration(promtool: str, tmp_path: Path) -> None:
    """The scrape of the API, with its key in a file; paths are those of the container."""
    text = (FOLDER / "prometheus.yml").read_text()
    (tmp_path / "key").write_text("oi_test_key")
    moved = text.replace("/run/secrets/optiinfra_metrics_key", str(tmp_path / "key"))
    moved = moved.replace("/etc/prometheus/alerts.yml", str(FOLDER / "alerts.yml"))
    (tmp_path / "prometheus.yml").write_text(moved)
    promtool_says(promtool, "check", "config", str(tmp_path / "prometheus.yml"))


def test_alerts_fire_when_they_should_and_only_then(promtool: str) -> None:
    """The rules' own tests, at moments before and after each threshold."""
    assert "SUCCESS" in promtool_says(promtool, "test", "rules", "alerts_test.yml")


def test_every_alert_is_tested_and_says_what_to_do() -> None:
    """No rule without a test in which it fires, a severity, a summary and a remedy."""
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fired = {
        case["alertname"]
        for test in tests
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in ALERTS}
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, rule["alert"]
        assert {"summary", "remedy"} <= set(rule["annotations"]), rule["alert"]


def test_metrics_has_every_figure_that_a_rule_reads(house: House) -> None:
    """A rule over a series that nobody exposes would never fire."""
    exposed = {
        sample.name
        for family in text_string_to_metric_families(house.get("/metrics", key="scraper").text)
        for sample in family.samples
    }
    told = " ".join(rule["expr"] for rule in ALERTS)
    named = set(re.findall(r"optiinfra_\w+", told))
    # A counter without a label's value has no sample before its first call.
    assert named - exposed == {"optiinfra_received_calls_total"}


def test_figures_of_trouble_are_the_states(house: House) -> None:
    """Times are Unix times, what is not told has no series, and open alarms are counted."""
    figures = values(house, "scraper", "acme")
    due = datetime(2026, 11, 22, 10, 7, tzinfo=UTC).timestamp()
    assert figures["optiinfra_source_next_due_seconds", "slowed"] == due
    assert figures["optiinfra_source_slowed_until_seconds", "slowed"] == due + 86400
    assert ("optiinfra_source_last_success_seconds", "slowed") not in figures
    assert figures["optiinfra_credential_rejected", ""] == 1
    assert ("optiinfra_credential_expires_seconds", "") not in figures
    assert figures["optiinfra_quality_alarms", ""] == 1


def test_a_key_of_one_customer_sees_its_figures_only(house: House) -> None:
    """Sources, credentials and alarms of other customers are left out."""
    assert values(house, "acme-scraper", "acme") == values(house, "scraper", "acme")
    assert values(house, "acme-scraper", "globex") == {}


def values(house: House, key: str, customer: str) -> dict[tuple[str, str], float]:
    """The customer's figures by name and account."""
    text = house.get("/metrics", key=key).text
    return {
        (sample.name, sample.labels.get("account", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("customer") == customer
    }
