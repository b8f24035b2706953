"""Sends calls to an OptiInfra API, as an exporter would: with patience where it is asked for."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from pydantic import SecretStr

from optiinfra_core.errors import CredentialRejected, InvalidRequest, Transient
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.wire import otlp_protobuf
from optiinfra_simulator.applications.wire.posts import Delivery, Post, posts

_ATTEMPTS, _PATIENCE = 5, 5.0
_WAIT_AND_REPEAT = (429, 502, 503, 504)
_REFUSED = (401, 403)


@dataclass(slots=True)
class Sent:
    """What was sent: HTTP requests, the spans, records and lines in them, their bytes.

    ``rejected`` counts items that the API told it did not take, ``why`` its words for that.
    """

    requests: int = 0
    items: int = 0
    size: int = 0
    rejected: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    why: set[str] = field(default_factory=set)

    def __iadd__(self, other: "Sent") -> Self:
        """Both together."""
        self.requests += other.requests
        self.items += other.items
        self.size += other.size
        self.rejected += other.rejected
        self.statuses += other.statuses
        self.why |= other.why
        return self

    def told(self) -> Mapping[str, object]:
        """For control answers."""
        return {
            "requests": self.requests,
            "items": self.items,
            "bytes": self.size,
            "rejected": self.rejected,
            "statuses": {str(status): number for status, number in self.statuses.items()},
            "why": sorted(self.why),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Posts to the API at ``url`` with an ingest key; ``customer`` names one of several.

    ``pause`` waits between attempts where the API is busy.
    """

    url: str
    key: SecretStr
    customer: str = ""
    pause: Callable[[float], None] = time.sleep

    def send(self, calls: Iterable[Call], delivery: Delivery | None = None) -> Sent:
        """Deliver calls.

        Raises:
            CredentialRejected: the API does not take the key.
            InvalidRequest: it does not take a body.
            Transient: it stays busy or cannot be reached.
        """
        sent = Sent()
        with httpx.Client(base_url=self.url.rstrip("/"), timeout=60) as client:
            for post in posts(calls, delivery):
                answer = self._posted(client, post)
                sent.requests += 1
                sent.items += post.items
                sent.size += len(post.body)
                sent.statuses[answer.status_code] += 1
                _note(sent, answer)
        return sent

    def _posted(self, client: httpx.Client, post: Post) -> httpx.Response:
        for attempt in range(_ATTEMPTS):
            answer = self._tried(client, post)
            if answer is not None and answer.status_code not in _WAIT_AND_REPEAT:
                return _accepted(answer)
            asked = answer.headers.get("retry-after", "") if answer is not None else ""
            told = float(asked) if asked.replace(".", "", 1).isdigit() else 0.2 * 2**attempt
            self.pause(min(told, _PATIENCE))
        raise Transient(f"the API at {self.url} does not take {post.path}")

    def _tried(self, client: httpx.Client, post: Post) -> httpx.Response | None:
        headers = {
            "Authorization": f"Bearer {self.key.get_secret_value()}",
            "Content-Type": post.content_type,
            **({"Content-Encoding": post.encoding} if post.encoding else {}),
            **({"X-OptiInfra-Customer": self.customer} if self.customer else {}),
        }
        try:
            return client.post(post.path, content=post.body, headers=headers)
        except httpx.TransportError:
            return None


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.status_code in _REFUSED:
        raise CredentialRejected(f"the API answers {answer.status_code} to the ingest key")
    if answer.is_error:
        raise InvalidRequest(f"the API answers {answer.status_code} to {answer.request.url.path}")
    return answer


def _note(sent: Sent, answer: httpx.Response) -> None:
    """Keep what the API says it did not take."""
    path, body = str(answer.request.url.path), answer.content
    if "json" in answer.headers.get("content-type", ""):
        number, message = _of_json(answer.json())
    else:
        number, message = otlp_protobuf.rejected(path, body)
    sent.rejected += number
    if message:
        sent.why.add(message)


def _of_json(document: Mapping[str, Any]) -> tuple[int, str]:
    """Of OTLP's partial success, or of the plain door's receipt."""
    partial = document.get("partialSuccess") or document
    names = ("rejectedSpans", "rejectedLogRecords", "rejected")
    number = sum(int(partial.get(name) or 0) for name in names)
    reasons = [str(one.get("reason", "")) for one in partial.get("reasons") or ()]
    return number, str(partial.get("errorMessage") or "; ".join(reasons))
