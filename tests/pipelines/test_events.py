"""What a collection tells while it runs: real runs on real servers and a scripted cloud."""

from collections.abc import Iterator
from datetime import timedelta

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.database.events import Event, EventLog
from optiinfra_core.errors import CredentialRejected, NotReady, PartFailure
from optiinfra_core.metrics import COST, Row
from optiinfra_core.windows import FixedClock, Window
from optiinfra_pipelines.collection.doors import Doors
from tests.pipelines.conftest import Tenants
from tests.pipelines.scripted import Script
from tests.pipelines.test_collection import once


def told(doors: Doors, customer: str) -> list[Event]:
    """All events of a customer, in order."""
    return list(EventLog(doors.database).after(0, [customer], limit=100))


def kinds(doors: Doors, customer: str) -> list[str]:
    """Their kinds."""
    return [event.kind for event in told(doors, customer)]


def test_a_tick_tells_its_beginning_its_data_and_its_end(
    doors: Doors, cloud: Provider, tenants: Tenants
) -> None:
    """The next one finds nothing due and tells nothing."""
    customer = tenants.add()
    outcome = once(doors, cloud, COST, customer)
    once(doors, cloud, COST, customer, run_id="run-2")
    started, updated, ended = told(doors, customer)
    assert [started.kind, updated.kind, ended.kind] == [
        "collection.started",
        "data.updated",
        "collection.succeeded",
    ]
    assert {event.data_type for event in (started, updated, ended)} == {"cost"}
    assert started.detail["run_id"] == ended.detail["run_id"] == "run-1"
    assert ended.detail["rows"] == outcome.rows
    state = doors.states.get(customer, "toy", "cost", customer)
    assert state is not None
    assert updated.detail["data_version"] == state.data_version


def test_a_refused_credential_is_told_once_however_often_it_is_tried(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants, clock: FixedClock
) -> None:
    """Each failed run is told, with the remedy; the credential only when it turns bad."""
    customer = tenants.add()

    def refused(span: Window) -> Iterator[Row | PartFailure]:
        raise CredentialRejected("the key is void", remedy="Enter a new one.")
        yield

    script.answers[customer, "cost"] = refused
    for number in range(2):
        once(doors, cloud, COST, customer, run_id=f"run-{number}", trigger="api")
        clock.advance(timedelta(hours=1))
    assert kinds(doors, customer) == [
        "collection.started",
        "credential.invalid",
        "collection.failed",
        "collection.started",
        "collection.failed",
    ]
    error = {"code": "credential-rejected", "detail": "the key is void"}
    for event in told(doors, customer):
        if event.kind.endswith(("invalid", "failed")):
            assert event.detail["error"] == {**error, "remedy": "Enter a new one."}


def test_who_was_told_of_a_beginning_is_told_of_the_end(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """A source that is not ready after all ends the run without a failure, and says so."""
    customer = tenants.add()

    def not_yet(span: Window) -> Iterator[Row | PartFailure]:
        raise NotReady("the export is still being written")
        yield

    script.answers[customer, "cost"] = not_yet
    assert once(doors, cloud, COST, customer).status == "skipped"
    started, ended = told(doors, customer)
    assert [started.kind, ended.kind] == ["collection.started", "collection.succeeded"]
    assert ended.detail["status"] == "skipped"
