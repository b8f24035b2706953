"""What can go wrong with a request to the double, as a script and as shares of the requests."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from itertools import count
from threading import Lock
from typing import Any

from optiinfra_core.errors import InvalidRequest
from optiinfra_simulator.world import dice

ANY = "*"
LONGEST_HANG = 120.0


class Kind(Enum):
    """What goes wrong. The value is its name in control requests."""

    OK = "ok"
    THROTTLE = "throttle"  # 429 with retry-after
    THROTTLE_BARE = "throttle_bare"  # 429 that does not say how long
    THROTTLE_DAY = "throttle_day"  # 429 of the daily limit: retry-after is long
    FLEX_FULL = "flex_full"  # 498
    TOO_LARGE = "too_large"  # 413
    MODEL_GONE = "model_gone"  # 404 model_not_found
    DECOMMISSIONED = "decommissioned"  # 400 model_decommissioned
    KEY_REJECTED = "key_rejected"  # 401
    FORBIDDEN = "forbidden"  # 403
    SCHEMA_FAILED = "schema_failed"  # 400 json_validate_failed
    BAD_REQUEST = "bad_request"  # 400 of another kind
    ERROR_500 = "error500"
    ERROR_502 = "error502"
    ERROR_503 = "error503"
    HTML_502 = "html502"
    SLOW = "slow"  # the ordinary answer, late
    RESET = "reset"  # the connection breaks
    CUT_BODY = "cut_body"  # 200 with half a JSON document
    HTML_200 = "html200"  # 200 with a captive portal
    NO_CHOICES = "no_choices"
    TRUNCATED = "truncated"  # finish_reason length, half an answer
    NULL_CONTENT = "null_content"
    PROSE = "prose"  # words where JSON was asked for
    OTHER_SCHEMA = "other_schema"  # JSON, but not the one asked for
    REFUSED = "refused"  # the model declines
    NO_USAGE = "no_usage"  # nothing to reckon the price from


# What passes by trying again, and what does not concern the whole key or model.
PASSING: tuple[Kind, ...] = (
    Kind.THROTTLE, Kind.FLEX_FULL, Kind.SCHEMA_FAILED, Kind.ERROR_500, Kind.ERROR_502,
    Kind.ERROR_503, Kind.HTML_502, Kind.RESET, Kind.CUT_BODY, Kind.HTML_200, Kind.NO_CHOICES,
    Kind.TRUNCATED, Kind.NULL_CONTENT, Kind.PROSE, Kind.OTHER_SCHEMA,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One or several kinds that strike a share of the requests that match.

    It begins after ``after`` matching requests and strikes ``times`` times, for ever if None.
    Which requests a share strikes depends on their bytes and on how often each was sent, so that
    a rerun agrees and a retry may pass; ``sticky`` strikes the same requests each time.
    ``seconds`` is how long a slow answer takes, ``retry_after`` what a 429 says, in seconds.
    """

    kinds: tuple[Kind, ...]
    share: float = 1.0
    model: str = ANY
    operation: str = "chat"
    times: int | None = None
    after: int = 0
    seconds: float = 3.0
    retry_after: float | None = None
    sticky: bool = False

    @property
    def kind(self) -> Kind:
        """The kind, or the first of several."""
        return self.kinds[0]

    def only(self, kind: Kind) -> "Mishap":
        """The same with one kind."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return Mishap(**{**told, "kinds": (kind,)})

    def matches(self, request: "Request") -> bool:
        """Whether a request is on its way."""
        return self.model in (ANY, request.model) and self.operation in (ANY, request.operation)

    def told(self) -> Mapping[str, Any]:
        """As control answers list it."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**named, "kinds": [kind.value for kind in self.kinds]}

    @classmethod
    def read(cls, document: Mapping[str, Any] | str) -> "Mishap":
        """The mishap that a control request describes; a bare name is its kind.

        Raises:
            InvalidRequest: it cannot be meant.
        """
        told = {"kind": document} if isinstance(document, str) else dict(document)
        named = told.pop("kinds", None) or [told.pop("kind", "")]
        unknown = set(told) - {each.name for each in fields(cls)}
        if unknown:
            raise InvalidRequest(f"a mishap of the judge has none of {sorted(unknown)}")
        try:
            mishap = cls(kinds=tuple(Kind(name) for name in named), **told)
            sound = 0 < mishap.share <= 1 and 0 <= mishap.seconds <= LONGEST_HANG
        except (TypeError, ValueError) as error:
            kinds = ", ".join(each.value for each in Kind)
            raise InvalidRequest(str(error), remedy=f"Kinds are {kinds}.") from None
        if not sound:
            raise InvalidRequest(
                f"a share is above 0 and at most 1, a wait at most {LONGEST_HANG:g} seconds"
            )
        return mishap


@dataclass(frozen=True, slots=True)
class Request:
    """What a mishap may depend on; ``digest`` is of the bytes that were sent."""

    operation: str
    model: str
    digest: str


@dataclass(slots=True)
class _Planned:
    mishap: Mishap
    seen: int = 0
    struck: int = 0


@dataclass
class MishapPlan:
    """The mishaps to come, safe to use from many threads: first the script, then the shares."""

    seed: int = 0
    _script: deque[Mishap] = field(default_factory=deque)
    _planned: dict[int, _Planned] = field(default_factory=dict)
    _sent: Counter[str] = field(default_factory=Counter)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def script(self, steps: Iterable[Mishap | Mapping[str, Any] | str]) -> None:
        """What befalls the next requests to chat, one step each; ``ok`` is an ordinary answer."""
        read = [one if isinstance(one, Mishap) else Mishap.read(one) for one in steps]
        with self._lock:
            self._script.extend(read)

    def mix(self, share: float, kinds: Sequence[Kind] = PASSING, *, sticky: bool = False) -> int:
        """Strike ``share`` of the requests with one of ``kinds`` each."""
        return self.add(Mishap(kinds=tuple(kinds), share=share, sticky=sticky))

    def add(self, mishap: Mishap) -> int:
        """Switch a mishap on; the number switches it off again."""
        with self._lock:
            number = next(self._numbers)
            self._planned[number] = _Planned(mishap)
            return number

    def add_told(self, document: Mapping[str, Any]) -> Mapping[str, object]:
        """What a control request adds: a script, or one mishap and its number."""
        if "script" in document:
            self.script(document["script"])
            return {"scripted": len(document["script"])}
        return {"id": self.add(Mishap.read(document))}

    def clear(self, number: int | None = None) -> None:
        """Switch one mishap off, or all of them and the script."""
        with self._lock:
            if number is None:
                self._planned.clear()
                self._script.clear()
            else:
                self._planned.pop(number, None)

    def strike(self, request: Request) -> Mishap | None:
        """What befalls this request, None for nothing."""
        with self._lock:
            if request.operation == "chat" and self._script:
                step = self._script.popleft()
                return None if step.kind is Kind.OK else step
            self._sent[request.digest] += 1
            return self._planned_for(request, self._sent[request.digest])

    def _planned_for(self, request: Request, sending: int) -> Mishap | None:
        for number, planned in self._planned.items():
            mishap = planned.mishap
            if not mishap.matches(request):
                continue
            planned.seen += 1
            names = (self.seed, number, request.digest, 0 if mishap.sticky else sending)
            spent = mishap.times is not None and planned.struck >= mishap.times
            drawn = mishap.share >= 1 or dice.fraction(*names, "share") < mishap.share
            if planned.seen > mishap.after and not spent and drawn:
                planned.struck += 1
                return mishap.only(dice.choice(mishap.kinds, *names, "kind"))
        return None

    def listed(self) -> list[Mapping[str, Any]]:
        """Every mishap that is switched on, with how often it was passed and struck."""
        with self._lock:
            return [
                {"id": number, **one.mishap.told(), "seen": one.seen, "struck": one.struck}
                for number, one in self._planned.items()
            ] + [{"id": None, "script": True, **step.told()} for step in self._script]
