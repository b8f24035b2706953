"""What control requests may ask of the simulated applications: truth, sending, changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from pydantic import SecretStr

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.windows import Window, as_utc
from optiinfra_simulator.applications.catalogue import Application, application
from optiinfra_simulator.applications.regressions import Regression
from optiinfra_simulator.applications.sender import Sender, Sent
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.applications.wire.posts import Delivery

_DEFAULT_MINUTES = 120.0


@dataclass(frozen=True, slots=True)
class Desk:
    """Speaks for the traffic; the same question has the same answer at any time."""

    traffic: Traffic

    def applications(self) -> Sequence[Mapping[str, object]]:
        """Every application, and what it would be registered with."""
        return [
            {
                "application": one.id,
                "customer": one.customer,
                "provider": one.provider,
                "environment": one.environment,
                "vendor": one.vendor,
                "models": list(one.models),
                "dialect": one.dialect,
                "calls_per_hour": one.calls_per_hour * self.traffic.scale,
            }
            for one in self.traffic.applications
        ]

    def truth(
        self, application_id: str, window: Window, *, each: bool = False
    ) -> Mapping[str, object]:
        """What is true of an application's window; with ``each`` of every call by its id.

        Raises:
            NotFound: there is no such application.
        """
        told = self.traffic.truth(window, application_id).told()
        if not each:
            return told
        calls = {
            call.interaction_id: {
                "at": call.started_at,
                "error": call.error_type,
                "version": call.service_version,
                "model": call.model,
                "defects": call.defects,
            }
            for call in self.traffic.calls(application_id, window)
        }
        return {**told, "by_call": calls}

    def send(self, document: Mapping[str, Any], now: datetime) -> Mapping[str, object]:
        """Send a window to an OptiInfra API; the key stands in the body alone and is told nowhere.

        ``{"url", "key", "start", "end" | "minutes", "customer", "applications", "delivery"}``; a
        customer's calls go out in its name, ``as_customer`` gives another, ``""`` none.

        Raises:
            InvalidRequest, NotFound: it cannot be meant, or the API refuses it.
            CredentialRejected, Transient: the API refuses the key, or cannot be reached.
        """
        window = _window(document, now)
        delivery = Delivery.read(document.get("delivery") or {})
        url, key = _text(document, "url"), SecretStr(_text(document, "key"))
        made = {one: list(self.traffic.calls(one.id, window)) for one in self._chosen(document)}
        sent = Sent()
        for customer in dict.fromkeys(one.customer for one in made):
            sender = Sender(url=url, key=key, customer=document.get("as_customer", customer))
            owned = chain.from_iterable(made[one] for one in made if one.customer == customer)
            sent += sender.send(owned, delivery)
        return {
            "start": window.start,
            "end": window.end,
            "calls": {one.id: len(calls) for one, calls in made.items()},
            **sent.told(),
        }

    def _chosen(self, document: Mapping[str, Any]) -> Sequence[Application]:
        named = document.get("applications")
        if named:
            return [application(str(name)) for name in named]
        customer = document.get("customer")
        chosen = [one for one in self.traffic.applications if customer in (None, one.customer)]
        if not chosen:
            raise InvalidRequest(f"no application of {customer!r} is simulated")
        return chosen

    def regressions(self) -> Sequence[Mapping[str, object]]:
        """The changes for the worse that are planted."""
        return [
            {
                "application": one.application,
                "at": one.at,
                "until": one.until,
                "axis": one.axis,
                "version": one.version,
                "rates": one.rates,
            }
            for one in self.traffic.regressions
        ]

    def plant(self, document: Mapping[str, Any]) -> Sequence[Mapping[str, object]]:
        """Plant another one.

        Raises:
            InvalidRequest, NotFound: it cannot be meant.
        """
        self.traffic.plant(Regression.read(document))
        return self.regressions()

    def repair(self) -> Sequence[Mapping[str, object]]:
        """Undo all of them, as if they had never been."""
        self.traffic.regressions = ()
        return self.regressions()


def _text(document: Mapping[str, Any], name: str) -> str:
    told = document.get(name)
    if not isinstance(told, str) or not told:
        raise InvalidRequest(f"{name} is missing")
    return told


def _window(document: Mapping[str, Any], now: datetime) -> Window:
    """From ``start`` to ``end``, or the last ``minutes``."""
    try:
        end = as_utc(datetime.fromisoformat(document["end"])) if "end" in document else now
        if "start" in document:
            return Window(as_utc(datetime.fromisoformat(document["start"])), end)
        minutes = float(document.get("minutes", _DEFAULT_MINUTES))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"start and end are instants, minutes a number: {error}") from None
    return Window(end - timedelta(minutes=minutes), end)
