"""Removes a customer: first what lets anyone collect for it, then everything collected."""

from collections.abc import Mapping

from optiinfra_cli.office import ACTOR, open_office
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.errors import NotFound
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.customers import Removed
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.erasure import erase_customer
from optiinfra_core.warehouse.migrate import migrate


def remove(settings: Settings, slug: str) -> Mapping[str, int]:
    """What was deleted, by kind in Postgres and by table in ClickHouse.

    Raises:
        NotFound: neither server knows the customer.
        Transient: a server does not answer, or a run still wrote; do it again.
    """
    removed = _from_postgres(settings, slug)
    rows = _from_clickhouse(settings, slug)
    if removed is None and not any(rows.values()):
        raise NotFound(f"there is no customer {slug!r}")
    counts = {name: getattr(removed, name, 0) for name in Removed.__slots__}
    return {**counts, **rows}


def _from_postgres(settings: Settings, slug: str) -> Removed | None:
    with open_office(settings) as office:
        try:
            return office.customers.delete(slug, actor=ACTOR)
        except NotFound:  # deleted before, and the rows were not
            return None


def _from_clickhouse(settings: Settings, slug: str) -> Mapping[str, int]:
    endpoint = resolve(settings).clickhouse
    migrate(endpoint, settings.raw_days)  # an installation that never ran has no tables
    with Warehouse(endpoint) as warehouse:
        return erase_customer(warehouse, slug)
