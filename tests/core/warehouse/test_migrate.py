"""The schema is what the catalogue says, from empty and from any version before."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.warehouse import migrate as module
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.migrate import files, migrate, variables
from optiinfra_core.warehouse.writer import COMMIT_COLUMNS

OURS = {
    "customer_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "account_id": "LowCardinality(String)",
    "source": "LowCardinality(String)",
    "run_id": "LowCardinality(String)",
    "version": "UInt64",
    "is_deleted": "UInt8",
}


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
    assert written == {**declared, **OURS}
    assert found["day"][1:] == ("MATERIALIZED", f"toDate({metric.instant})")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_sorting_key_is_the_identity_of_a_row(warehouse: Warehouse, metric: Metric) -> None:
    """Rows replace each other exactly when their key, account and source are the same.

    What is not in the sorting key by itself is in the hash that is.
    """
    key = sorting_key(warehouse, metric.table)
    identity = {"customer_id", "provider", "account_id", "source", *metric.key}
    hashed: set[str] = set()
    for name in set(key) - identity - {"day"}:
        _, kind, expression = columns(warehouse, metric.table)[name]
        assert kind == "MATERIALIZED"
        hashed |= set(re.findall(r"\b[a-z_]{4,}\b", expression))
    assert set(key) & identity | hashed == identity
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
        assert key[:2] == ["customer_id", "provider"], row["name"]
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
