"""Every request to the double: who asks, what goes wrong, and the answer."""

import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any

from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Route
from optiinfra_simulator.groq.batches import Batches
from optiinfra_simulator.groq.completions import Completions, request_id
from optiinfra_simulator.groq.files import Files, parts
from optiinfra_simulator.groq.limits import Limits
from optiinfra_simulator.groq.mishaps import Kind, Mishap, MishapPlan, Request
from optiinfra_simulator.groq.refusals import Refusal, no_model, no_route, told, unknown_key, wrong
from optiinfra_simulator.groq.striking import answered, as_line, refusal, spoilt
from optiinfra_simulator.reply import Reply

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Received:
    """A request to chat as it came; ``befell`` is what went wrong with it."""

    model: str
    retry: str
    body: Mapping[str, Any] = field(repr=False)
    befell: Kind | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request below the API's root; ``named`` is the identifier in its path."""

    environ: Mapping[str, Any] = field(repr=False)
    named: str = ""

    @property
    def body(self) -> bytes:
        """The bytes that were sent."""
        body: bytes = self.environ["wsgi.input"].getvalue()
        return body

    def document(self) -> Json:
        """The JSON object that was sent.

        Raises:
            Refusal: 400.
        """
        try:
            found = json.loads(self.body)
        except ValueError:
            raise wrong("could not parse the JSON body of the request") from None
        if not isinstance(found, dict):
            raise wrong("the body of the request must be an object")
        return found


@dataclass
class Gateway:
    """Answers requests below ``root``; ``keys`` may enter, anyone where there are none."""

    root: str
    keys: frozenset[str]
    completions: Completions
    files: Files
    limits: Limits
    mishaps: MishapPlan
    ledger: CallLedger = field(default_factory=CallLedger)
    received: deque[Received] = field(default_factory=deque)
    stopping: Event = field(default_factory=Event)
    batches: Batches = field(init=False)

    def __post_init__(self) -> None:
        self.batches = Batches(self.files, self.completions.clock, self.worked)

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request.

        Raises:
            ConnectionResetError: a mishap wants the connection to break.
        """
        key = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ").strip()
        try:
            operation, handler, named = self._route(environ)
            self.ledger.record(Route("groq", operation, "global", ""))
            if self.keys and key not in self.keys:
                raise unknown_key()
            return handler(Call(environ, named))
        except Refusal as one:
            return _identified(one.reply())

    def _route(self, environ: Mapping[str, Any]) -> tuple[str, Callable[[Call], Reply], str]:
        method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
        below = path.removeprefix(self.root) if path.startswith(self.root) else ""
        for (wanted, pattern), (operation, answer) in ROUTES.items():
            found = re.fullmatch(pattern, below)
            if found and method == wanted:
                named = found[1] if found.re.groups else ""
                return operation, partial(answer, self), named
        raise no_route(method, path)

    def chat(self, call: Call) -> Reply:
        """One completion."""
        body = call.document()
        model = str(body.get("model", ""))
        mishap = self.mishaps.strike(Request("chat", model, _digest(call.body)))
        retry = str(call.environ.get("HTTP_X_STAINLESS_RETRY_COUNT", ""))
        self.received.append(Received(model, retry, body, mishap.kind if mishap else None))
        self._interrupted(mishap)
        refused = refusal(mishap, model)
        if refused is not None:
            refused.headers += self.limits.headers(model)
            raise refused
        asked = self.completions.accept(body)
        self.limits.enter(model, asked.prompt_tokens - asked.cached_tokens)
        document = self.completions.answer(asked)
        self.limits.settle(model, int(document["usage"]["completion_tokens"]))
        headers = (("x-request-id", request_id()), *self.limits.headers(model))
        return answered(mishap, document, headers)

    def _interrupted(self, mishap: Mishap | None) -> None:
        if mishap is not None and mishap.kind is Kind.SLOW:
            self.stopping.wait(mishap.seconds)
        if mishap is not None and mishap.kind is Kind.RESET:
            raise ConnectionResetError

    def worked(self, body: Mapping[str, Any]) -> Json:
        """What a batch makes of the body of one line; its limits are other ones."""
        model = str(body.get("model", ""))
        digest = _digest(json.dumps(body, sort_keys=True).encode())
        mishap = self.mishaps.strike(Request("batch", model, digest))
        self.received.append(Received(model, "", body, mishap.kind if mishap else None))
        try:
            document = self.completions.answer(self.completions.accept(body))
        except Refusal as one:
            return {"status_code": one.status, "body": {"error": dict(one.error)}}
        if mishap is not None:
            return as_line(mishap, model, document)
        return {"status_code": 200, "body": document}

    def models(self, call: Call) -> Reply:
        """The models, or the one that is named."""
        return self._plain(call, "models", self._models)

    def _models(self, call: Call) -> Json:
        cards = self.completions.cards
        if not call.named:
            return {"object": "list", "data": [card.told() for card in cards.values()]}
        if call.named not in cards:
            raise no_model(call.named)
        return dict(cards[call.named].told())

    def upload(self, call: Call) -> Reply:
        """Keep a file."""
        form = parts(str(call.environ["CONTENT_TYPE"]), call.body)
        return self._plain(call, "files", lambda _: self.files.upload(form).told())

    def content(self, call: Call) -> Reply:
        """A file's bytes."""
        file = self.files.get(call.named)
        return Reply(200, (("Content-Type", "application/octet-stream"),), file.content)

    def _plain(self, call: Call, operation: str, answer: Callable[[Call], Json]) -> Reply:
        """An answer that costs no tokens; mishaps that were told to strike it do."""
        mishap = self.mishaps.strike(Request(operation, "", _digest(call.body)))
        self._interrupted(mishap)
        refused = refusal(mishap, "")
        if refused is not None:
            raise refused
        return spoilt(mishap, _identified(told(200, answer(call))))


Answer = Callable[[Gateway, Call], Reply]


def _listed(operation: str, answer: Callable[[Gateway, Call], Json]) -> tuple[str, Answer]:
    area = operation.partition(".")[0]
    return operation, lambda gateway, call: gateway._plain(  # noqa: SLF001 - its own routes
        call, area, lambda one: answer(gateway, one)
    )


ROUTES: Mapping[tuple[str, str], tuple[str, Answer]] = {
    ("POST", "/chat/completions"): ("chat.completions", Gateway.chat),
    ("GET", "/models"): ("models.list", Gateway.models),
    ("GET", "/models/(.+)"): ("models.retrieve", Gateway.models),
    ("POST", "/files"): ("files.create", Gateway.upload),
    ("GET", "/files/([^/]+)/content"): ("files.content", Gateway.content),
    ("GET", "/files"): _listed("files.list", lambda one, _: one.files.listed()),
    ("GET", "/files/([^/]+)"): _listed(
        "files.info", lambda one, call: one.files.get(call.named).told()
    ),
    ("DELETE", "/files/([^/]+)"): _listed(
        "files.delete", lambda one, call: one.files.delete(call.named)
    ),
    ("POST", "/batches"): _listed(
        "batches.create", lambda one, call: one.batches.create(call.document())
    ),
    ("GET", "/batches"): _listed("batches.list", lambda one, _: one.batches.listed()),
    ("GET", "/batches/([^/]+)"): _listed(
        "batches.retrieve", lambda one, call: one.batches.get(call.named)
    ),
    ("POST", "/batches/([^/]+)/cancel"): _listed(
        "batches.cancel", lambda one, call: one.batches.cancel(call.named)
    ),
}


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _identified(reply: Reply) -> Reply:
    return Reply(reply.status, (*reply.headers, ("x-request-id", request_id())), reply.body)
