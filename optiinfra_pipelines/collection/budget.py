"""What collecting may cost: as spending nears an account's budget, its paid calls come seldom."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from optiinfra_core.settings import Settings
from optiinfra_core.vault.credentials import CredentialRecord
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.calls import SPENDING, Spending
from optiinfra_core.windows import QUARTER_HOUR, floor, month_window

# A run below a hundredth of a cent is a look at what has changed: 96 a day are 0.29 USD a month.
NEGLIGIBLE = Decimal("0.0001")

NOTHING = Spending(
    spent=Decimal(0),
    recent_usd=Decimal(0),
    recent_on_dataset=Decimal(0),
    typical=Decimal(0),
    last_paid=datetime(1970, 1, 1, tzinfo=UTC),
)

# How far back runs tell what one collection costs.
RECENT = timedelta(days=7)


def budget_of(record: CredentialRecord, settings: Settings) -> Decimal | None:
    """US dollars a month for the credential's account, None where nothing limits it."""
    own = record.budget_usd
    return own if own is not None else settings.collection_budget_usd


def spending_of(
    warehouse: Warehouse, record: CredentialRecord, dataset: str, now: datetime
) -> Spending:
    """What the account has spent this month, and what one collection of ``dataset`` costs."""
    found = warehouse.rows(
        SPENDING,
        {
            "customer_id": record.customer_id,
            "provider": record.provider,
            "account_id": record.account_id or "",
            "dataset": dataset,
            "start": month_window(now.date()).start,
            "recent": now - RECENT,
            "negligible": NEGLIGIBLE,
        },
    )
    return found[0] if found else NOTHING


def slowed_until(budget: Decimal, spending: Spending, now: datetime) -> datetime | None:
    """Until when the data set makes no paid call, so that what is left lasts until the month ends.

    Its part of what is left is its part of what was spent of late, and one collection costs what
    the last ones did: they are spread evenly over the rest of the month. None where that is no
    limit now.
    """
    month = month_window(now.date())
    if not spending.typical or spending.last_paid < month.start:
        return None
    share = spending.recent_on_dataset / spending.recent_usd
    left = (budget - spending.spent) * share
    if left < spending.typical:
        return month.end
    since = floor(spending.last_paid, QUARTER_HOUR)
    until = since + (month.end - since) * float(spending.typical / left)
    return until if until > now else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Says until when an account's data set may not spend; asks only where there is a budget."""

    warehouse: Warehouse
    settings: Settings
    record: CredentialRecord
    dataset: str

    def slowed_until(self, now: datetime) -> datetime | None:
        """Until when there is no paid call; None where one is allowed now."""
        budget = budget_of(self.record, self.settings)
        if budget is None:
            return None
        return slowed_until(
            budget, spending_of(self.warehouse, self.record, self.dataset, now), now
        )


def told(until: datetime) -> str:
    """Why nothing is fetched, for people."""
    return f"slowed by the budget until {until:%Y-%m-%dT%H:%MZ}"
