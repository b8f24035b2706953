"""What collecting cost a customer, and what it will have cost when the month ends."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.period import COSTS, Times, next_step, window_of
from optiinfra_api.schemas.envelope import Period
from optiinfra_api.schemas.spending import AccountSpending, CollectionCost, Effort
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.settings import Settings
from optiinfra_core.vault.records import CredentialRecord
from optiinfra_core.warehouse.questions.calls import MONTHS, SPENT, MonthOfAccount, Spent
from optiinfra_core.windows import DAY, Window, month_window

# How far back the pace of spending is looked at.
RECENT = 7 * DAY
# Cents of a hundredth: a projection is no more exact than that.
PLACES = Decimal("0.000001")

Account = tuple[str, str]


async def cost_of(
    doors: Doors, customer: str, provider: str | None, asked: Times, group_by: str
) -> CollectionCost:
    """What the calls of a period took, by default of this month, and how the accounts stand."""
    now = doors.clock.now()
    month = month_window(now.date())
    named = any((asked.start, asked.end, asked.days, asked.hours))
    window = (
        window_of(asked, COSTS, doors.clock) if named else Window(month.start, next_step(now, DAY))
    )
    providers = (provider,) if provider else tuple(await doors.providers())
    scope = {"customer_id": customer, "providers": providers}
    rows = await doors.warehouse.rows(
        SPENT, {**scope, "start": window.start, "end": window.end, "group_by": group_by}
    )
    accounts = await accounts_of(doors, customer, providers, now)
    return CollectionCost(
        customer_id=customer,
        period=Period(start=window.start, end=window.end),
        group_by=group_by,
        count=len(rows),
        data=rows,
        total=total_of(rows),
        month_to_date_usd=sum((each.month_to_date_usd for each in accounts), Decimal(0)),
        projected_month_usd=sum((each.projected_month_usd for each in accounts), Decimal(0)),
        accounts=accounts,
    )


async def accounts_of(
    doors: Doors, customer: str, providers: tuple[str, ...], now: datetime
) -> list[AccountSpending]:
    """Every account that is connected or has cost something since the month began."""
    month = month_window(now.date())
    spent = await doors.warehouse.rows(
        MONTHS,
        {
            "customer_id": customer,
            "providers": providers,
            "start": month.start,
            "recent": now - RECENT,
            "end": now + timedelta(seconds=1),
        },
    )
    by_account = {(each.provider, each.account_id): each for each in spent}
    records = await run_in_threadpool(doors.vault.list, customer)
    limits = budgets_of(records, doors.settings)
    connected = {account for account in limits if account[0] in providers}
    slowed = slowed_of(await doors.states_of(customer), now)
    return [
        AccountSpending(
            provider=account[0],
            account_id=account[1],
            month_to_date_usd=known.month_to_date if known else Decimal(0),
            projected_month_usd=projected(known, month, now),
            budget_usd=limits.get(account),
            slowed_until=slowed.get(account),
        )
        for account in sorted(connected | set(by_account))
        for known in (by_account.get(account),)
    ]


def budgets_of(
    records: Iterable[CredentialRecord], settings: Settings
) -> Mapping[Account, Decimal | None]:
    """What each connected account's calls may cost a month."""
    return {
        (record.provider, record.account_id): (
            record.budget_usd if record.budget_usd is not None else settings.collection_budget_usd
        )
        for record in records
        if record.account_id
    }


def slowed_of(states: Iterable[SourceState], now: datetime) -> Mapping[Account, datetime]:
    """Until when budgets slow accounts: the earliest of an account's data types."""
    found: dict[Account, datetime] = {}
    for state in states:
        until = state.slowed_until
        if until and until > now:
            account = (state.provider, state.account_id)
            found[account] = min(until, found.get(account, until))
    return found


def projected(known: MonthOfAccount | None, month: Window, now: datetime) -> Decimal:
    """Month to date, and the recent pace until the month ends; a first day counts as a whole."""
    if known is None:
        return Decimal(0)
    since = max(now - known.first_call, DAY)
    days = Decimal(min(since, RECENT) / DAY)
    left = Decimal((month.end - now) / DAY)
    return (known.month_to_date + known.recent_usd / days * left).quantize(PLACES)


def total_of(rows: Iterable[Spent]) -> Effort:
    """The groups added up."""
    rows = tuple(rows)
    return Effort(
        calls=sum(row.calls for row in rows),
        pages=sum(row.pages for row in rows),
        units=sum(row.units for row in rows),
        usd=sum((row.usd for row in rows), Decimal(0)),
        throttled=sum(row.throttled for row in rows),
        errors=sum(row.errors for row in rows),
    )
