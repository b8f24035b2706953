"""What judging costs against its caps, and the alarms it raised: both are kept in Postgres."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.schemas.judges import AlarmOut, JudgeCap
from optiinfra_api.schemas.quality import columns
from optiinfra_core.tenancy.customers import Customer
from optiinfra_core.tenancy.judge_spending import Spent, caps_of, spent_by
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms
from optiinfra_core.windows import month_window

MONTH = "customer_month"
MOST_ALARMS = 1000


async def caps_in(read: Read, application: str) -> Found[JudgeCap]:
    """The customer's month, then the day of each application that sent calls; now, not then."""
    return Found(rows=await run_in_threadpool(_caps, read, application))


def _caps(read: Read, application: str) -> list[JudgeCap]:
    doors, customer = read.doors, read.customer.slug
    spent = {
        (each.scope, each.application_id): each
        for each in spent_by(doors.database, customer, read.now.date())
    }
    found = doors.applications.list(customer)
    names = [each.application_id for each in found if application in {"", each.application_id}]
    keys = [(MONTH, ""), *(("application_day", name) for name in names)]
    return [_cap(read, key, spent.get(key)) for key in keys]


def _cap(read: Read, key: tuple[str, str], spent: Spent | None) -> JudgeCap:
    scope, application = key
    doors = read.doors
    caps = caps_of(doors.database, doors.settings, read.customer.slug, application)
    monthly = scope == MONTH
    cap = caps.month_usd if monthly else caps.day_usd
    used = spent.spent_usd + spent.reserved_usd if spent else Decimal(0)
    today = read.now.date()
    return JudgeCap(
        scope=scope,
        application_id=application,
        period=month_window(today).first_day if monthly else today,
        cap_usd=cap,
        spent_usd=spent.spent_usd if spent else Decimal(0),
        reserved_usd=spent.reserved_usd if spent else Decimal(0),
        calls=spent.calls if spent else 0,
        used=float(used / cap) if cap else 1.0,
        exhausted=used >= cap,
    )


async def alarms_in(read: Read, asked: Mapping[str, Any]) -> Found[AlarmOut]:
    """The alarms that stood in the period, newest first; at most the customer's newest 1,000."""
    found = await run_in_threadpool(
        QualityAlarms(read.doors.database).list,
        read.customer.slug,
        asked["application"],
        open_only=asked["open_only"],
        limit=MOST_ALARMS,
    )
    return Found(rows=[told(each) for each in found if stood(each, read, asked["metric_name"])])


def stood(alarm: QualityAlarm, read: Read, metric_name: str) -> bool:
    """Whether the alarm is of the read's clouds and metric, and stood in its period."""
    return (
        alarm.provider in read.scope["providers"]
        and metric_name in {"", alarm.series.metric_name}
        and alarm.raised_at < read.window.end
        and (alarm.cleared_at is None or alarm.cleared_at >= read.window.start)
    )


def told(alarm: QualityAlarm) -> AlarmOut:
    """An alarm as it is served."""
    return AlarmOut(**{**columns(alarm.series, AlarmOut), **columns(alarm, AlarmOut)})


async def cleared(doors: Doors, customer: Customer, alarm_id: UUID) -> AlarmOut:
    """End an alarm.

    Raises:
        NotFound: the customer has none with this id.
    """
    alarms = QualityAlarms(doors.database)
    now = doors.clock.now()
    return told(await run_in_threadpool(alarms.clear, customer.slug, alarm_id, now))
