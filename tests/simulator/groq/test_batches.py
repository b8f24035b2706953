"""Files and batches as the SDK sees them: out of order, errors apart, expiry and cancelling.

Documents: https://console.groq.com/docs/batch, SDK resources/batches.py and resources/files.py.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import groq
import pytest
from groq import Groq

from optiinfra_simulator.groq.batches import Pace
from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.groq.mishaps import Kind, Mishap
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.groq.conftest import CARDS, RIGHT, asked

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> WorldClock:
    """A clock that stands."""
    return WorldClock(NOON)


@pytest.fixture
def double(clock: WorldClock) -> Iterator[GroqDouble]:
    """A double at noon."""
    with GroqDouble(Setup(cards=CARDS, clock=clock)) as served:
        yield served


def _lines(count: int) -> bytes:
    lines = [
        {
            "custom_id": f"key-{at}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": asked("quality", f"{RIGHT} {at}"),
        }
        for at in range(count)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def _begun(client: Groq, content: bytes) -> str:
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")
    assert file.id is not None
    batch = client.batches.create(
        completion_window="24h",
        endpoint="/v1/chat/completions",
        input_file_id=file.id,
        metadata={"run": "7"},
    )
    assert batch.status == "validating"
    return batch.id


def _read(client: Groq, file_id: str | None) -> list[dict[str, Any]]:
    assert file_id is not None
    text = client.files.content(file_id).read().decode()
    return [json.loads(line) for line in text.splitlines()]


def test_a_batch_is_validated_worked_and_completed(client: Groq) -> None:
    """Every request has one line, in another order than it was sent."""
    batch_id = _begun(client, _lines(12))
    assert client.batches.retrieve(batch_id).status == "in_progress"
    done = client.batches.retrieve(batch_id)
    assert (done.status, done.error_file_id) == ("completed", None)
    assert done.request_counts is not None
    counts = done.request_counts
    assert (counts.total, counts.completed, counts.failed) == (12, 12, 0)
    assert done.metadata == {"run": "7"}
    results = _read(client, done.output_file_id)
    order = [line["custom_id"] for line in results]
    sent = [f"key-{at}" for at in range(12)]
    assert sorted(order) == sorted(sent)
    assert order != sent
    assert all(line["response"]["body"]["choices"] for line in results)
    assert client.batches.retrieve(batch_id).output_file_id == done.output_file_id
    assert [one.id for one in client.batches.list().data] == [batch_id]


def test_lines_that_fail_stand_in_a_file_of_their_own(client: Groq, double: GroqDouble) -> None:
    """A share of mishaps: what is answered and what is not are told apart and complete."""
    double.faults.add(Mishap(kinds=(Kind.SCHEMA_FAILED,), operation="batch", share=0.4))
    batch_id = _begun(client, _lines(20))
    client.batches.retrieve(batch_id)
    done = client.batches.retrieve(batch_id)
    good, bad = _read(client, done.output_file_id), _read(client, done.error_file_id)
    assert done.request_counts is not None
    assert (len(good), len(bad)) == (done.request_counts.completed, done.request_counts.failed)
    assert len({line["custom_id"] for line in (*good, *bad)}) == 20
    assert {line["response"]["status_code"] for line in bad} == {400}
    codes = {line["response"]["body"]["error"]["code"] for line in bad}
    assert codes == {"json_validate_failed"}


def test_an_expired_batch_keeps_what_was_done(
    client: Groq, double: GroqDouble, clock: WorldClock
) -> None:
    """After its window it has expired; what was missed says so line by line."""
    double.gateway.batches.pace = Pace(looks=None)
    batch_id = _begun(client, _lines(10))
    for _ in range(5):
        assert client.batches.retrieve(batch_id).status == "validating"
    clock.advance(timedelta(hours=25))
    done = client.batches.retrieve(batch_id)
    assert done.status == "expired"
    assert done.expired_at == int((NOON + timedelta(hours=25)).timestamp())
    good, missed = _read(client, done.output_file_id), _read(client, done.error_file_id)
    assert (len(good), len(missed)) == (5, 5)
    assert {line["error"]["code"] for line in missed} == {"batch_expired"}
    assert {line["response"] for line in missed} == {None}


def test_a_batch_is_cancelled_once(client: Groq) -> None:
    """It is cancelling first, cancelled at the next look, and then beyond cancelling."""
    batch_id = _begun(client, _lines(4))
    client.batches.retrieve(batch_id)
    assert client.batches.cancel(batch_id).status == "cancelling"
    assert client.batches.retrieve(batch_id).status == "cancelled"
    with pytest.raises(groq.BadRequestError):
        client.batches.cancel(batch_id)


def test_a_file_with_bad_lines_fails_by_line(client: Groq) -> None:
    """Not JSON, another route, an identifier twice: the batch fails and says where."""
    good = _lines(2).splitlines()
    elsewhere = json.dumps({**json.loads(good[1]), "url": "/v1/embeddings"}).encode()
    batch_id = _begun(client, b"\n".join([good[0], b"{", elsewhere, good[0]]))
    failed = client.batches.retrieve(batch_id)
    assert failed.status == "failed"
    assert failed.errors is not None
    assert [one.line for one in failed.errors.data or ()] == [2, 3, 4]


def test_files_are_kept_until_they_are_deleted(client: Groq) -> None:
    """Upload, list, information, content and removal agree."""
    file = client.files.create(file=("a.jsonl", b'{"a":1}\r\n--x'), purpose="batch")
    assert file.id is not None
    assert (file.filename, file.bytes, file.purpose) == ("a.jsonl", 12, "batch")
    assert client.files.info(file.id).created_at == int(NOON.timestamp())
    assert client.files.content(file.id).read() == b'{"a":1}\r\n--x'
    assert [one.id for one in client.files.list().data] == [file.id]
    assert client.files.delete(file.id).deleted is True
    with pytest.raises(groq.NotFoundError):
        client.files.info(file.id)


@pytest.mark.parametrize(
    "changed",
    [{"completion_window": "1h"}, {"completion_window": "8d"}, {"endpoint": "/v1/embeddings"}],
)
def test_a_batch_that_cannot_be_is_refused(client: Groq, changed: dict[str, Any]) -> None:
    """Windows are of 24 hours to 7 days, and only chat is served."""
    file = client.files.create(file=("a.jsonl", _lines(1)), purpose="batch")
    assert file.id is not None
    told = {"completion_window": "24h", "endpoint": "/v1/chat/completions", **changed}
    with pytest.raises(groq.BadRequestError):
        client.batches.create(input_file_id=file.id, **told)
