"""What the furnished customers pay: ten weeks, with a jump, restatements and two currencies."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import DAY, Window, floor
from tests.api.house import CANARY, NOW, House
from tests.core.warehouse.scene import charge
from tests.dashboard.accounts import CHEAP, EURO, PRODUCTION, STAGING, THEIRS, Account

TODAY = NOW.date()
WEEKS = 10
JUMP = date(2026, 11, 15)
RESTATED = date(2026, 11, 5)
# Service, kind of resource, resource, region, team, dollars a day.
CHARGES = (
    ("Amazon EC2", "aws.ec2.instance", "i-web-1", "us-east-1", "shop", "41.28"),
    ("Amazon EC2", "aws.ec2.instance", "i-web-2", "us-east-1", "shop", "41.28"),
    ("Amazon EC2", "aws.ec2.instance", "i-train", "us-west-2", "science", "73.455"),
    ("Amazon EC2", "aws.ec2.instance", "i-batch", "eu-central-1", "", "18.9"),
    ("Amazon RDS", "aws.rds.instance", "db-orders", "us-east-1", "shop", "35.17"),
    ("Amazon RDS", "aws.rds.instance", "db-events", "eu-central-1", "science", "22.04"),
    ("Amazon S3", "aws.s3.bucket", "acme-archive", "us-east-1", "", "9.7312"),
    ("Amazon CloudFront", "", "", "", "shop", "12.5"),
    ("AWS Support", "", "", "", "", "3.3333"),
)
FINALITY = {9: "final", 10: "closing", 11: "open"}


def days(weeks: int = WEEKS) -> list[date]:
    """The days up to today."""
    return [TODAY - timedelta(days=back) for back in reversed(range(weeks * 7))]


def swing(day: date) -> Decimal:
    """Weekends are quieter, and since the jump everything is dearer; today has only begun."""
    weekday = Decimal("0.82") if day.weekday() > 4 else Decimal(1)
    begun = Decimal("0.4") if day == TODAY else Decimal(1)
    return weekday * begun * (Decimal("1.31") if day >= JUMP else Decimal(1))


def charges(account: Account, share: str, changed: str = "1") -> Iterator[CostRow]:
    """Every day's charges; those of the restated day times ``changed``."""
    for day in days():
        factor = swing(day) * Decimal(share) * (Decimal(changed) if day == RESTATED else 1)
        for service, kind, resource, region, team, dollars in CHARGES:
            yield charge(
                str((Decimal(dollars) * factor).quantize(Decimal("0.0001"))),
                day,
                billing_account_id=account.id,
                sub_account_id=account.id,
                service_name=service,
                resource_type=kind,
                resource_id=resource,
                region_id=region,
                finality=FINALITY[day.month],
                tags={"team": team, "env": "prod"} if team else {},
            )


def flat(dollars: str, service: str, **told: Any) -> list[CostRow]:
    """The same charge on every day."""
    return [
        charge(dollars, day, service_name=service, finality=FINALITY[day.month], **told)
        for day in days()
    ]


def whole() -> Window:
    """From the first charge to the end of today."""
    start = datetime.combine(days()[0], datetime.min.time(), tzinfo=UTC)
    return Window(start, floor(NOW, DAY) + DAY)


def furnish_costs(house: House) -> None:
    """Four accounts of acme; one day of production is restated afterwards; one of globex."""
    span = whole()
    for account, share in ((PRODUCTION, "1"), (STAGING, "0.15")):
        account.commit(house, COST, span, list(charges(account, share)))
    house.writing.advance(timedelta(minutes=1))
    PRODUCTION.commit(house, COST, span, list(charges(PRODUCTION, "1", "1.09")))
    machines = flat("6.4", "Cloud Compute", billing_account_id=CHEAP.id, region_id="fra")
    CHEAP.commit(house, COST, span, machines)
    server = flat("1.63", "Server", billing_account_id=EURO.id, billing_currency="EUR")
    EURO.commit(house, COST, span, server)
    secret = flat("987654.32", CANARY, billing_account_id=THEIRS.id, resource_id=CANARY)
    THEIRS.commit(house, COST, span, secret)
