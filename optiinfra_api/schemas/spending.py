"""What collecting costs, and the budgets it is held against."""

from datetime import datetime

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import Listing, Period
from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.questions.calls import Spent


class Effort(BaseModel):
    """What calls took, added up."""

    calls: int
    pages: int = Field(description="Calls that were answered; a retry is a call of its own.")
    units: int = Field(description="What providers bill: metrics, requests, bytes.")
    usd: Money
    throttled: int
    errors: int


class AccountSpending(BaseModel):
    """What calls for one account cost this month."""

    provider: str
    account_id: str
    month_to_date_usd: Money
    projected_month_usd: Money = Field(
        description="Month to date, and the last seven days' pace until the month's end."
    )
    budget_usd: Money | None = Field(
        description="Of the credential, else OPTIINFRA_COLLECTION_BUDGET_USD; null: no limit."
    )
    slowed_until: datetime | None = Field(
        description="When the next paid call is due, where the budget slows collection."
    )


class CollectionCost(Listing[Spent]):
    """What collecting a customer's data took; dollars are estimated by price lists."""

    customer_id: str
    period: Period
    group_by: str
    total: Effort
    month_to_date_usd: Money
    projected_month_usd: Money
    accounts: list[AccountSpending]
