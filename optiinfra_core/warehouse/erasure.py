"""Deletes every row of a customer and proves that none is left."""

from collections.abc import Mapping

from optiinfra_core.errors import Transient
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.wire import TENANT_TABLES

# Table names are identifiers and cannot be bound; they come from the constant above.
COUNT = "SELECT count() AS rows FROM {table} WHERE customer_id = {{customer_id:String}}"
DELETE = "ALTER TABLE {table} DELETE WHERE customer_id = {{customer_id:String}}"


def erase_customer(warehouse: Warehouse, customer_id: str) -> Mapping[str, int]:
    """Delete the customer's rows of every table, also superseded ones; how many each held.

    Returns once the parts that held them are rewritten on every replica.

    Raises:
        Transient: rows are left, because a run of the customer still wrote; run it again.
    """
    scope = {"customer_id": customer_id}
    held = {table: rows_in(warehouse, table, customer_id) for table in TENANT_TABLES}
    for table, rows in held.items():
        if rows:
            warehouse.execute(DELETE.format(table=table), scope, settings={"mutations_sync": 2})
    left = {table: rows for table in held if (rows := rows_in(warehouse, table, customer_id))}
    if left:
        raise Transient(
            f"rows of the customer are left in {', '.join(left)}",
            remedy="A run was still writing: wait for it to end, then run"
            " `optiinfra customers remove` once more.",
        )
    return held


def rows_in(warehouse: Warehouse, table: str, customer_id: str) -> int:
    """Rows of the customer in one table, superseded ones included."""
    [found] = warehouse.select(COUNT.format(table=table), {"customer_id": customer_id})
    return int(found["rows"])
