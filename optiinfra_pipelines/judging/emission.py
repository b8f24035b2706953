"""Sends each score to the address that wants it, as ``gen_ai.evaluation.result`` over OTLP/HTTP.

At least once: how far was sent is kept after the receiver took a batch, so that a run that dies in
between sends that batch again. A receiver that keys scores by call, name and time sees no double.
A score that is judged again is sent again: it is another one. Judging never waits for the
receiver: what it does not take is left for the next run, or dropped and told where it never will.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx
import structlog

from optiinfra_core.applications.otlp.wire import PROTOBUF, refused_logs
from optiinfra_core.errors import ConfigurationError, InvalidRequest, WindowBusy
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications, rules_of
from optiinfra_core.tenancy.emissions import Emissions, Mark
from optiinfra_core.warehouse.questions.emission import SCORES_SINCE, EmittedScore
from optiinfra_core.windows import DAY
from optiinfra_pipelines.judging.evaluation_wire import Result, encoded
from optiinfra_pipelines.judging.scope import Tools

log = structlog.get_logger(__name__)

PATH = "/v1/logs"
# Our faithfulness score is the share of unsupported statements; others' 1 is a faithful answer.
NAMES: Mapping[str, str] = MappingProxyType({"faithfulness": "hallucination"})
# https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
RETRYABLE = frozenset({429, 502, 503, 504})
KEPT_TEXTS = frozenset({"full", "redacted"})
BATCH = 500
TRIES = 3
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
SECONDS = 20.0
# Scores that other runs write at this moment may carry an earlier time: they are waited for.
SETTLED = timedelta(minutes=2)
# What is older when sending begins, or after a long outage of the receiver, is not sent.
LOOK_BACK = DAY
# A call is judged at most so long after it was made; its day bounds the read.
JUDGED_WITHIN = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What was sent: scores taken by the receiver, scores it refused for good, and why it stopped.

    ``stopped`` is empty where nothing was left.
    """

    sent: int = 0
    dropped: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """How the receiver met one batch."""

    taken: bool
    dropped: int = 0
    stopped: str = ""


class Emitter:
    """Sends one customer's scores at a time; ``sleep`` makes the pauses between tries."""

    def __init__(self, tools: Tools, sleep: Callable[[float], None] = time.sleep) -> None:
        self._tools = tools
        self._sleep = sleep
        self._url = _url(tools.settings)
        self._headers = _headers(tools.settings)

    def emit(self, customer_id: str, provider: str) -> Emitted:
        """Send what was not sent yet; nothing where no address is set.

        Whatever the receiver does is told in the result and never raised.

        Raises:
            Transient, Permanent: as our own servers say; what was sent is remembered.
        """
        if self._url is None:
            return Emitted()
        try:
            with self._tools.database.try_lock("emission", customer_id, provider):
                return self._emitted(customer_id, provider)
        except WindowBusy:
            return Emitted(stopped="another run is sending")

    def _emitted(self, customer_id: str, provider: str) -> Emitted:
        marks = Emissions(self._tools.database)
        now = self._tools.clock.now()
        begin = Mark(now - LOOK_BACK)
        mark = max(marks.reached(customer_id, provider) or begin, begin)
        sent = dropped = 0
        while rows := self._unsent(customer_id, provider, mark, now):
            answer = self._send(self._results(customer_id, provider, rows))
            if not answer.taken:
                return Emitted(sent=sent, dropped=dropped, stopped=answer.stopped)
            dropped += answer.dropped
            sent += len(rows) - answer.dropped
            mark = Mark(rows[-1].scored_at, rows[-1].score_key)
            marks.save(customer_id, provider, mark)
        return Emitted(sent=sent, dropped=dropped)

    def _unsent(
        self, customer_id: str, provider: str, mark: Mark, now: datetime
    ) -> list[EmittedScore]:
        return self._tools.warehouse.rows(
            SCORES_SINCE,
            {
                "customer_id": customer_id,
                "provider": provider,
                "first_day": (now - JUDGED_WITHIN).date(),
                "after": mark.scored_at,
                "after_key": mark.score_key,
                "until": now - SETTLED,
                "limit": BATCH,
            },
        )

    def _results(self, customer_id: str, provider: str, rows: list[EmittedScore]) -> list[Result]:
        quoting = self._quoting(customer_id, {row.application_id for row in rows})
        return [
            Result(
                application_id=row.application_id,
                environment=row.environment,
                provider=provider,
                interaction_id=row.interaction_id,
                at=row.scored_at,
                name=NAMES.get(row.metric_name, row.metric_name),
                value=row.score,
                label=row.label,
                judge=row.judge,
                judge_model=row.judge_model,
                rubric_version=row.rubric_version,
                explanation=row.explanation if row.application_id in quoting else "",
            )
            for row in rows
        ]

    def _quoting(self, customer_id: str, applications: set[str]) -> set[str]:
        """Those whose explanations may be sent: they quote what was answered."""
        settings = self._tools.settings
        if not settings.evaluation_explanations:
            return set()
        known = Applications(self._tools.database).known(customer_id, applications)
        return {
            name
            for name in applications
            if rules_of(known.get(name), settings).policy in KEPT_TEXTS
        }

    def _send(self, results: list[Result]) -> _Answer:
        """Post one batch, again where that may help; what never will is dropped and told."""
        body, why = encoded(results), ""
        for attempt in range(TRIES):
            pause: float | None = None
            try:
                answer = self._post(body)
            except httpx.HTTPError as error:
                why = f"the receiver of evaluations did not answer: {type(error).__name__}"
            else:
                if answer.status_code not in RETRYABLE:
                    return self._met(answer, len(results))
                why = f"the receiver of evaluations answered {answer.status_code}"
                pause = _retry_after(answer, self._tools.clock.now())
            if attempt == TRIES - 1 or (pause or 0) > LONGEST_PAUSE:
                break
            self._sleep(FIRST_PAUSE * 2**attempt if pause is None else pause)
        log.warning("evaluations.left", scores=len(results), why=why)
        return _Answer(taken=False, stopped=why)

    def _post(self, body: bytes) -> httpx.Response:
        return httpx.post(
            self._url or "", content=body, headers=self._headers, timeout=SECONDS,
            follow_redirects=False,
        )  # fmt: skip

    def _met(self, answer: httpx.Response, scores: int) -> _Answer:
        """An answer that will be no other: taken, taken in part, or refused."""
        if not answer.is_success:
            log.error("evaluations.refused", scores=scores, status=answer.status_code)
            return _Answer(taken=True, dropped=scores)
        try:
            rejected, why = refused_logs(answer.content)
        except InvalidRequest:
            rejected, why = 0, ""  # a receiver that answers in JSON took it all the same
        if rejected:
            log.error("evaluations.refused", scores=rejected, status=answer.status_code, why=why)
        return _Answer(taken=True, dropped=min(rejected, scores))


def _url(settings: Settings) -> str | None:
    told = settings.evaluation_otlp_url
    if told is None:
        return None
    base = told.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"content-type": PROTOBUF, "content-encoding": "gzip", "accept": PROTOBUF}
    told = settings.evaluation_otlp_headers
    for pair in told.get_secret_value().split(",") if told else ():
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ConfigurationError(
                "OPTIINFRA_EVALUATION_OTLP_HEADERS cannot be read",
                remedy="Write it as name=value,name=value.",
            )
        headers[name.strip().lower()] = value.strip()
    return headers


def _retry_after(answer: httpx.Response, now: datetime) -> float | None:
    """Seconds that the receiver asks for, told as a number or a date; None where it does not."""
    told = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - now).total_seconds())
    except (TypeError, ValueError):
        return None
