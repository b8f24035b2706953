"""Batches: requests in a file, results in another, out of order, later and for half the price.

Fields: SDK types/batch_create_response.py; life: https://console.groq.com/docs/batch.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import RLock
from typing import Any

from optiinfra_core.windows import Clock
from optiinfra_simulator.groq.completions import request_id
from optiinfra_simulator.groq.files import Files
from optiinfra_simulator.groq.refusals import Refusal, wrong
from optiinfra_simulator.world import dice

Json = dict[str, Any]
ENDPOINT = "/v1/chat/completions"
_WINDOW = re.compile(r"(\d+)([hd])")
_SHORTEST, _LONGEST = timedelta(hours=24), timedelta(days=7)
_MOST_LINES = 50_000
_ENDED = ("failed", "completed", "expired", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast batches are worked on: looks until the next step, None for never by itself.

    ``done`` is the share of requests that are answered when a batch expires or is cancelled.
    """

    looks: int | None = 1
    done: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it stands; ``looks`` counts how often it was asked for in this status."""

    id: str
    input_file_id: str
    completion_window: str
    created: int
    expires: int
    metadata: object = None
    status: str = "validating"
    looks: int = 0
    stamps: Mapping[str, int] = field(default_factory=dict)
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Json | None = None
    counts: tuple[int, int, int] = (0, 0, 0)

    def told(self) -> Json:
        """As the API tells it."""
        total, completed, failed = self.counts
        named = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling")
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": ENDPOINT,
            "errors": self.errors,
            "input_file_id": self.input_file_id,
            "completion_window": self.completion_window,
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "finalizing_at": None,
            **{f"{name}_at": self.stamps.get(name) for name in (*named, "cancelled")},
            "expires_at": self.expires,
            "created_at": self.created,
            "request_counts": {"total": total, "completed": completed, "failed": failed},
            "metadata": self.metadata,
        }


@dataclass
class Batches:
    """The batches of one organisation.

    ``work`` answers the body of one line: its status code and the body of the answer.
    """

    files: Files
    clock: Clock
    work: Callable[[Mapping[str, Any]], Json]
    pace: Pace = field(default_factory=Pace)
    seed: int = 0
    _batches: dict[str, Batch] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def create(self, body: Mapping[str, Any]) -> Json:
        """Begin a batch.

        Raises:
            Refusal: 400 for another endpoint, window or file, 404 for no file.
        """
        if body.get("endpoint") != ENDPOINT:
            raise wrong(f"'endpoint' : value must be one of {ENDPOINT}")
        window = _window(str(body.get("completion_window", "")))
        file = self.files.get(str(body.get("input_file_id", "")))
        created = int(self.clock.now().timestamp())
        batch = Batch(
            id=f"batch_{uuid.uuid4().hex[:26]}",
            input_file_id=file.id,
            completion_window=str(body["completion_window"]),
            created=created,
            expires=created + int(window.total_seconds()),
            metadata=body.get("metadata"),
        )
        with self._lock:
            self._batches[batch.id] = batch
        return batch.told()

    def get(self, batch_id: str) -> Json:
        """A batch, one look further.

        Raises:
            Refusal: 404.
        """
        with self._lock:
            batch = self._looked(self._found(batch_id))
            self._batches[batch_id] = batch
        return batch.told()

    def listed(self) -> Json:
        """Every batch, the newest first; looking at the list moves none."""
        with self._lock:
            found = [one.told() for one in reversed(self._batches.values())]
        return {"object": "list", "data": found}

    def cancel(self, batch_id: str) -> Json:
        """Ask for an end; what is done by then is kept.

        Raises:
            Refusal: 404, or 400 where it has ended.
        """
        with self._lock:
            batch = self._found(batch_id)
            if batch.status in _ENDED:
                raise wrong(f"Cannot cancel a batch with status '{batch.status}'.")
            self._batches[batch_id] = self._entered(batch, "cancelling")
            return self._batches[batch_id].told()

    def _found(self, batch_id: str) -> Batch:
        batch = self._batches.get(batch_id)
        if batch is None:
            raise Refusal(404, f"No batch found with id '{batch_id}'.", "not_found")
        return batch

    def _looked(self, batch: Batch) -> Batch:
        if batch.status in _ENDED:
            return batch
        if self.clock.now().timestamp() >= batch.expires:
            return self._ended(batch, "expired", self.pace.done)
        if batch.status == "cancelling":
            return self._ended(batch, "cancelled", self.pace.done)
        if self.pace.looks is None or batch.looks + 1 < self.pace.looks:
            return replace(batch, looks=batch.looks + 1)
        if batch.status == "validating":
            return self._validated(batch)
        return self._ended(batch, "completed", 1.0)

    def _entered(self, batch: Batch, status: str) -> Batch:
        stamps = {**batch.stamps, status: int(self.clock.now().timestamp())}
        return replace(batch, status=status, stamps=stamps, looks=0)

    def _validated(self, batch: Batch) -> Batch:
        errors = list(_faulty(self.files.get(batch.input_file_id).content))
        if errors:
            told = {"object": "list", "data": errors}
            return replace(self._entered(batch, "failed"), errors=told)
        total = sum(1 for _ in _lines(self.files.get(batch.input_file_id).content))
        return replace(self._entered(batch, "in_progress"), counts=(total, 0, 0))

    def _ended(self, batch: Batch, status: str, share: float) -> Batch:
        """The end: results of a share of the requests, an error line for each of the others."""
        lines = [json.loads(text) for _, text in _lines(self._input(batch))]
        lines.sort(key=lambda line: dice.number(self.seed, batch.id, line.get("custom_id")))
        done = lines[: round(share * len(lines))]
        results = [self._result(line) for line in done]
        good = [one for one in results if one["response"]["status_code"] == 200]  # noqa: PLR2004
        bad = [one for one in results if one["response"]["status_code"] != 200]  # noqa: PLR2004
        missed = [_missed(line, status) for line in lines[len(done) :]]
        return replace(
            self._entered(batch, status),
            output_file_id=self._kept(batch, "output", good),
            error_file_id=self._kept(batch, "error", [*bad, *missed]),
            counts=(len(lines), len(good), len(bad) + len(missed)),
        )

    def _input(self, batch: Batch) -> bytes:
        try:
            return self.files.get(batch.input_file_id).content
        except Refusal:
            return b""

    def _result(self, line: Mapping[str, Any]) -> Json:
        return {
            "id": f"batch_req_{uuid.uuid4().hex[:26]}",
            "custom_id": line["custom_id"],
            "response": {"request_id": request_id(), **self.work(line["body"])},
            "error": None,
        }

    def _kept(self, batch: Batch, name: str, lines: list[Json]) -> str | None:
        if not lines:
            return None
        text = "\n".join(map(json.dumps, lines)) + "\n"
        return self.files.keep(f"{batch.id}_{name}.jsonl", "batch_output", text.encode()).id


def _missed(line: Mapping[str, Any], status: str) -> Json:
    return {
        "id": f"batch_req_{uuid.uuid4().hex[:26]}",
        "custom_id": line["custom_id"],
        "response": None,
        "error": {
            "code": f"batch_{status}",
            "message": "This request could not be executed before the batch ended.",
        },
    }


def _window(told: str) -> timedelta:
    found = _WINDOW.fullmatch(told)
    unit = {"h": timedelta(hours=1), "d": timedelta(days=1)}
    window = int(found[1]) * unit[found[2]] if found else timedelta(0)
    if not _SHORTEST <= window <= _LONGEST:
        raise wrong("'completion_window' : value must be between 24h and 7d")
    return window


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers from 1."""
    for number, text in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        if text.strip():
            yield number, text


def _faulty(content: bytes) -> Iterator[Json]:
    """What is wrong with an input file, line by line."""
    seen: set[str] = set()
    for number, text in _lines(content):
        why = _why_faulty(text, seen)
        if why:
            yield {"code": "invalid_line", "line": number, "message": why, "param": None}
        if number > _MOST_LINES:
            yield {"code": "too_many_lines", "line": number, "message": "", "param": None}
            return


def _why_faulty(text: str, seen: set[str]) -> str:
    try:
        line = json.loads(text)
    except ValueError:
        return "This line is not parseable as valid JSON."
    if not isinstance(line, dict) or not isinstance(line.get("body"), dict):
        return "This line has no body."
    if line.get("method") != "POST" or line.get("url") != ENDPOINT:
        return f"This line is not a POST to {ENDPOINT}."
    name = str(line.get("custom_id") or "")
    if not name or name in seen:
        return "custom_id is missing or not unique."
    seen.add(name)
    return ""
