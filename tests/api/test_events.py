"""Events: who is told what, when, and what happens to those who were away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from optiinfra_core.collecting.news import Beginning
from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.database import events
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.metrics import COST
from tests.api.house import AWS, NOW, CloudKey, House
from tests.api.replica import Replica, replica

PATH = "/api/v1/events"
ENTERED = {"access_key_id": "a", "secret_access_key": "b"}
RUNS = iter(range(10**6))


@pytest.fixture(scope="module")
def server(furnished: House) -> Iterator[Replica]:
    """Another process's worth of API before the same servers, over a socket."""
    with replica(furnished) as running:
        yield running


class Stream:
    """The messages of an open stream, one at a time."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._lines = answer.iter_lines()

    def next(self) -> tuple[str, Any]:
        """The next event with its data; signs of life are passed over."""
        kind, data = "", ""
        for line in self._lines:
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
            data = line.removeprefix("data: ") if line.startswith("data: ") else data
            if not line and kind:
                return kind, json.loads(data)
        raise EOFError

    def alive(self) -> None:
        """Wait for the next line that is not part of an event."""
        assert next(self._lines) is not None


@contextmanager
def following(server: Replica, house: House, key: str = "acme", **asked: Any) -> Iterator[Stream]:
    """An open stream, from which on everything is told."""
    headers = dict(house.auth(key)) | asked.pop("headers", {})
    with (
        httpx.Client(base_url=server.url, timeout=30) as client,
        client.stream("GET", PATH, headers=headers, params=asked) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        stream = Stream(answer)
        stream.alive()
        yield stream


def collected(house: House, customer: str, status: str = "succeeded", **told: Any) -> str:
    """A collection that ended now; its run."""
    run_id = f"run-{next(RUNS)}"
    CollectionTasks(house.database).record_result(
        CollectionResult(
            run_id=run_id,
            customer_id=customer,
            provider="aws",
            data_type=told.pop("data_type", "cost"),
            trigger="schedule",
            status=status,
            started_at=NOW,
            finished_at=NOW,
            **told,
        )
    )
    return run_id


def told(house: House, key: str = "acme", **asked: Any) -> list[dict[str, Any]]:
    """All that a key is told of what is kept, without waiting for more."""
    answer = house.get(PATH, key=key, follow=False, **{"replay": True, **asked})
    assert answer.status_code == 200, answer.text
    lines = answer.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data:")]


def runs(all_told: list[dict[str, Any]]) -> list[str]:
    """The runs that events are about."""
    return [event["run_id"] for event in all_told if "run_id" in event]


def test_a_collection_is_told_from_its_beginning_to_the_new_data(
    house: House, server: Replica
) -> None:
    """Started, data updated, succeeded: over a socket, in the order in which they happened."""
    tasks = CollectionTasks(house.database)
    with following(server, house) as stream:
        begun = Beginning(
            customer_id="acme", provider="aws", data_type="cost", run_id="told", trigger="api"
        )
        tasks.begin(begun)
        tasks.begin(begun)
        house.state("acme", COST, 1_900_000_000_000)
        house.state("acme", COST, 1_900_000_000_000)
        run_id = collected(house, "acme", rows=7, windows=2)
        messages = [stream.next() for _ in range(3)]
    assert [kind for kind, _ in messages] == [
        "collection.started",
        "data.updated",
        "collection.succeeded",
    ]
    started, updated, ended = (data for _, data in messages)
    assert (started["run_id"], started["trigger"]) == ("told", "api")
    assert (updated["data_type"], updated["data_version"]) == ("cost", 1_900_000_000_000)
    assert (ended["run_id"], ended["rows"], ended["status"]) == (run_id, 7, "succeeded")


def test_a_key_is_told_nothing_of_another_customer(house: House, server: Replica) -> None:
    """Neither as it happens nor of what is kept; a key for all customers is told of both."""
    with (
        following(server, house, key="globex") as theirs,
        following(server, house, key="acme") as mine,
        following(server, house, key="admin") as everything,
    ):
        first = collected(house, "globex")
        second = collected(house, "acme")
        assert mine.next()[1]["run_id"] == second
        assert theirs.next()[1]["run_id"] == first
        assert [everything.next()[1]["run_id"] for _ in range(2)] == [first, second]
    assert {event["customer_id"] for event in told(house)} == {"acme"}
    assert {event["customer_id"] for event in told(house, key="globex")} == {"globex"}
    assert {event["customer_id"] for event in told(house, key="admin")} == {"acme", "globex"}
    foreign = house.get(PATH, customer_id="globex", follow=False)
    assert foreign.status_code == 404
    assert "acme" not in str(told(house, key="admin", customer_id="globex"))


def test_a_position_tells_nothing_of_what_others_have(house: House) -> None:
    """Ids are neither numbers nor made up: one that we did not write is refused."""
    collected(house, "acme")
    text = house.get(PATH, follow=False, replay=True).text
    ids = [line[4:] for line in text.splitlines() if line.startswith("id: ")]
    assert len(set(ids)) > 1
    assert all(len(each) == 32 for each in ids)
    for forged in ("1", "0" * 32, ids[0][:-2], "nonsense"):
        refused = house.get(PATH, follow=False, headers={"Last-Event-ID": forged})
        assert refused.status_code == 422
        assert "remedy" in refused.json()


def test_scopes_decide_what_is_told(house: House) -> None:
    """Data by its read scope, collections also to who starts them, credentials to who enters."""
    house.key("trigger", ("collect:trigger",), ("acme",))
    house.key("keeper", ("credentials:write",), ("acme",))
    house.key("prometheus", ("metrics:read",), ("acme",))
    cost, machines = collected(house, "acme"), collected(house, "acme", data_type="resource")
    record = house.doors.vault.add(
        "acme", AWS.slug, CloudKey.model_validate(ENTERED), "main", "ann"
    )
    refusal = CredentialRejected("the cloud refuses it", remedy="Enter a new one.")
    for _ in range(2):
        house.doors.vault.record_verification(record.id, refusal)
    assert {cost, machines} <= set(runs(told(house, key="acme")))
    assert cost in runs(told(house, key="costs-only"))
    assert machines not in runs(told(house, key="costs-only"))
    assert {cost, machines} <= set(runs(told(house, key="trigger")))
    assert "data.updated" not in {event["kind"] for event in told(house, key="trigger")}
    invalid = told(house, key="keeper")
    assert [event["credential_id"] for event in invalid] == [str(record.id)]
    assert invalid[0]["error"]["remedy"] == "Enter a new one."
    assert "credential.invalid" not in {event["kind"] for event in told(house, key="acme")}
    assert house.get(PATH, key="prometheus", follow=False).status_code == 403


def test_a_failure_tells_its_remedy_and_kinds_can_be_chosen(house: House) -> None:
    """Partial is a failure that says so; nothing due is no event."""
    error = {"error_code": "throttled", "error_detail": "too fast", "remedy": "Wait."}
    partial = collected(house, "acme", "partial", **error)
    skipped = collected(house, "acme", "skipped")
    failures = told(house, kind="collection.failed")
    assert {event["kind"] for event in failures} == {"collection.failed"}
    assert failures[-1]["run_id"] == partial
    assert failures[-1]["status"] == "partial"
    assert failures[-1]["error"] == {"code": "throttled", "detail": "too fast", "remedy": "Wait."}
    assert skipped not in runs(told(house))


def test_who_was_away_misses_nothing_even_at_another_replica(house: House, server: Replica) -> None:
    """Resumed by Last-Event-ID at a process that was not there when it happened."""
    with following(server, house) as stream:
        seen = collected(house, "acme")
        assert stream.next()[1]["run_id"] == seen
        mark = stream.last_id
    missed = [collected(house, "acme") for _ in range(3)]
    with (
        replica(house) as other,
        following(other, house, headers={"Last-Event-ID": mark}) as stream,
    ):
        later = collected(house, "acme")
        assert [stream.next()[1]["run_id"] for _ in range(4)] == [*missed, later]


def test_a_transaction_that_commits_late_is_not_missed(house: House, server: Replica) -> None:
    """Events are numbered in the order in which they can be seen, so writers wait in line."""
    with following(server, house, key="admin") as stream:
        ours = [collected(house, customer) for customer in ("acme", "globex") * 10]
        assert [stream.next()[1]["run_id"] for _ in ours] == ours


def test_signs_of_life_carry_the_position(house: House, server: Replica) -> None:
    """A quiet follower's position follows what happens at others."""
    with following(server, house) as stream:
        before = stream.last_id
        collected(house, "globex")
        for line in stream._lines:
            if line.startswith("id: ") and line[4:] != before:
                break


def test_a_revoked_key_is_told_nothing_more(house: House, server: Replica) -> None:
    """The stream ends; whoever comes back is refused."""
    key_id = house.key("short-lived", ("costs:read",), ("acme",))
    with following(server, house, key="short-lived") as stream:
        with httpx.Client(base_url=server.url, headers=house.auth("admin")) as admin:
            assert admin.delete(f"/api/v1/keys/{key_id}").status_code == 204
        collected(house, "acme")
        with pytest.raises(EOFError):
            stream.next()
    assert server.get(PATH, headers=house.auth("short-lived")).status_code == 401


def test_a_key_holds_a_bounded_number_of_streams(house: House, server: Replica) -> None:
    """The ninth is 429 with Retry-After; a closed one makes room."""
    house.key("greedy", ("costs:read",), ("acme",))
    streams = [following(server, house, key="greedy") for _ in range(8)]
    for stream in streams:
        stream.__enter__()
    refused = server.get(PATH, headers=house.auth("greedy"))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "8" in refused.json()["remedy"]
    for stream in streams:
        stream.__exit__(None, None, None)
    server.until(lambda: not server.doors.events._places["greedy"])


def test_the_api_ends_although_somebody_follows(house: House) -> None:
    """Their streams end first: a restart does not wait for them."""
    with replica(house) as other, following(other, house) as stream:
        other.stop()
        with pytest.raises(EOFError):
            stream.next()


def test_events_that_are_no_longer_kept_are_missed_out_loud(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes back after too much has happened is told to read again."""
    monkeypatch.setattr(events, "KEPT", 3)
    collected(house, "acme")
    text = house.get(PATH, follow=False, replay=True).text
    mark = [line for line in text.splitlines() if line.startswith("id: ")][-1][4:]
    resumed = {"follow": False, "headers": {"Last-Event-ID": mark}}
    assert "events.lost" not in house.get(PATH, **resumed).text
    kept = [collected(house, "acme") for _ in range(5)][-3:]
    assert "event: events.lost" in house.get(PATH, **resumed).text
    assert runs(told(house)) == kept
