"""POST /openai/v1/chat/completions: what is checked, what it costs in tokens, and the answer."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from optiinfra_core.windows import Clock
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.evidence import text_of
from optiinfra_simulator.groq.oracle import Oracle
from optiinfra_simulator.groq.refusals import no_model, wrong
from optiinfra_simulator.groq.schemas import Schema, accept, told_in
from optiinfra_simulator.world import dice

Json = dict[str, Any]
# 87 recorded calls give 5.3 to 5.6 characters a token; chat templates add some to each message.
_CHARACTERS, _OVERHEAD = 5, 8
# The shortest prefix that is cached; Groq's documents say 128 to 1,024 by model.
_LEAST_CACHED = 128
_REASONING: Mapping[str, tuple[int, int]] = {
    "low": (20, 90), "medium": (150, 500), "high": (600, 1_500),
}  # fmt: skip
_UNSUPPORTED = ("logprobs", "top_logprobs", "logit_bias")


def tokens(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // _CHARACTERS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered, with what it costs before the answer."""

    card: Card
    body: Mapping[str, Any]
    schema: Schema | None
    prompt_tokens: int
    cached_tokens: int


@dataclass
class Completions:
    """Answers requests of one organisation; what system prompts it has seen is its cache."""

    cards: dict[str, Card]
    oracle: Oracle
    clock: Clock
    hosted: bool = True
    _cached: set[tuple[str, str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def accept(self, body: Mapping[str, Any]) -> Asked:
        """The request, checked.

        Raises:
            Refusal: 404 for a model that is not served, 400 for what cannot be answered.
        """
        card = self.cards.get(str(body.get("model", "")))
        if card is None:
            raise no_model(str(body.get("model", "")))
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise wrong("'messages' : minimum number of items is 1")
        if body.get("n") not in (None, 1):
            raise wrong("'n' : number must be at most 1")
        for name in _UNSUPPORTED:
            if body.get(name):
                raise wrong(f"`{name}` is not supported with this model")
        if body.get("stream"):
            raise wrong("the simulated server does not stream")
        prompt = sum(tokens(text_of(one)) + _OVERHEAD for one in messages)
        return Asked(card, body, self._schema(card, body), prompt, self._hit(card, messages))

    def _schema(self, card: Card, body: Mapping[str, Any]) -> Schema | None:
        form = body.get("response_format") or {"type": "text"}
        if form["type"] not in ("text", *card.forms):
            raise wrong(f"This model does not support response format `{form['type']}`: {card.id}")
        if form["type"] != "json_schema":
            return told_in(text_of(body["messages"][0]))
        told = form.get("json_schema") or {}
        if told.get("strict") and not card.strict:
            raise wrong(
                f"This model does not support response format `json_schema` with strict: {card.id}"
            )
        return accept(told.get("schema"))

    def _hit(self, card: Card, messages: Sequence[Mapping[str, Any]]) -> int:
        """Tokens of an identical beginning that was seen before: the system prompt."""
        if messages[0].get("role") != "system":
            return 0
        text = text_of(messages[0])
        with self._lock:
            known = (card.id, text) in self._cached
            self._cached.add((card.id, text))
        return tokens(text) if known and tokens(text) >= _LEAST_CACHED else 0

    def answer(self, asked: Asked) -> Json:
        """The completion as SDK types/chat/chat_completion.py has it."""
        body, card = asked.body, asked.card
        content = self._content(asked)
        reasoning = self._reasoning(asked, content)
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        room = card.max_completion_tokens if most is None else int(most)
        finish = "stop"
        if reasoning + tokens(content) > room:
            finish = "length"
            reasoning = min(reasoning, room)
            content = content[: (room - reasoning) * _CHARACTERS]
        return self._completion(asked, content, reasoning, finish)

    def _content(self, asked: Asked) -> str:
        if asked.schema is None:
            form = (asked.body.get("response_format") or {}).get("type")
            return json.dumps({"answer": "ok"}) if form == "json_object" else "Understood."
        replicate = asked.body.get("seed")
        return self.oracle.answer(asked.card, asked.body["messages"], asked.schema, replicate)

    def _reasoning(self, asked: Asked, content: str) -> int:
        usual = "medium" if self.hosted else "none"
        effort = str(asked.body.get("reasoning_effort") or usual)
        low, high = _REASONING.get(effort, (0, 0))
        return dice.whole(low, high, content, effort) if high else 0

    def _completion(self, asked: Asked, content: str, reasoning: int, finish: str) -> Json:
        document: Json = {
            "id": f"chatcmpl-{uuid.uuid4()}",
            "object": "chat.completion",
            "created": int(self.clock.now().timestamp()),
            "model": asked.card.id,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content},
                    "logprobs": None,
                    "finish_reason": finish,
                }
            ],
            "usage": _usage(asked, reasoning, tokens(content)),
            "system_fingerprint": asked.card.fingerprint,
        }
        if not self.hosted:
            return document
        return {
            **document,
            "usage_breakdown": None,
            "x_groq": {"id": request_id(), "seed": asked.body.get("seed")},
            "service_tier": asked.body.get("service_tier") or "on_demand",
        }


def _usage(asked: Asked, reasoning: int, told: int) -> Json:
    done = reasoning + told
    return {
        "queue_time": 0.02,
        "prompt_tokens": asked.prompt_tokens,
        "prompt_time": round(asked.prompt_tokens / 25_000, 9),
        "completion_tokens": done,
        "completion_time": round(done / 1_000, 9),
        "total_tokens": asked.prompt_tokens + done,
        "total_time": round(asked.prompt_tokens / 25_000 + done / 1_000, 9),
        "prompt_tokens_details": {"cached_tokens": asked.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def request_id() -> str:
    """An identifier as in ``x_groq.id`` and ``x-request-id``."""
    return f"req_{uuid.uuid4().hex[:26]}"
