"""The control routes under /_simulator/: health, accounts, truth, clock, faults and calls."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qs

from optiinfra_core.errors import InvalidRequest, NotFound, OptiInfraError
from optiinfra_core.windows import Window, as_utc
from optiinfra_simulator.applications.desk import Desk
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.clouds import SimulatedCloud
from optiinfra_simulator.groq.double import GroqDouble
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.transport import Application
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World

PREFIX = "/_simulator/"


@dataclass(frozen=True, slots=True)
class Asked:
    """A control request."""

    parameters: Mapping[str, str]
    document: Mapping[str, Any]

    def day(self, name: str) -> date:
        """A parameter that is a day; of an instant, its UTC day."""
        return self.instant(name).date()

    def instant(self, name: str) -> datetime:
        """A parameter that is an instant; a day means its midnight in UTC."""
        text = self.parameters.get(name, "")
        try:
            if len(text) == len("2026-11-22"):
                return datetime.combine(date.fromisoformat(text), time(), UTC)
            return as_utc(datetime.fromisoformat(text))
        except ValueError:
            raise InvalidRequest(
                f"{name} must be a day or an instant, not {text!r}",
                remedy="Write 2026-11-22 or 2026-11-22T08:00:00Z.",
            ) from None


class Faults(Protocol):
    """What goes wrong with the calls to one simulated API."""

    def add_told(self, document: Mapping[str, Any]) -> Mapping[str, object]:
        """Switch on what a control request describes."""
        ...

    def clear(self, number: int | None = None) -> None:
        """Switch one off, or all."""
        ...

    def listed(self) -> list[Mapping[str, Any]]:
        """What is switched on."""
        ...


class Simulated(Protocol):
    """An API whose faults are switched and whose calls are counted: a cloud, or the judge."""

    @property
    def slug(self) -> str:
        """How requests name it, in the parameter ``cloud``."""
        ...

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        ...

    @property
    def calls(self) -> CallLedger:
        """The requests so far."""
        ...


@dataclass(frozen=True)
class Control:
    """Answers the control routes and hands every other request to ``behind``.

    ``desk`` speaks for the simulated applications; ``judge`` is the double of Groq's API.
    """

    world: World
    clouds: Sequence[SimulatedCloud]
    behind: Application
    desk: Desk
    judge: GroqDouble | None = None

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request."""
        path = str(environ["PATH_INFO"])
        if not path.startswith(PREFIX):
            return self.behind(environ)
        status, document = self._answer(environ, path.removeprefix(PREFIX))
        body = json.dumps(document, default=_plain).encode()
        return Reply(status, (("Content-Type", "application/json"),), body)

    def _answer(self, environ: Mapping[str, Any], name: str) -> tuple[int, object]:
        routes: Mapping[tuple[str, str], Callable[[Asked], object]] = {
            ("GET", "health"): self._health,
            ("GET", "accounts"): self._accounts,
            ("GET", "truth"): self._truth,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._clear_calls,
            ("GET", "judge"): self._judge,
            ("GET", "applications"): lambda _: self.desk.applications(),
            ("POST", "traffic"): lambda asked: self.desk.send(asked.document, self._now()),
            ("GET", "regressions"): lambda _: self.desk.regressions(),
            ("POST", "regressions"): lambda asked: self.desk.plant(asked.document),
            ("DELETE", "regressions"): lambda _: self.desk.repair(),
        }
        route = routes.get((str(environ["REQUEST_METHOD"]), name))
        try:
            asked = _asked(environ)
            if route is None:
                raise NotFound(f"there is no control route {name}")
            return 200, route(asked)
        except OptiInfraError as error:
            status = 404 if isinstance(error, NotFound) else 400
            return status, {"error": error.detail, "remedy": error.remedy}

    def _health(self, _: Asked) -> object:
        return {"status": "ok", "now": self.world.clock.now(), "seed": self.world.seed}

    def _accounts(self, _: Asked) -> object:
        return [
            {
                "customer": holder.customer,
                "name": holder.customer_name,
                "provider": cloud.slug,
                "label": holder.label,
                "account_id": holder.account_id,
                "credential": cloud.credential(holder.account_id),
            }
            for cloud in self.clouds
            for holder in cloud.holders()
        ]

    def _now(self) -> datetime:
        return self.world.clock.now()

    def _judge(self, _: Asked) -> object:
        """Where the judge is reached, with which key, and how it was asked so far."""
        if self.judge is None:
            raise NotFound("no judge is simulated")
        return {
            "base_url": self.judge.base_url,
            "address": self.judge.address,
            "api_key": self.judge.key,
            "models": [card.id for card in self.judge.cards],
            "asked": self.judge.calls.count("groq", "chat.completions"),
            "violations": self.judge.violations,
        }

    def _simulated(self, asked: Asked) -> Simulated:
        """What the parameter ``cloud`` names, a cloud or the judge; the first cloud without one."""
        wanted = asked.parameters.get("cloud", self.clouds[0].slug)
        known: Sequence[Simulated] = (*self.clouds, *((self.judge,) if self.judge else ()))
        for one in known:
            if one.slug == wanted:
                return one
        raise NotFound(f"no cloud {wanted!r} is simulated")

    def _holding(self, account: str) -> SimulatedCloud:
        for cloud in self.clouds:
            if any(holder.account_id == account for holder in cloud.holders()):
                return cloud
        raise NotFound(f"no simulated cloud has an account {account!r}")

    def _truth(self, asked: Asked) -> object:
        """What is true of an account; ``only=cost,resources`` leaves the rest uncounted.

        With ``application`` instead of ``account``: of an application's calls, with ``each=true``
        of every one of them.
        """
        if "application" in asked.parameters:
            span = Window(asked.instant("start"), asked.instant("end"))
            return self.desk.truth(
                asked.parameters["application"], span, each=asked.parameters.get("each") == "true"
            )
        account = asked.parameters.get("account", "")
        cloud = self._holding(account)
        as_of = asked.instant("as_of") if "as_of" in asked.parameters else self._now()
        span = Window(asked.instant("start"), asked.instant("end"))
        wanted = asked.parameters.get("only", ",".join(TRUTHS)).split(",")
        told: dict[str, object] = {"account": account, "as_of": as_of}
        for name in wanted:
            if name not in TRUTHS:
                raise InvalidRequest(f"only may name {', '.join(TRUTHS)}, not {name!r}")
            told |= TRUTHS[name](cloud, account, span, as_of)
        return told

    def _clock(self, _: Asked) -> object:
        clock = self.world.clock
        standing = isinstance(clock, WorldClock) and clock.frozen is not None
        return {"now": clock.now(), "standing": standing}

    def _set_clock(self, asked: Asked) -> object:
        clock = self.world.clock
        if not isinstance(clock, WorldClock):
            raise InvalidRequest("this world's clock cannot be set")
        if "now" in asked.document:
            instant = Asked({"now": str(asked.document["now"])}, {}).instant("now")
            clock.set(instant)
        elif "advance_seconds" in asked.document:
            clock.advance(timedelta(seconds=float(asked.document["advance_seconds"])))
        else:
            raise InvalidRequest("send now or advance_seconds")
        return self._clock(asked)

    def _faults(self, asked: Asked) -> object:
        return self._simulated(asked).faults.listed()

    def _add_fault(self, asked: Asked) -> object:
        return self._simulated(asked).faults.add_told(asked.document)

    def _clear_faults(self, asked: Asked) -> object:
        number = asked.parameters.get("id")
        if number is not None and not number.isdecimal():
            raise InvalidRequest(f"a fault's id is a number, not {number!r}")
        faults = self._simulated(asked).faults
        faults.clear(int(number) if number else None)
        return faults.listed()

    def _calls(self, asked: Asked) -> object:
        return self._simulated(asked).calls.summary()

    def _clear_calls(self, asked: Asked) -> object:
        calls = self._simulated(asked).calls
        calls.clear()
        return calls.summary()


def _true_cost(
    cloud: SimulatedCloud, account: str, span: Window, as_of: datetime
) -> Mapping[str, object]:
    days = (span.first_day, span.last_day + timedelta(days=1))
    by_day = cloud.cost_by_day(account, *days, as_of)
    return {
        "cost": {
            "total": sum(by_day.values(), Decimal(0)),
            "by_day": {str(day): amount for day, amount in by_day.items()},
            "by_service": cloud.cost_by_service(account, *days, as_of),
            "currency": "USD",
        }
    }


def _true_resources(
    cloud: SimulatedCloud, account: str, _: Window, as_of: datetime
) -> Mapping[str, object]:
    found = cloud.resources(account, as_of)
    return {
        "resources": [each for identifiers in found.values() for each in identifiers],
        "resources_by_kind": found,
    }


def _true_performance(
    cloud: SimulatedCloud, account: str, span: Window, as_of: datetime
) -> Mapping[str, object]:
    by_resource = cloud.points(account, span, as_of)
    return {"performance": {"points": sum(by_resource.values()), "by_resource": by_resource}}


TRUTHS: Mapping[str, Callable[[SimulatedCloud, str, Window, datetime], Mapping[str, object]]] = {
    "cost": _true_cost,
    "resources": _true_resources,
    "performance": _true_performance,
}


def _asked(environ: Mapping[str, Any]) -> Asked:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b"{}"
    try:
        document = json.loads(body)
    except ValueError:
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidRequest("the body must be a JSON object")
    query = parse_qs(str(environ.get("QUERY_STRING", "")))
    return Asked({name: values[0] for name, values in query.items()}, document)


def _plain(value: object) -> object:
    """Money as text, so that no reader rounds it; instants as RFC 3339."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
