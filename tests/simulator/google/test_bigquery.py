"""Google's own BigQuery client runs real SQL over the exports and finds what is true."""

# ruff: noqa: S608 - names of tables cannot be parameters; all are our own

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, NotFound
from google.cloud import bigquery

from optiinfra_simulator.google.bigquery.schemas import columns
from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.world.projects import (
    ACME,
    DETAILED,
    FOCUS,
    GLOBEX,
    STANDARD,
    TABLES,
    Project,
)
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.google.clients import Clients
from tests.simulator.google.conftest import Open

START, END = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
INSTANTS = (
    datetime(2026, 8, 15, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
    datetime(2026, 11, 20, 12, 3, tzinfo=UTC),
)


def table(project: Project, kind: str) -> str:
    """An export's table as SQL names it."""
    return f"`{project.id}.{project.dataset_of(kind)}.{project.table(kind)}`"


def by_usage(name: str) -> str:
    """The net cost of each usage day, as OpenCost and others ask for it."""
    return f"""
        SELECT DATE(usage_start_time) AS day,
          SUM(CAST(cost AS NUMERIC))
          + SUM(IFNULL((SELECT SUM(CAST(c.amount AS NUMERIC)) FROM UNNEST(credits) AS c), 0)) AS net
        FROM {name}
        WHERE usage_start_time >= @start AND usage_start_time < @end
        GROUP BY day"""


def by_charge(name: str) -> str:
    """The billed cost of each day of the FOCUS export."""
    return f"""
        SELECT EXTRACT(DATE FROM ChargePeriodStart) AS day, SUM(BilledCost) AS net
        FROM {name} WHERE ChargePeriodStart >= @start AND ChargePeriodStart < @end GROUP BY day"""


def _at(cloud: GoogleCloud, instant: datetime) -> None:
    """Set the simulated clock."""
    clock = cloud.state.world.clock
    assert isinstance(clock, WorldClock)
    clock.set(instant)


@pytest.mark.parametrize("project", [ACME, GLOBEX], ids=lambda one: one.customer)
@pytest.mark.parametrize("kind", list(TABLES))
def test_every_export_adds_up_to_the_truth_of_each_instant(
    cloud: GoogleCloud, opened: Open, project: Project, kind: str
) -> None:
    """At instants in and after a quarter, each day of each table equals the truth exactly."""
    clients = opened(project.id)
    sql = (by_charge if kind == FOCUS else by_usage)(table(project, kind))
    for instant in INSTANTS:
        _at(cloud, instant)
        found = {row["day"]: row["net"] for row in clients.rows(sql, start=START, end=END)}
        assert found == cloud.cost_by_day(project.id, START.date(), END.date(), instant)
        assert found


@pytest.mark.parametrize(
    ("document", "kind"),
    [("detailed-usage", DETAILED), ("standard-usage", STANDARD), ("focus-export", FOCUS)],
)
def test_a_table_says_what_its_columns_are(acme: Clients, document: str, kind: str) -> None:
    """Names and order agree between tables.get and rows; after Google's page of that name."""
    name = table(ACME, kind).strip("`")
    told = acme.bigquery.get_table(name)
    assert [field.name for field in told.schema] == columns(kind), document
    found = acme.bigquery.query_and_wait(f"SELECT * FROM `{name}` WHERE FALSE")
    assert [field.name for field in found.schema] == columns(kind)
    kinds = {field.name: (field.field_type, field.mode) for field in told.schema}
    assert {field.name: (field.field_type, field.mode) for field in found.schema} == kinds
    assert told.time_partitioning.type_ == "DAY"
    assert told.modified == datetime(2026, 11, 20, 10, 13, tzinfo=UTC)
    assert int(told.num_rows or 0) > 100_000


def test_rows_are_partitioned_by_when_they_were_exported(acme: Clients) -> None:
    """_PARTITIONTIME filters and shows export days, and is no column of ``*``."""
    name = table(ACME, DETAILED)
    since = datetime(2026, 11, 18, tzinfo=UTC)
    rows = acme.rows(
        f"SELECT _PARTITIONTIME AS part, MIN(export_time) AS first, MAX(export_time) AS last, "
        f"MIN(usage_start_time) AS used FROM {name} WHERE _PARTITIONTIME >= @since GROUP BY part",
        since=since,
    )
    assert {row["part"] for row in rows} == {since + timedelta(days=day) for day in range(3)}
    for row in rows:
        assert row["part"] <= row["first"] <= row["last"] < row["part"] + timedelta(days=1)
        assert row["used"] < row["part"] - timedelta(days=1), "some rows come days late"


def test_parameters_of_every_kind_reach_the_statement(acme: Clients) -> None:
    """Scalars, arrays, structures and nulls arrive with their types and come back as they were."""
    scalars = {
        "TIMESTAMP": datetime(2026, 11, 1, 2, 3, 4, 5, tzinfo=UTC),
        "DATE": date(2026, 2, 28),
        "STRING": 'it\'s a \\ and a "quote"',
        "INT64": -7,
        "FLOAT64": 0.1,
        "NUMERIC": Decimal("12.000000001"),
        "BOOL": True,
        "BYTES": b"\x00\xff",
    }
    parameters = [
        bigquery.ScalarQueryParameter(f"p_{kind}", kind, value) for kind, value in scalars.items()
    ]
    parameters += [
        bigquery.ScalarQueryParameter("nothing", "STRING", None),
        bigquery.ArrayQueryParameter("names", "STRING", ["a", "b"]),
        bigquery.StructQueryParameter("pair", bigquery.ScalarQueryParameter("k", "INT64", 3)),
    ]
    selected = ", ".join(f"@p_{kind} AS {kind}_" for kind in scalars)
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    sql = f"SELECT {selected}, @nothing AS n, 'b' IN UNNEST(@names) AS held, @pair AS pair, @names"
    (row,) = acme.bigquery.query_and_wait(sql, job_config=config)
    for kind, value in scalars.items():
        assert row[f"{kind}_"] == value, kind
    assert row["n"] is None
    assert row["held"] is True
    assert row["pair"] == {"k": 3}
    assert row["f11_"] == ["a", "b"]


def test_nested_values_come_back_as_they_are_stored(acme: Clients) -> None:
    """Structures, repeated structures and pseudo-JSON of a row of a machine."""
    (row,) = acme.rows(
        f"""SELECT service, labels, credits, price.effective_price AS price, invoice.month AS month,
          TO_JSON_STRING(project.labels) AS text,
          ARRAY(SELECT l.value FROM UNNEST(labels) AS l WHERE l.key = 'team') AS team
        FROM {table(ACME, DETAILED)}
        WHERE usage_start_time = TIMESTAMP '2026-10-31 05:00:00+00'
          AND sku.id = '2E27-4F75-95CD' AND resource.name LIKE '%-0000'
          AND (SELECT COUNT(*) FROM UNNEST(credits) AS c) > 0 AND cost_type = 'regular'"""
    )
    assert row["service"] == {"id": "6F81-5844-456A", "description": "Compute Engine"}
    assert row["price"] == Decimal("0.031611")
    assert row["month"] == "202610"
    assert row["text"] == '[{"key":"company","value":"acme"}]'
    assert row["team"] == [one["value"] for one in row["labels"] if one["key"] == "team"]
    assert {one["type"] for one in row["credits"]} <= {"SUSTAINED_USAGE_DISCOUNT", "PROMOTION"}
    assert all(one["amount"] < 0 for one in row["credits"])


def test_the_invoice_month_follows_californian_time(acme: Clients) -> None:
    """An hour after midnight UTC of the first still belongs to the month before."""
    rows = acme.rows(
        f"""SELECT DISTINCT invoice.month AS month FROM {table(ACME, DETAILED)}
        WHERE usage_start_time = TIMESTAMP '2026-11-01 01:00:00+00' AND cost_type = 'regular'"""
    )
    assert [row["month"] for row in rows] == ["202610"]


@pytest.mark.parametrize("as_job", [False, True], ids=["jobs.query", "jobs.insert"])
def test_results_are_paged(cloud: GoogleCloud, acme: Clients, *, as_job: bool) -> None:
    """Every row comes once and in order, however small the pages are."""
    sql = (
        f"SELECT usage_start_time AS t FROM {table(ACME, DETAILED)} "
        "WHERE DATE(usage_start_time) = DATE '2026-11-01' ORDER BY t LIMIT 95"
    )
    rows = (
        acme.bigquery.query(sql).result(page_size=10)
        if as_job
        else acme.bigquery.query_and_wait(sql, page_size=10)
    )
    stamps = [row["t"] for row in rows]
    assert len(stamps) == rows.total_rows == 95
    assert stamps == sorted(stamps)
    assert cloud.calls.count("bigquery", "jobs.getQueryResults") >= 9


def test_few_days_cost_fewer_bytes_and_a_limit_is_kept(acme: Clients) -> None:
    """Partitions that a filter leaves out are not billed; over its limit a query is refused."""
    wide = f"SELECT SUM(cost) AS c FROM {table(ACME, DETAILED)}"
    narrow = f"{wide} WHERE _PARTITIONTIME >= TIMESTAMP '2026-11-10'"

    def dry(sql: str) -> int:
        config = bigquery.QueryJobConfig(dry_run=True)
        return int(acme.bigquery.query(sql, job_config=config).total_bytes_processed)

    assert 0 < dry(narrow) < dry(wide) / 5
    with pytest.raises(BadRequest, match="exceeded limit for bytes billed") as caught:
        acme.bigquery.query_and_wait(
            narrow, job_config=bigquery.QueryJobConfig(maximum_bytes_billed=1024)
        )
    assert caught.value.errors[0]["reason"] == "bytesBilledLimitExceeded"


def test_refusals_have_the_reasons_of_bigquery(acme: Clients, opened: Open) -> None:
    """invalidQuery, notFound and accessDenied, each with its HTTP status."""
    cases = (
        ("SELECT nope FROM " + table(ACME, DETAILED), BadRequest, "invalidQuery"),
        ("SELEC 1", BadRequest, "invalidQuery"),
        ("DELETE FROM " + table(ACME, DETAILED) + " WHERE TRUE", BadRequest, "invalidQuery"),
        (f"SELECT 1 FROM `{ACME.id}.billing_export.other`", NotFound, "notFound"),
        ("SELECT 1 FROM " + table(GLOBEX, FOCUS), Forbidden, "accessDenied"),
    )
    for sql, error, reason in cases:
        with pytest.raises(error) as caught:
            acme.rows(sql)
        assert caught.value.errors[0]["reason"] == reason, sql
    with pytest.raises(Forbidden):
        opened(ACME.id, "optiinfra-without-roles").rows("SELECT 1")


def test_datasets_and_tables_are_listed(acme: Clients) -> None:
    """datasets.get and tables.list know the exports and nothing else."""
    dataset = acme.bigquery.get_dataset(f"{ACME.id}.billing_export")
    assert dataset.location == "US"
    listed = {one.table_id for one in acme.bigquery.list_tables(dataset)}
    assert listed == {ACME.table(DETAILED), ACME.table(STANDARD)}
    with pytest.raises(NotFound):
        acme.bigquery.get_table(f"{ACME.id}.billing_export.other")
