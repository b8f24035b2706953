"""Sources of calls: sealed when they come in, listed without their password, shredded."""

from dataclasses import replace
from uuid import uuid4

import pytest

from optiinfra_core.collecting.interaction_source import DATASET, SLUG, ClickHouseSource
from optiinfra_core.collecting.state import SourceState
from tests.api.house import NOW, House

PATH = "/api/v2/applications/acme/sources"
PASSWORD = "planted-password-of-a-source-0123456789"  # noqa: S105 - planted
SOURCE = {
    "url": "https://clickhouse.example.com:8443",
    "user": "optiinfra",
    "password": PASSWORD,
    "layout": "otel_traces",
}
NEW = {"label": "collector", "source": SOURCE}


def test_a_source_is_sealed_and_waits_for_its_first_pull(house: House) -> None:
    """What was entered is what a pull opens; the answer says that nothing was tried yet."""
    answer = house.post(PATH, NEW)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["status"], body["watermark"], body["last_error"]) == ("unverified", None, None)
    assert body["configuration"]["layout"] == "otel_traces"
    assert PASSWORD not in answer.text
    with house.doors.vault.open(body["id"], ClickHouseSource, "test") as opened:
        assert opened.password.get_secret_value() == PASSWORD
        assert opened.database == "default"


def test_a_list_tells_how_far_each_was_read_and_no_password(house: House) -> None:
    """The watermark and the last failure come from the state that the pipelines write."""
    identity = house.post(PATH, NEW).json()["id"]
    state = SourceState(
        customer_id="acme", provider=SLUG, dataset=DATASET, account_id=identity, source="x"
    )
    house.doors.states.save(
        replace(
            state,
            watermark=NOW,
            last_attempt_at=NOW,
            last_error_code="permanent",
            last_error_detail="no such table",
            last_error_remedy="Check table.",
        )
    )
    answer = house.get(PATH, key="admin")
    [mine] = [each for each in answer.json()["data"] if each["id"] == identity]
    assert mine["watermark"] == "2026-11-22T10:07:00Z"
    assert mine["last_error"] == {
        "code": "permanent",
        "detail": "no such table",
        "remedy": "Check table.",
    }
    assert PASSWORD not in answer.text


def test_a_deleted_source_is_gone_and_its_secret_with_it(house: House) -> None:
    """It is listed no more and cannot be opened."""
    identity = house.post(PATH, NEW).json()["id"]
    assert house.delete(f"{PATH}/{identity}").status_code == 204
    listed = house.get(PATH, key="admin").json()["data"]
    assert identity not in [each["id"] for each in listed]
    assert house.delete(f"{PATH}/{uuid4()}").status_code == 404


def test_a_source_of_another_customer_cannot_be_deleted(house: House) -> None:
    """Its id under another customer's path is an id of nothing."""
    identity = house.post(PATH, NEW).json()["id"]
    answer = house.delete(f"/api/v2/applications/globex/sources/{identity}")
    assert answer.status_code == 404
    assert identity in house.get(PATH, key="admin").text


def test_a_cloud_credential_is_no_source(house: House) -> None:
    """The way to delete sources deletes nothing else."""
    source = ClickHouseSource.model_validate(SOURCE)
    record = house.doors.vault.add("acme", "aws", source, "a cloud's", "test")
    assert house.delete(f"{PATH}/{record.id}").status_code == 404
    house.doors.vault.delete(record.id, "test")


def test_a_key_that_only_reads_may_not_see_sources(house: House) -> None:
    """A source holds a password: it needs the scope of credentials."""
    assert house.get(PATH, key="acme").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://user:secret-in-url@clickhouse.example.com"},
        {"url": "tcp://clickhouse.example.com"},
        {"layout": "spans"},
        {"table": "spans; DROP TABLE x"},
        {"database": "a.b"},
        {"overlap_minutes": 0},
        {"unknown": 1},
    ],
)
def test_what_cannot_be_a_source_is_refused_without_repeating_it(
    house: House, wrong: dict[str, object]
) -> None:
    """422 names the field; neither the password nor one hidden in the address comes back."""
    answer = house.post(PATH, {**NEW, "source": {**SOURCE, **wrong}})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
    assert "secret-in-url" not in answer.text
