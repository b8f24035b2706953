"""A customer's name is its own for ever, and nothing of it stays after deletion but the proof."""

import threading
from datetime import timedelta
from secrets import token_hex

import pytest
from pydantic import SecretBytes

from optiinfra_core.collecting.contract import Credential
from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.collecting.tasks import CollectionTasks, NewTask
from optiinfra_core.database import Database
from optiinfra_core.database.audit import entries, verify_chain
from optiinfra_core.errors import Conflict, InvalidRequest, NotFound
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.customers import Customers, Removed
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyfile import KeySet
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import FixedClock

UNKNOWN = "0a78eba4-c4ca-478b-a75e-24e99bdbe536"


@pytest.fixture
def customers(database: Database) -> Customers:
    """The module's customers."""
    return Customers(database)


def state(customer: str) -> SourceState:
    """A row that belongs to a customer."""
    return SourceState(
        customer_id=customer, provider="aws", dataset="cost", account_id="1", source="ce"
    )


def test_a_customer_is_found_by_slug_and_by_uuid(customers: Customers) -> None:
    """Both names lead to the same tenant, which starts active."""
    added = customers.add(f"c-{token_hex(4)}", "Some name")
    assert customers.get(added.slug) == customers.get(str(added.id)) == added
    assert (added.name, added.status) == ("Some name", "active")
    assert added in customers.list()


@pytest.mark.parametrize(
    "slug",
    ["", "-a", "A", "a_b", "a b", "a|b", "ä", "a" * 64, "a\n", "a,b", UNKNOWN, "*"],
)
def test_a_malformed_slug_is_refused(customers: Customers, slug: str) -> None:
    """Also one that reads as a UUID, which would be two names at once."""
    with pytest.raises(InvalidRequest):
        customers.add(slug, "x")


def test_a_slug_is_given_once(customers: Customers, acme: str) -> None:
    """Taken is taken, also after deletion."""
    with pytest.raises(Conflict):
        customers.add(acme, "x")
    customers.delete(acme)
    with pytest.raises(Conflict):
        customers.add(acme, "x")


@pytest.mark.parametrize("name", ["nobody", "", UNKNOWN, "'; DROP TABLE x"])
def test_an_unknown_customer_is_not_found(customers: Customers, name: str) -> None:
    """Whatever the name looks like."""
    for attempt in (customers.get, customers.deactivate, customers.delete):
        with pytest.raises(NotFound):
            attempt(name)


def test_a_deactivated_customer_can_come_back(customers: Customers, acme: str) -> None:
    """Its status changes, nothing else."""
    assert customers.deactivate(acme).status == "inactive"
    assert customers.get(acme).status == "inactive"
    assert customers.activate(acme).status == "active"


def test_deletion_takes_everything_of_one_customer(
    customers: Customers, database: Database, clock: FixedClock, acme: str, globex: str
) -> None:
    """Credentials, states, tasks, results and keys of this customer, and of no other."""
    ring = KeyRing(KeySet(primary="k", keys={"k": SecretBytes(b"k" * 32)}))
    vault, states, tasks = (
        Vault(database, ring, clock),
        SourceStates(database),
        CollectionTasks(database),
    )
    keys = ApiKeys(database, SecretBytes(b"p" * 32), "test", clock)
    for name in (acme, globex):
        vault.add(name, "aws", Credential(), "x", "ann")
        states.save(state(name))
        tasks.create(NewTask(customer_id=name, provider="aws", data_types=("cost",), trigger="api"))
        tasks.record_result(result(name, clock))
        keys.create(NewKey(name="own", scopes=("costs:read",), customers=(name,)))
    shared, _ = keys.create(NewKey(name="both", scopes=("costs:read",), customers=(acme, globex)))

    removed = customers.delete(acme)

    assert removed == Removed(
        credentials=1, api_keys=1, source_states=1, tasks=1, results=1, events=1
    )
    assert (vault.list(acme), states.list(acme), tasks.history(acme)[0]) == ((), (), ())
    assert (len(vault.list(globex)), len(states.list(globex))) == (1, 1)
    assert keys.get(shared.id).customers == (globex,)
    with pytest.raises(NotFound):
        customers.get(acme)


def result(customer: str, clock: FixedClock) -> CollectionResult:
    """A run's result for a customer."""
    return CollectionResult(
        run_id="r", customer_id=customer, provider="aws", data_type="cost", trigger="schedule",
        status="succeeded", started_at=clock.now(), finished_at=clock.now() + timedelta(seconds=1),
    )  # fmt: skip


def test_a_run_under_way_cannot_bring_a_deleted_customer_back(
    customers: Customers, database: Database, clock: FixedClock, acme: str
) -> None:
    """What it saves afterwards is refused as of an unknown customer."""
    customers.delete(acme)
    with pytest.raises(NotFound, match=acme):
        SourceStates(database).save(state(acme))
    with pytest.raises(NotFound, match=acme):
        CollectionTasks(database).record_result(result(acme, clock))


def test_a_deletion_that_is_not_committed_yet_is_waited_for(
    customers: Customers, database: Database, acme: str
) -> None:
    """An insert that arrives in the middle of a deletion finds the customer gone."""
    failed: list[Exception] = []

    def save() -> None:
        try:
            SourceStates(database).save(state(acme))
        except NotFound as error:
            failed.append(error)

    late = threading.Thread(target=save)
    with database.operator() as connection:
        connection.execute(
            "UPDATE optiinfra.customers SET status = 'deleted' WHERE slug = %s", (acme,)
        )
        late.start()
        late.join(timeout=0.2)
        assert late.is_alive()
    late.join(timeout=10)
    assert len(failed) == 1


def test_a_customers_life_is_on_record(customers: Customers, database: Database, acme: str) -> None:
    """Who added, who deleted, and what went."""
    customers.deactivate(acme, actor="ann")
    customers.delete(acme, actor="bob")
    with database.operator() as connection:
        told = entries(connection, "customer", acme)
    assert [(entry.actor, entry.action) for entry in told] == [
        ("operator", "created"), ("ann", "deactivated"), ("bob", "deleted"),
    ]  # fmt: skip
    assert told[-1].detail["credentials"] == 0
    assert verify_chain(database).first_broken is None
