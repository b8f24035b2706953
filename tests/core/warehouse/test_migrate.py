"""The schema is what the catalogue says, from empty and from any version before."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.warehouse import migrate as module
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.migrate import files, migrate, variables
from optiinfra_core.warehouse.writer import COMMIT_COLUMNS
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span

OURS = {
    "customer_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "account_id": "LowCardinality(String)",
    "source": "LowCardinality(String)",
    "run_id": "LowCardinality(String)",
    "version": "UInt64",
    "is_deleted": "UInt8",
}


NARROW_CHARGES = """
    INSERT INTO cost_metrics (
        customer_id, provider, account_id, source, charge_period_start, charge_period_end,
        billing_period_start, billing_account_id, service_name, charge_category, region_id,
        resource_id, billing_currency, billed_cost, effective_cost, finality, run_id, version,
        is_deleted
    )
    SELECT
        'acme', 'aws', '111111111111', 'ce_daily', {start:DateTime('UTC')},
        {start:DateTime('UTC')} + 86400, toStartOfMonth({start:DateTime('UTC')}), '111111111111',
        'Amazon EC2', 'Usage', 'us-east-1', ['same', 'kept'][number + 1], 'USD',
        number + 1, number + 1, 'open', 'old', {version:UInt64}, 0
    FROM numbers(2)
"""


def columns(warehouse: Warehouse, table: str) -> dict[str, tuple[str, str, str]]:
    """Type, kind and expression of the default of every column."""
    rows = warehouse.select(
        "SELECT name, type, default_kind, default_expression FROM system.columns"
        " WHERE database = currentDatabase() AND table = {table:String}",
        {"table": table},
    )
    return {
        row["name"]: (row["type"], row["default_kind"], row["default_expression"]) for row in rows
    }


def sorting_key(warehouse: Warehouse, table: str) -> list[str]:
    """The columns a table is sorted and replaced by."""
    [row] = warehouse.select(
        "SELECT sorting_key FROM system.tables"
        " WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    return list(row["sorting_key"].split(", "))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_catalogue_and_table_agree(warehouse: Warehouse, metric: Metric) -> None:
    """Every column of the catalogue is in the table with its type, and no other is."""
    found = columns(warehouse, metric.table)
    declared = {column.name: column.kind.value for column in metric.columns}
    written = {name: kind for name, (kind, default, _) in found.items() if not default}
    digest = {metric.digest: "UInt64"} if metric.digest else {}
    assert written == {**declared, **OURS, **digest}
    assert found["day"][1:] == ("MATERIALIZED", f"toDate({metric.instant})")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_sorting_key_is_the_identity_of_a_row(warehouse: Warehouse, metric: Metric) -> None:
    """Rows replace each other exactly when their key, account and source are the same.

    What is not in the sorting key by itself is in a hash that is: the table's own, or the one that
    the writer makes of the whole key.
    """
    key = [name for name in sorting_key(warehouse, metric.table) if name != metric.digest]
    identity = {"customer_id", "provider", "account_id", "source", *metric.key}
    hashed: set[str] = set()
    for name in set(key) - identity - {"day"}:
        _, kind, expression = columns(warehouse, metric.table)[name]
        assert kind == "MATERIALIZED"
        hashed |= set(re.findall(r"\b[a-z_]{4,}\b", expression))
    covered = set(key) & identity | hashed | (set(metric.key) if metric.digest else set())
    assert covered == identity
    assert not set(key) & hashed


def test_the_commit_record_is_written_whole(warehouse: Warehouse) -> None:
    """What the writer says of a window are all the columns there are, in their types."""
    found = columns(warehouse, "collection_windows")
    assert {name: kind for name, (kind, default, _) in found.items() if not default} == dict(
        COMMIT_COLUMNS
    )


def test_every_table_of_a_customer_is_keyed_by_customer_and_day(warehouse: Warehouse) -> None:
    """The tenant comes first, and a real day column is in every key."""
    rows = warehouse.select(
        "SELECT name FROM system.tables"
        " WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name LIKE '%\\_%'"
        " AND name != 'schema_versions'"
    )
    assert rows
    for row in rows:
        key = sorting_key(warehouse, row["name"])
        assert key[0] == "customer_id", row["name"]
        assert key[1] in {"provider", "application_id", "judge"}, row["name"]
        assert "day" in key, row["name"]


def test_migrating_twice_applies_nothing(warehouse_endpoint: ClickHouseEndpoint) -> None:
    """A migrated database is left alone."""
    assert migrate(warehouse_endpoint, raw_days=400) == ()


def test_an_empty_database_gets_everything(clickhouse_endpoint: ClickHouseEndpoint) -> None:
    """Applied names are told in order."""
    assert migrate(clickhouse_endpoint, raw_days=30) == tuple(path.name for path in files())


def test_the_previous_version_is_brought_up(
    clickhouse_endpoint: ClickHouseEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that lacks the last file gets that one only."""
    fresh = replace(clickhouse_endpoint, database=f"{clickhouse_endpoint.database}_previous")
    for path in files()[:-1]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(module, "FOLDER", tmp_path)
        migrate(fresh, raw_days=400)
    try:
        assert migrate(fresh, raw_days=400) == (files()[-1].name,)
    finally:
        with Warehouse(clickhouse_endpoint) as door:
            door.execute(f"DROP DATABASE {fresh.database} SYNC")


def test_charges_of_before_the_focus_columns_are_served_and_then_replaced(
    clickhouse_endpoint: ClickHouseEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of the narrow table survive the migration; the next collection doubles none of them."""
    fresh = replace(clickhouse_endpoint, database=f"{clickhouse_endpoint.database}_narrow")
    for path in files()[:7]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(module, "FOLDER", tmp_path)
        migrate(fresh, raw_days=400)
    try:
        with Warehouse(fresh) as door:
            fill = {"version": 1, "start": day_span(TODAY).start}
            door.execute(NARROW_CHARGES, fill)
            migrate(fresh, raw_days=400)
            scene = Scene(door, "acme")
            columns = ("resource_id", "billed_cost", "sku_meter", "list_unit_price", "detail_key")
            assert scene.stored("cost_metrics", *columns) == [
                ("kept", Decimal(2), "", None, 0),
                ("same", Decimal(1), "", None, 0),
            ]
            written = scene.costs(charge("1", resource_id="same"), charge("3", resource_id="new"))
            found = scene.stored("cost_metrics", "resource_id", "billed_cost")
            assert found == [("new", Decimal(3)), ("same", Decimal(1))]
            assert (written.rows, written.tombstones) == (2, 2)
            door.execute("OPTIMIZE TABLE cost_metrics FINAL")
            assert scene.stored("cost_metrics", "resource_id", "billed_cost") == found
    finally:
        with Warehouse(clickhouse_endpoint) as door:
            door.execute(f"DROP DATABASE {fresh.database} SYNC")


def test_a_changed_file_is_refused(
    warehouse_endpoint: ClickHouseEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was applied is history: editing it is noticed."""
    for path in files():
        (tmp_path / path.name).write_bytes(path.read_bytes() + b"\n-- changed\n")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(Permanent, match="migrating"):
        migrate(warehouse_endpoint, raw_days=400)


def test_files_say_why_and_destroy_nothing() -> None:
    """Each opens with its reason; none drops, renames or deletes."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- Why: "), path.name
        statements = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        assert not re.search(r"\b(DROP|RENAME|DELETE|TRUNCATE)\b", statements), path.name


def test_a_cluster_needs_no_other_files(warehouse_endpoint: ClickHouseEndpoint) -> None:
    """With a cluster's name the same text makes replicated tables everywhere."""
    cluster = variables(replace(warehouse_endpoint, cluster="main"), raw_days=400)
    assert (cluster["ON_CLUSTER"], cluster["ENGINE"]) == ("ON CLUSTER main", "Replicated")
    single = variables(warehouse_endpoint, raw_days=400)
    assert (single["ON_CLUSTER"], single["ENGINE"]) == ("", "")
