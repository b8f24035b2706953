"""A small server that speaks Groq's wire by script, and a judge whose waits are written down."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import SecretBytes, SecretStr

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.settings import Settings
from optiinfra_core.testing.http_double import Fate, HttpDouble, Incoming, Reply, Reset, Stall
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.chain import open_judge
from optiinfra_pipelines.judging.groq_judge import GroqJudge
from optiinfra_pipelines.judging.spending import Purse

SMALL, LARGE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = "gsk_" + "k" * 48
SECRET = SecretBytes(b"nobody knows this one")

CLEAN: Mapping[str, Any] = {
    "analysis": "Nothing in the answer harms anyone.",
    **dict.fromkeys(("attack", "hate", "sexual", "violence", "self_harm"), False),
    "question_toxic": False,
    "severity": 0,
    "tamper": False,
    "confidence": "high",
}
EVIDENCE = Evidence(
    conversation=(Message("user", "When does the shop open?"),), answer="It opens at nine."
)


def completion(
    answer: Mapping[str, Any] | str | None = CLEAN, finish: str = "stop", **other: object
) -> dict[str, Any]:
    """A document of a completion as Groq answers it."""
    text = json.dumps(answer) if isinstance(answer, Mapping) else answer
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": SMALL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": finish,
            }
        ],
        "usage": {
            "prompt_tokens": 700,
            "completion_tokens": 200,
            "total_tokens": 900,
            "prompt_tokens_details": {"cached_tokens": 400},
        },
        "system_fingerprint": "fp_1",
        **other,
    }


def ok(answer: Mapping[str, Any] | str | None = CLEAN, **other: Any) -> Reply:
    """An ordinary completion."""
    return as_json(completion(answer, **other))


def as_json(document: Mapping[str, Any], status: int = 200, **headers: str) -> Reply:
    """A document with a status; ``retry_after="1"`` is the header ``retry-after``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(document).encode()
    return Reply(status=status, body=body, headers={"content-type": "application/json", **named})


def refused(
    status: int, code: str = "", message: str = "no", failed: str = "", **headers: str
) -> Reply:
    """An error as Groq tells it; ``failed`` is what the model generated."""
    error = {"message": message, "type": "invalid_request_error", "code": code}
    if failed:
        error["failed_generation"] = failed
    return as_json({"error": error}, status, **headers)


def page(status: int) -> Reply:
    """HTML of something that stands between."""
    return Reply(status=status, body=b"<html>portal</html>", headers={"content-type": "text/html"})


FAULTS: Mapping[str, Fate] = {
    "429": refused(429, "rate_limit_exceeded", retry_after="1.5"),
    "429 without a wait": refused(429, "rate_limit_exceeded"),
    "498": refused(498, "capacity_exceeded"),
    "413": refused(413, "rate_limit_exceeded"),
    "404": refused(404, "model_not_found"),
    "decommissioned": refused(400, "model_decommissioned"),
    "401": refused(401, "invalid_api_key"),
    "403": refused(403, "permission_denied"),
    "400 json": refused(400, "json_validate_failed", failed='{"analysis": "my diagnosis'),
    "400 cut": refused(
        400,
        "json_validate_failed",
        failed="max completion tokens reached before generating a valid document",
    ),
    "400": refused(400, "invalid_request"),
    "500": refused(500),
    "502": refused(502),
    "503": refused(503),
    "html 502": page(502),
    "no answer": Stall(),
    "reset": Reset(),
    "half a document": Reply(
        body=b'{"id": "chatcmpl-1", "choices": [', headers={"content-type": "application/json"}
    ),
    "torn": Reply(body=json.dumps(completion()).encode(), keep=40),
    "html 200": page(200),
    "no choices": as_json({**completion(), "choices": []}),
    "cut": ok('{"analysis": "the answer says tha', finish="length"),
    "null": ok(None),
    "prose": ok("It is fine, I would say."),
    "other schema": ok({"verdict": "fine"}),
    "refused": ok("", finish="content_filter"),
}


@dataclass
class Time:
    """Seconds that pass only by sleeping."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ticks(self) -> float:
        """Seconds, only forward."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Remember the wait and let it pass at once."""
        with self._lock:
            self.slept.append(seconds)
            self.seconds += seconds
        time.sleep(0)


class Script:
    """Answers completions with the given fates in turn, then with ordinary ones."""

    def __init__(self, fates: Sequence[Fate | str], models: Sequence[str] = (SMALL, LARGE)) -> None:
        self.fates = [FAULTS[each] if isinstance(each, str) else each for each in fates]
        self.models = models
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer: Callable[[dict[str, Any]], Fate] = lambda body: ok(model=body["model"])
        self._lock = threading.Lock()

    def respond(self, incoming: Incoming) -> Fate:
        """The fate of a request."""
        with self._lock:
            self.paths.append(incoming.path)
            if incoming.path.endswith("/models"):
                listed = [
                    {"id": each, "object": "model", "created": 1, "owned_by": "x"}
                    for each in self.models
                ]
                return as_json({"object": "list", "data": listed})
            body = json.loads(incoming.body)
            self.asked.append(body)
            return self.fates.pop(0) if self.fates else self.answer(body)


@dataclass(frozen=True, kw_only=True)
class Room:
    """A judge, its server's script, its purse, its ledger and its time."""

    judge: GroqJudge
    script: Script
    purse: Purse
    ledger: CallLog
    time: Time


def settings(url: str, **other: object) -> Settings:
    """Settings of a judge at ``url``."""
    told: dict[str, Any] = {"judge_base_url": url, "judge_api_key": SecretStr(KEY), **other}
    return Settings(**told)


# Long enough for a machine with other things to do; a server that stalls is waited for less.
PATIENT, IMPATIENT = 20.0, 1.5


def bench(passing: Time, ledger: CallLog, read_seconds: float = PATIENT) -> Bench:
    """What the judge works with."""
    return Bench(
        clock=FixedClock(NOW),
        ledger=ledger,
        secret=SECRET,
        ticks=passing.ticks,
        sleep=passing.sleep,
        read_seconds=read_seconds,
    )


@contextmanager
def room(*fates: Fate | str, path: str = "/openai/v1", **other: Any) -> Iterator[Room]:
    """A judge before a server that meets its first completions with ``fates``."""
    script = Script(fates, other.pop("models", (SMALL, LARGE)))
    passing, ledger = Time(), CallLog()
    purse = Purse(other.pop("cap", Decimal(1)))
    with HttpDouble(script.respond) as server:
        seconds = IMPATIENT if "no answer" in fates else PATIENT
        judge = open_judge(
            settings(server.url + path, **other), bench(passing, ledger, seconds), purse
        )
        assert judge is not None
        try:
            yield Room(judge=judge, script=script, purse=purse, ledger=ledger, time=passing)
        finally:
            judge.close()
