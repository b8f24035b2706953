"""Looks at a customer's series after a window: raises alarms, and ends those that are over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from optiinfra_core.applications.baseline import Pinned
from optiinfra_core.errors import InvalidRequest
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms, Series, new_id
from optiinfra_core.warehouse.questions.alarms import BASELINE_DAYS, WATCHED_ITEMS
from optiinfra_pipelines.judging.regression import (
    MEMORY_DAYS,
    WATCHED_DAYS,
    Finding,
    History,
    Name,
    findings,
    histories,
    recovered,
)
from optiinfra_pipelines.judging.scope import Tools

# Days after which a step of the judge ends what came before: (judge, model, rubric, metric).
Steps = Mapping[tuple[str, str, str, str], date]
NO_STEPS: Steps = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look found: the series that were watched, the alarms raised and ended."""

    series: int
    raised: tuple[QualityAlarm, ...]
    cleared: tuple[QualityAlarm, ...]


def watch_quality(tools: Tools, customer_id: str, provider: str, steps: Steps = NO_STEPS) -> Looked:
    """Compare every series of the customer at the provider with its baseline, as of now.

    May be called after each window and again at any time: an alarm that is open is not raised
    again, nor is one that was cleared from the same items. Windows must be up to date
    (``recompute_quality``).

    Raises:
        Transient, Permanent: as the servers say; alarms that were raised stay.
        NotFound: the customer was deleted.
    """
    today = tools.clock.now().date()
    held = _histories(tools, (customer_id, provider), today)
    pins = _pins(tools, customer_id, {name[0] for name in held})
    alarms = QualityAlarms(tools.database)
    standing = {
        alarm.series: alarm
        for alarm in alarms.list(customer_id, open_only=True, limit=1000)
        if alarm.provider == provider
    }
    raised, cleared = [], []
    for name, history in held.items():
        series = Series(customer_id, *name)
        known = history.after(steps.get((*name[3:], name[2])))
        alarm = standing.get(series)
        if alarm is None:
            found = findings(known, today, pins.get(name[0]))
            raised += _raised(tools, alarms, (series, provider), found)
        elif recovered(known, alarm.raised_at.date(), alarm.baseline_rate):
            cleared.append(alarms.clear(customer_id, alarm.id, tools.clock.now()))
    return Looked(series=len(held), raised=tuple(raised), cleared=tuple(cleared))


def told(alarm: QualityAlarm) -> dict[str, str]:
    """The alarm as fields of an alert; texts of calls are in none."""
    series = alarm.series
    cause = f"{alarm.attributed_to} {alarm.attributed_value}".strip()
    return {
        "customer_id": series.customer_id,
        "application_id": series.application_id,
        "environment": series.environment,
        "metric_name": series.metric_name,
        "judge": f"{series.judge} {series.judge_model}".strip(),
        "attributed_to": cause or "nothing that changed",
        "message": alarm.detail,
    }


def _histories(tools: Tools, of: tuple[str, str], today: date) -> Mapping[Name, History]:
    def asked(days: int) -> dict[str, Any]:
        return {
            "customer_id": of[0],
            "provider": of[1],
            "first_day": today - timedelta(days=days),
            "last_day": today,
        }

    items = tools.warehouse.rows(WATCHED_ITEMS, asked(WATCHED_DAYS - 1))
    if not items:
        return {}
    days = tools.warehouse.rows(BASELINE_DAYS, asked(MEMORY_DAYS))
    return {name: history for name, history in histories(days, items).items() if history.items}


def _pins(tools: Tools, customer_id: str, applications: set[str]) -> Mapping[str, Pinned]:
    """The pinned baselines that can be read; of another the last days are the baseline."""
    pins = {}
    for name, application in Applications(tools.database).known(customer_id, applications).items():
        try:
            pinned = Pinned.read(application.baseline)
        except InvalidRequest:
            pinned = None
        if pinned is not None:
            pins[name] = pinned
    return pins


def _raised(
    tools: Tools, alarms: QualityAlarms, of: tuple[Series, str], found: list[Finding]
) -> list[QualityAlarm]:
    """The alarm of the clearest finding that may still raise one."""
    for finding in found:
        alarm = QualityAlarm(
            id=new_id(),
            series=of[0],
            provider=of[1],
            raised_at=tools.clock.now(),
            began_at=finding.began_at,
            baseline_rate=finding.baseline.value,
            current_rate=finding.current.value,
            evidence=finding.evidence,
            judged=finding.judged,
            attributed_to=finding.attributed_to,
            attributed_value=finding.attributed_value,
            detail=finding.detail,
        )
        if alarms.raise_once(alarm):
            return [alarm]
    return []
