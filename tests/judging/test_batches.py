"""Batches: half the price, answers in any order and two files, none lost and none invented."""

import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import InvalidRequest, NotSupported, Transient
from optiinfra_core.testing.http_double import Fate, HttpDouble, Incoming, Reply
from optiinfra_pipelines.judging import batches as limits
from optiinfra_pipelines.judging.batch_files import Request
from optiinfra_pipelines.judging.batches import Batches
from optiinfra_pipelines.judging.chain import open_judge
from optiinfra_pipelines.judging.spending import BudgetSpent, Purse
from tests.judging.scripted import (
    CLEAN,
    EVIDENCE,
    SMALL,
    Time,
    as_json,
    bench,
    completion,
    refused,
    room,
    settings,
)

FILE = re.compile(rb'filename="requests.jsonl".*?\r\n\r\n(.*?)\r\n--', re.DOTALL)


@dataclass
class Shelf:
    """A server of batches in memory; ``fates`` decides what becomes of each line by its place."""

    fates: dict[int, str] = field(default_factory=dict)
    status: str = "completed"
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, incoming: Incoming) -> Fate:
        """The answer of a path."""
        path = incoming.path.removeprefix("/openai/v1/")
        with self._lock:
            if path in self.broken:
                return refused(503)
            parts = path.split("/")
            return getattr(self, f"_{incoming.method.lower()}_{parts[0]}")(incoming, parts)

    def _get_models(self, _: Incoming, __: list[str]) -> Fate:
        return as_json({"object": "list", "data": [{"id": SMALL}]})

    def _post_files(self, incoming: Incoming, _: list[str]) -> Fate:
        found = FILE.search(incoming.body)
        assert found is not None
        name = f"file_{len(self.files)}"
        self.files[name] = found[1]
        return as_json({"id": name, "object": "file"})

    def _post_batches(self, incoming: Incoming, parts: list[str]) -> Fate:
        if parts[-1] == "cancel":
            self.batches[parts[1]]["status"] = "cancelling"
            return as_json(self.batches[parts[1]])
        told = json.loads(incoming.body)
        made = {"id": f"batch_{len(self.batches)}", "status": "validating", **told}
        self.batches[made["id"]] = made
        return as_json(made)

    def _get_batches(self, _: Incoming, parts: list[str]) -> Fate:
        if len(parts) == 1:
            return as_json({"object": "list", "data": list(self.batches.values())})
        return as_json(self.batches[parts[1]])

    def _get_files(self, _: Incoming, parts: list[str]) -> Fate:
        return Reply(body=self.files[parts[1]], headers={"content-type": "application/jsonl"})

    def _delete_files(self, _: Incoming, parts: list[str]) -> Fate:
        del self.files[parts[1]]
        return as_json({"id": parts[1], "deleted": True})

    def work(self) -> None:
        """End every batch: answers shuffled into one file, refusals into another."""
        for batch in self.batches.values():
            lines = self.files[batch["input_file_id"]].splitlines()
            out = [self._answered(at, json.loads(text)) for at, text in enumerate(lines)]
            answers = [each for each in out if each and each["error"] is None]
            refusals = [each for each in out if each and each["error"] is not None]
            random.Random(3).shuffle(answers)  # noqa: S311 - a test
            batch["status"] = self.status
            for name, told in (("output_file_id", answers), ("error_file_id", refusals)):
                if told:
                    batch[name] = f"file_{len(self.files)}"
                    self.files[batch[name]] = "\n".join(map(json.dumps, told)).encode()

    def _answered(self, at: int, asked: dict[str, Any]) -> dict[str, Any] | None:
        fate = self.fates.get(at, "ok")
        rude = "RUDE" in asked["body"]["messages"][1]["content"]
        body = completion({**CLEAN, "attack": rude, "severity": 3 * rude})
        told = {"custom_id": asked["custom_id"], "error": None}
        answered = {"status_code": 200, "body": body}
        by_fate: dict[str, Any] = {
            "ok": {**told, "response": answered},
            "prose": {**told, "response": {**answered, "body": completion("fine")}},
            "empty": {**told, "response": {**answered, "body": {**body, "choices": []}}},
            "400": {**told, "response": None, "error": {"code": "json_validate_failed"}},
            "strange": {**told, "response": None, "error": {"code": "odd", "message": "RUDE"}},
            "500": {**told, "response": {"status_code": 500, "body": {}}},
            "lost": None,
            "nobody's": {**told, "custom_id": "x|y", "response": answered},
        }
        found: dict[str, Any] | None = by_fate[fate]
        return found


@contextmanager
def batches(shelf: Shelf, cap: str = "1") -> Iterator[tuple[Batches, Purse]]:
    """Batches before a shelf."""
    purse = Purse(Decimal(cap))
    with HttpDouble(shelf.respond) as server:
        judge = open_judge(settings(f"{server.url}/openai/v1"), bench(Time(), CallLog()), purse)
        assert judge is not None
        try:
            yield Batches(judge), purse
        finally:
            judge.close()


def requests(count: int) -> list[Request]:
    """Every third answer is rude."""
    return [
        Request(
            interaction_id=f"{number:032x}-{number:016x}",
            metric_name="toxicity",
            evidence=Evidence(
                conversation=(Message("user", f"q{number}"),),
                answer="RUDE" if number % 3 == 0 else "kind",
            ),
        )
        for number in range(count)
    ]


def key(request: Request) -> tuple[str, str, int]:
    """What its judgement is found by."""
    return (request.interaction_id, request.metric_name, request.replicate)


def test_results_find_their_requests_in_any_order() -> None:
    """30 requests, answers shuffled, refusals apart: each judgement is the planted one."""
    fates = {1: "400", 4: "prose", 7: "strange", 9: "500", 11: "empty", 13: "lost", 16: "nobody's"}
    shelf, asked = Shelf(fates), requests(30)
    with batches(shelf) as (made, purse):
        sent = made.submit(asked, "run-1")
        assert (sent.requests, sent.judge, sent.judge_model) == (30, "groq", SMALL)
        assert made.collect(sent).state == "pending"
        shelf.work()
        found = made.collect(sent)
    assert (found.state, found.status) == ("ended", "completed")
    assert found.judgements.keys() == {key(each) for each in asked} - {
        key(asked[13]),
        key(asked[16]),
    }
    states = {at: found.judgements[key(asked[at])] for at in (1, 4, 7, 9, 11)}
    assert {at: each.status for at, each in states.items()} == {
        1: "unparseable", 4: "unparseable", 7: "error", 9: "error", 11: "unparseable"
    }  # fmt: skip
    assert all(each.score is None for each in states.values())
    assert "RUDE" not in repr(states)
    for number, request in enumerate(asked):
        if number not in fates:
            told = found.judgements[key(request)]
            assert (told.status, told.score) == ("ok", 1.0 if number % 3 == 0 else 0.0)
    assert found.usd is None  # of the one whose answer was thrown away
    known = sum(each.cost_usd for each in found.judgements.values() if each.cost_usd is not None)
    assert purse.spent_usd == known + sent.reservation.usd / 30


def test_a_batch_costs_half() -> None:
    """The same tokens as one by one; put aside before, settled after."""
    shelf = Shelf()
    with room() as at:
        single = at.judge.judge("toxicity", EVIDENCE).cost_usd
    assert single is not None
    with batches(shelf) as (made, purse):
        sent = made.submit(requests(10), "run-1")
        assert sent.reservation.usd > 5 * single
        shelf.work()
        found = made.collect(sent)
    assert found.usd == purse.spent_usd == 10 * single / 2
    assert {each.cost_usd for each in found.judgements.values()} == {single / 2}


def test_lines_are_what_a_single_call_would_send() -> None:
    """Same rubric, same markers, same schema: a batch belongs to the same series."""
    shelf = Shelf()
    told = replace(requests(1)[0], evidence=EVIDENCE, replicate=2)
    with room() as at:
        single = at.judge.judge("toxicity", EVIDENCE, 2)
        (body,) = at.script.asked
    with batches(shelf) as (made, _):
        sent = made.submit([told], "run-1")
        (line,) = shelf.files["file_0"].splitlines()
        shelf.work()
        (batched,) = made.collect(sent).judgements.values()
    assert json.loads(line)["body"] == {
        name: value for name, value in body.items() if name != "service_tier"
    }
    assert json.loads(line)["url"] == "/v1/chat/completions"
    same = ("score", "label", "passed", "verdicts", "rubric_version", "judge", "judge_model",
            "replicate", "tamper", "system_fingerprint")  # fmt: skip
    assert all(getattr(single, name) == getattr(batched, name) for name in same)


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_a_batch_managed_before_its_end_counts(status: str) -> None:
    """The rest has no row: it is judged another time."""
    shelf = Shelf(dict.fromkeys(range(5), "lost"), status)
    with batches(shelf) as (made, purse):
        sent = made.submit(requests(12), "run-1")
        shelf.work()
        found = made.collect(sent)
    assert (found.state, found.status, len(found.judgements)) == ("ended", status, 7)
    assert purse.spent_usd == found.usd


def test_a_batch_that_was_refused_whole_costs_nothing() -> None:
    """No files, no judgements, and the purse is as it was."""
    shelf = Shelf(dict.fromkeys(range(3), "lost"), "failed")
    with batches(shelf) as (made, purse):
        sent = made.submit(requests(3), "run-1")
        shelf.work()
        assert made.collect(sent).judgements == {}
    assert purse.spent_usd == 0
    assert purse.reserve(Decimal(1)).usd == 1


@pytest.mark.parametrize("broken", ["files", "batches"])
def test_a_batch_that_cannot_be_sent_leaves_the_purse_alone(broken: str) -> None:
    """An outage is told as one; what was put aside is free again."""
    shelf = Shelf(broken={broken})
    with batches(shelf, "0.01") as (made, purse):
        for _ in range(3):
            with pytest.raises(Transient):
                made.submit(requests(10), "run-1")
        assert purse.spent_usd == 0
        shelf.broken.clear()
        made.submit(requests(10), "run-1")


def test_results_that_cannot_be_fetched_are_fetched_later() -> None:
    """Nothing is settled before everything was read."""
    shelf = Shelf()
    with batches(shelf) as (made, purse):
        sent = made.submit(requests(3), "run-1")
        shelf.work()
        shelf.broken.add("files/file_1/content")
        with pytest.raises(Transient):
            made.collect(sent)
        assert purse.spent_usd == 0
        shelf.broken.clear()
        assert len(made.collect(sent).judgements) == 3


def test_a_cap_refuses_a_batch_before_it_is_sent() -> None:
    """What it may cost at most has to fit."""
    shelf = Shelf()
    with batches(shelf, "0.0001") as (made, _), pytest.raises(BudgetSpent):
        made.submit(requests(10), "run-1")
    assert shelf.files == {}


def test_a_batch_nobody_kept_is_found_and_ended() -> None:
    """A process that died after sending leaves one; those of others are left alone."""
    shelf = Shelf()
    with batches(shelf) as (made, _):
        kept = made.submit(requests(1), "ours").id
        lost = made.submit(requests(1), "ours").id
        made.submit(requests(1), "theirs")
        assert made.orphans("ours", {kept}) == (lost,)
        made.cancel(lost)
        assert made.orphans("ours", {kept}) == ()


def test_texts_are_taken_off_the_server() -> None:
    """Once the judgements are written, no file of the batch is left there."""
    shelf = Shelf({0: "400"})
    with batches(shelf) as (made, _):
        sent = made.submit(requests(2), "run-1")
        shelf.work()
        assert len(shelf.files) == 3
        made.forget(sent.id)
    assert shelf.files == {}


def test_a_rubric_that_changed_in_between_counts_as_no_answer() -> None:
    """An answer to another question is none to this one."""
    shelf = Shelf()
    with batches(shelf) as (made, _):
        sent = made.submit(requests(2), "run-1")
        first, second = shelf.files["file_0"].splitlines()
        shelf.files["file_0"] = (
            re.sub(rb"\|1-[0-9a-f]{10}\|", b"|1-0000000000|", first) + b"\n" + second
        )
        shelf.work()
        assert len(made.collect(sent).judgements) == 1


def test_an_empty_batch_is_refused() -> None:
    """There is nothing to send."""
    with batches(Shelf()) as (made, _), pytest.raises(InvalidRequest):
        made.submit([], "run-1")


def test_a_batch_takes_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first requests go; how many is told, and the rest can be sent in another one."""
    shelf = Shelf()
    monkeypatch.setattr(limits, "MOST_BYTES", 12_000)
    with batches(shelf) as (made, _):
        sent = made.submit(requests(10), "run-1")
        assert 0 < sent.requests < 10
        assert len(shelf.files["file_0"]) <= 12_000
        shelf.work()
        found = made.collect(sent).judgements
    assert found.keys() == {key(each) for each in requests(10)[: sent.requests]}
    monkeypatch.setattr(limits, "MOST_LINES", 2)
    with batches(shelf) as (made, _):
        assert made.submit(requests(10), "run-2").requests == 2


def test_servers_of_ones_own_have_no_batches() -> None:
    """They answer at once for nothing."""
    with room(path="/v1") as at, pytest.raises(NotSupported):
        Batches(at.judge)


@pytest.mark.parametrize("garbage", [b"\xff\xfe", b"{", b"[]\n1\nnull\n", b"[" * 99_999])
def test_a_file_of_garbage_is_no_answer(garbage: bytes) -> None:
    """Lines that cannot be read belong to nobody."""
    shelf = Shelf()
    with batches(shelf) as (made, _):
        sent = made.submit(requests(2), "run-1")
        shelf.work()
        shelf.files["file_1"] = garbage
        assert made.collect(sent).judgements == {}
