"""The house's applications: calls and judgements of known numbers, and keys that may see them."""

from datetime import UTC, datetime, timedelta

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.tenancy.applications import Applications as Registry
from tests.api.house import CANARY, NOW, House
from tests.core.warehouse.judged import Applications

NAME = "support.assistant"
BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
PATH = "/api/v2/applications/acme/aws"


def applications(house: House, customer: str = "acme", name: str = NAME) -> Applications:
    """What writes the calls and scores of one of the customer's applications."""
    return Applications(house.warehouse, customer, name, BEGAN)


def furnish_applications(house: House) -> None:
    """Acme's support has a hundred calls; globex has one that nobody else may see."""
    house.key("reader", ("applications:read",), ("acme",))
    house.key("texts", ("applications:read", "applications:text"), ("acme",))
    house.key("rater", ("applications:read", "applications:write"), ("acme",))
    house.key("globex-reader", ("applications:read",), ("globex",))
    support = applications(house)
    support.calls(range(100))
    support.samples(range(60))
    note(house)
    theirs = applications(house, "globex", f"{CANARY}.bot")
    theirs.calls([1], model=CANARY)
    theirs.samples([1])
    theirs.scores({1: 0.0}, explanation=CANARY, call={"model": CANARY})
    note(house, "globex", f"{CANARY}.bot")


def note(house: House, customer: str = "acme", name: str = NAME, at: datetime = NOW) -> None:
    """What the door and the judging run note in Postgres: a call came, all is judged until now."""
    Registry(house.database).seen(customer, name, name, "aws", at)
    SourceStates(house.database).save(
        SourceState(
            customer_id=customer,
            provider="aws",
            dataset=APPLICATION.name,
            account_id=name,
            source="interactions",
            watermark=at - timedelta(minutes=20),
            last_attempt_at=at,
            last_success_at=at,
            data_version=int(at.timestamp() * 1000),
            committed_at=at,
        )
    )
