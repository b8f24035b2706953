"""Changes for the worse that are planted into an application at a change of version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.windows import as_utc
from optiinfra_simulator.applications.catalogue import Application, Rates, application

Axis = Literal["service_version", "prompt_version", "model"]
_AXES: Sequence[Axis] = ("service_version", "prompt_version", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """From ``at`` on an application errs more often, until it is repaired.

    ``rates`` are the new ones by the names of Rates; ``axis`` is what changes with them and what
    it is to be attributed to. A model keeps its name unless ``version`` gives another.
    """

    application: str
    at: datetime
    rates: Mapping[str, float]
    until: datetime | None = None
    axis: Axis = "service_version"
    version: str = ""

    def holds(self, application_id: str, at: datetime) -> bool:
        """Whether a call at an instant is worse for it."""
        ended = self.until is not None and at >= self.until
        return application_id == self.application and at >= self.at and not ended

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Regression":
        """The regression that a control request describes.

        Raises:
            InvalidRequest, NotFound: it cannot be meant.
        """
        try:
            made = cls(
                application=application(str(document["application"])).id,
                at=as_utc(datetime.fromisoformat(str(document["at"]))),
                rates={str(name): float(rate) for name, rate in document["rates"].items()},
                until=_instant(document.get("until")),
                axis=document.get("axis", "service_version"),
                version=str(document.get("version", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidRequest(f"this is no regression: {error}") from None
        known = {each.name for each in fields(Rates)}
        if made.axis not in _AXES or not set(made.rates) <= known:
            raise InvalidRequest(
                f"rates are of {', '.join(sorted(known))}, an axis is one of {', '.join(_AXES)}"
            )
        return made


def _instant(told: object) -> datetime | None:
    return as_utc(datetime.fromisoformat(str(told))) if told else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an application is at an instant."""

    rates: Rates
    service_version: str
    prompt_version: str
    model: str = ""


def standing(app: Application, at: datetime, regressions: Sequence[Regression] = ()) -> Standing:
    """Its versions and rates at ``at``; a regression is a patch, and so is its repair."""
    release, prompt = app.releases(at), app.prompts(at)
    patches = dict.fromkeys(_AXES, 0)
    rates, named = app.rates, dict.fromkeys(_AXES, "")
    for one in regressions:
        if one.application != app.id or at < one.at:
            continue
        holds = one.holds(app.id, at)
        if holds or _repaired(app, one, at):
            patches[one.axis] += 1 if holds else 2
        if holds:
            rates = replace(rates, **one.rates)
            named[one.axis] = one.version
    return Standing(
        rates=rates,
        service_version=named["service_version"]
        or f"{app.major}.{release}.{patches['service_version']}",
        prompt_version=named["prompt_version"] or _prompt(prompt, patches["prompt_version"]),
        model=named["model"],
    )


def _repaired(app: Application, one: Regression, at: datetime) -> bool:
    """Whether the version at ``at`` is the one in which the regression was repaired."""
    of: Mapping[Axis, Callable[[datetime], int]] = {
        "service_version": app.releases,
        "prompt_version": app.prompts,
    }
    number = of.get(one.axis)
    return number is not None and one.until is not None and number(at) == number(one.until)


def _prompt(number: int, patch: int) -> str:
    return f"p{number}.{patch}" if patch else f"p{number}"


# The one that is planted unless told otherwise: shop.search answers past the question.
PLANTED: Sequence[Regression] = (
    Regression(
        application="shop.search",
        at=datetime(2026, 11, 20, 6, tzinfo=UTC),
        until=datetime(2026, 11, 21, 18, tzinfo=UTC),
        rates={"off_topic": 0.3},
    ),
)
