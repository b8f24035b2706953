"""The double of Groq: an API on a socket of 127.0.0.1 while its context lasts."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from optiinfra_core.windows import Clock
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.groq.batches import Pace
from optiinfra_simulator.groq.cards import CARDS, EVERY, Acuity, Card
from optiinfra_simulator.groq.completions import Completions
from optiinfra_simulator.groq.files import Files
from optiinfra_simulator.groq.gateway import Gateway, Received
from optiinfra_simulator.groq.limits import Limits, Plan
from optiinfra_simulator.groq.mishaps import PASSING, Kind, Mishap, MishapPlan
from optiinfra_simulator.groq.oracle import Oracle
from optiinfra_simulator.transport import Server
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.clock import WorldClock

_HOSTED_ROOT, _OWN_ROOT = "/openai/v1", "/v1"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a double behaves.

    ``self_hosted``: an OpenAI-compatible server at /v1 that wants no key and knows nothing of
    Groq's own fields. ``tick`` is the clock of the rate limits, ``clock`` that of stamps and of
    batches that expire. ``remembered`` is how many of the last requests can be looked at.
    """

    seed: int = 7
    clock: Clock = field(default_factory=WorldClock)
    tick: Callable[[], float] = time.monotonic
    cards: Sequence[Card] = CARDS
    plan: Plan = field(default_factory=Plan)
    pace: Pace = field(default_factory=Pace)
    self_hosted: bool = False
    remembered: int = 50_000


class GroqDouble:
    """Serves Groq's wire; port 0 picks a free one.

    ``with GroqDouble() as groq``: clients take ``groq.base_url`` and ``groq.key``.
    """

    def __init__(self, setup: Setup | None = None, port: int = 0) -> None:
        self.setup = setup or Setup()
        seed, hosted = self.setup.seed, not self.setup.self_hosted
        self.key = "gsk_" + dice.hexadecimal(48, seed, "groq-key")
        self.gateway = Gateway(
            root=_HOSTED_ROOT if hosted else _OWN_ROOT,
            keys=frozenset({self.key} if hosted else ()),
            completions=Completions(
                cards={card.id: card for card in self.setup.cards},
                oracle=Oracle(seed),
                clock=self.setup.clock,
                hosted=hosted,
            ),
            files=Files(self.setup.clock),
            limits=Limits(self.setup.plan, self.setup.tick),
            mishaps=MishapPlan(seed),
            received=deque(maxlen=self.setup.remembered),
        )
        self.gateway.batches.pace = self.setup.pace
        self._server = Server(port, self.gateway)

    @property
    def slug(self) -> str:
        """How control requests name it."""
        return "groq"

    @property
    def port(self) -> int:
        """The port that is served."""
        return int(self._server.server_port)

    @property
    def base_url(self) -> str:
        """What the SDK takes as ``base_url``; a self-hosted server's ends in /v1."""
        root = _OWN_ROOT if self.setup.self_hosted else ""
        return f"http://127.0.0.1:{self.port}{root}"

    @property
    def faults(self) -> MishapPlan:
        """What goes wrong."""
        return self.gateway.mishaps

    @property
    def calls(self) -> CallLedger:
        """The requests so far, by operation."""
        return self.gateway.ledger

    @property
    def address(self) -> str:
        """What OptiInfra's setting ``judge_base_url`` takes."""
        return f"http://127.0.0.1:{self.port}{self.gateway.root}"

    @property
    def cards(self) -> Sequence[Card]:
        """The models that are served now."""
        return tuple(self.gateway.completions.cards.values())

    @property
    def received(self) -> Sequence[Received]:
        """The last requests to chat and lines of batches, with their bodies."""
        return tuple(self.gateway.received)

    @property
    def violations(self) -> Mapping[str, int]:
        """How many requests were above a limit, by limit."""
        return self.gateway.limits.counted()

    def script(self, *steps: Mishap | Mapping[str, Any] | str) -> None:
        """What befalls the next requests to chat, one step each: ``"throttle", "ok", ...``."""
        self.faults.script(steps)

    def mix(self, share: float, kinds: Sequence[Kind] = PASSING, *, sticky: bool = False) -> int:
        """Let a share of the requests go wrong; by default in ways that a retry may cure."""
        return self.faults.mix(share, kinds, sticky=sticky)

    def retire(self, model: str) -> None:
        """Stop serving a model: 404 model_not_found, and it is listed no more."""
        self.gateway.completions.cards.pop(model, None)

    def sharpen(self, model: str, acuity: Acuity, metric: str = EVERY) -> None:
        """Change how well a model judges a metric, or all of them."""
        cards = self.gateway.completions.cards
        known = {} if metric == EVERY else dict(cards[model].acuity)
        cards[model] = replace(cards[model], acuity={**known, metric: acuity})

    def rebuild(self, model: str, fingerprint: str) -> None:
        """Let a model run on another backend: its system_fingerprint changes."""
        cards = self.gateway.completions.cards
        cards[model] = replace(cards[model], fingerprint=fingerprint)

    def __enter__(self) -> Self:
        """Start serving; the socket listens already."""
        self._server.start("simulated-groq")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving, end what waits, give the port back."""
        self.gateway.stopping.set()
        self._server.stop()

    def close(self) -> None:
        """Give the port back; for a double that was made and never entered."""
        self._server.server_close()
