"""What a customer decides while a batch is being stored holds for that batch too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from typing_extensions import override

from optiinfra_api.dependencies.intake import Intake, Sender
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_core.warehouse.client import Warehouse
from tests.api.house import NOW, House
from tests.core.warehouse.calls import call

READ = """
SELECT count() AS calls, sum(length(input_parts)) AS texts FROM llm_interactions FINAL
WHERE customer_id = {c:String}
"""


class Overtaken(Warehouse):
    """A warehouse to which something happens while a batch is on its way."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    @override
    def load(
        self, table: str, columns: Sequence[str], stream: bytes, settings: Mapping[str, Any]
    ) -> None:
        """Insert after whatever happens."""
        self.meanwhile()
        super().load(table, columns, stream, settings)


@pytest.fixture
def customer(house: House) -> str:
    """A customer that no other test knows."""
    slug = f"tenant-{len(house.tokens)}-{len(Customers(house.database).list())}"
    return Customers(house.database).add(slug, slug).slug


@contextmanager
def overtaken(house: House, meanwhile: Callable[[], object]) -> Iterator[Intake]:
    """The door's intake, with something that happens before each insert."""
    with Overtaken(house.servers.clickhouse) as warehouse:
        warehouse.meanwhile = meanwhile  # type: ignore[method-assign,assignment]
        yield replace(house.doors.intake, warehouse=warehouse)


def read(house: House, customer: str) -> Mapping[str, Any]:
    """How many calls are stored, and how many texts."""
    [found] = house.warehouse.select(READ, {"c": customer})
    return dict(found)


def test_a_policy_that_becomes_stricter_meanwhile_holds(house: House, customer: str) -> None:
    """The batch was redacted by the old rule; nothing of its texts is left by the new one."""

    def decide() -> None:
        said = {"text_policy": "none"}
        Applications(house.database).patch(
            customer, "support.assistant", said, actor="test", at=NOW
        )

    with overtaken(house, decide) as intake:
        intake.take(Sender(customer), [call(1), call(2)])
    assert read(house, customer) == {"calls": 2, "texts": 0}


def test_a_person_who_is_erased_meanwhile_is_gone(house: House, customer: str) -> None:
    """The erasure found nothing yet; the batch takes its own rows back."""
    pseudonyms = house.doors.intake.redactors.customer(customer).pseudonyms

    def forget() -> None:
        erasures = Erasures(house.database)
        erasures.ask(customer, pseudonyms.user(call(1).user), "test", NOW)

    with overtaken(house, forget) as intake:
        intake.take(Sender(customer), [call(1), call(2)])
    assert read(house, customer) == {"calls": 1, "texts": 1}


def test_nothing_meanwhile_costs_nothing(house: House, customer: str) -> None:
    """Both calls with their texts."""
    with overtaken(house, lambda: None) as intake:
        receipt = intake.take(Sender(customer), [call(1), call(2)])
    assert (receipt.stored, receipt.rejected, receipt.message) == (2, 0, "")
    assert read(house, customer) == {"calls": 2, "texts": 2}
