"""What was promised of texts and of persons, kept once more every night.

The API keeps it at once. What it could not, because a server was away, and what a run wrote that
had read before, is mended here.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from optiinfra_core.database import Database
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.persons import calls_of, erase_calls
from optiinfra_core.warehouse.texts import follow
from optiinfra_core.windows import Clock

# No run lives longer: what it wrote of a call that was erased meanwhile is there by then.
WRITTEN_WITHIN = timedelta(days=2)


def keep_promises(
    database: Database, warehouse: Warehouse, settings: Settings, clock: Clock
) -> Mapping[str, int]:
    """Carry out erasures that were not, and rules that stored texts do not follow; rows by table.

    Raises:
        Transient: a server does not answer; the next night does the rest.
    """
    changed: Counter[str] = Counter()
    _finish(database, warehouse, clock, changed)
    erasures = Erasures(database)
    for slug, calls in erasures.calls_since(clock.now() - WRITTEN_WITHIN).items():
        changed.update(erase_calls(warehouse, slug, calls))
    today = clock.now().date()
    applications = Applications(database)
    for customer in Customers(database).list():
        for each in applications.list(customer.slug):
            rules = each.rules(settings)
            changed.update(follow(warehouse, customer.slug, each.application_id, rules, today))
    return {table: rows for table, rows in changed.items() if rows}


def _finish(database: Database, warehouse: Warehouse, clock: Clock, changed: Counter[str]) -> None:
    erasures = Erasures(database)
    for each in erasures.unfinished():
        calls = calls_of(warehouse, each.customer, each.user_hash)
        erasures.remember(each.customer, calls, clock.now())
        rows = erase_calls(warehouse, each.customer, calls)
        erasures.done(each.customer, each.id, sum(rows.values()), clock.now())
        changed.update(rows)
