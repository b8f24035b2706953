"""The views for business intelligence tools say what the API says, and only what is committed."""

import re
from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path

from optiinfra_core.metrics import COST, RESOURCE
from optiinfra_core.windows import Window, day_window, floor
from tests.api.house import ACCOUNTS, FIRST_DAY, House
from tests.core.warehouse.scene import charge, machine

PAGE = Path(__file__).parents[2] / "docs/bi.md"
PERIOD = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-23T00:00:00Z"}


def test_the_costs_of_a_customer_are_those_of_the_api(house: House) -> None:
    """By service, to the last decimal, in the columns of FOCUS."""
    path = "/api/v2/costs/acme/aws/by-type"
    answer = house.get(path, dimension="service", **PERIOD).json()
    assert "data" in answer, answer
    told = {each["value"]: Decimal(each["cost"]) for each in answer["data"]}
    rows = house.warehouse.select(
        "SELECT ServiceName, BillingCurrency, sum(EffectiveCost) AS cost FROM bi_costs"
        " WHERE customer_id = 'acme' AND day >= '2026-11-01' AND day < '2026-11-23'"
        " GROUP BY ServiceName, BillingCurrency",
        {},
    )
    assert {row["ServiceName"]: row["cost"] for row in rows} == told
    assert told


def test_the_documented_question_is_answered_like_the_apis(house: House) -> None:
    """The example of docs/bi.md says what its sentence promises: the API's answer."""
    [sql] = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    rows = house.warehouse.select(sql, {})
    answer = house.get("/api/v2/costs/acme/aws/by-type", dimension="service", **PERIOD).json()
    told = [(each["value"], Decimal(each["cost"])) for each in answer["data"]]
    assert [(row["ServiceName"], row["cost"]) for row in rows] == told


def test_samples_are_those_of_the_api(house: House) -> None:
    """As many, and with the same mean, as the API's summary of the same day."""
    [row] = house.warehouse.select(
        "SELECT count() AS samples, avg(value) AS mean FROM bi_samples"
        " WHERE customer_id = 'acme' AND metric_name = 'cpu_utilization' AND statistic = 'avg'",
        {},
    )
    assert (row["samples"], row["mean"]) == (192, 1.5)


def test_a_charge_that_changed_counts_once(house: House) -> None:
    """A window that is collected again shows its newest rows, and none of the old ones."""
    day = date(2026, 10, 1)
    for amount in ("5", "7"):
        house.rewrite("acme", COST, day_window(day), [charge(amount, day)])
    rows = house.warehouse.select(
        "SELECT BilledCost FROM bi_costs WHERE customer_id = 'acme' AND day = '2026-10-01'", {}
    )
    assert [row["BilledCost"] for row in rows] == [Decimal(7)]


def test_what_was_never_committed_is_not_shown(house: House) -> None:
    """A row of a collection that died before its commit stands in the table, not in views."""
    house.warehouse.execute(
        "INSERT INTO cost_metrics (customer_id, provider, account_id, charge_period_start,"
        " charge_period_end, service_name, billed_cost, version)"
        " VALUES ('acme', 'aws', {account:String}, '2026-09-01', '2026-09-02', 'Torn', 1, 1)",
        {"account": ACCOUNTS["acme"]},
    )
    seen = "SELECT count() AS n FROM {} WHERE customer_id = 'acme' AND day = '2026-09-01'"
    [table] = house.warehouse.select(seen.format("cost_metrics"), {})
    [view] = house.warehouse.select(seen.format("bi_costs"), {})
    assert (table["n"], view["n"]) == (1, 0)


def test_the_inventory_is_the_last_whole_snapshot(house: House) -> None:
    """What the snapshot before held and the last one does not is gone."""
    [server] = house.warehouse.select("SELECT now('UTC') AS now", {})
    now = floor(server["now"].replace(tzinfo=UTC), RESOURCE.window)
    earlier = now - RESOURCE.window
    for ts, names in ((earlier, ("a", "b")), (now, ("a",))):
        span = Window(ts, ts + RESOURCE.window)
        house.rewrite("globex", RESOURCE, span, [machine(name, ts) for name in names])
    rows = house.warehouse.select(
        "SELECT resource_id FROM bi_inventory"
        " WHERE customer_id = 'globex' AND snapshot_at = {ts:DateTime}",
        {"ts": now},
    )
    assert [row["resource_id"] for row in rows] == ["a"]
    [older] = house.warehouse.select(
        "SELECT count() AS n FROM bi_inventory WHERE customer_id = 'globex' AND resource_id = 'b'",
        {},
    )
    assert older["n"] == 0


def test_commits_tell_source_lag_and_what_is_missing(house: House) -> None:
    """One row for each window of each account."""
    [row] = house.warehouse.select(
        "SELECT count() AS windows, countIf(complete) AS whole, any(source) AS source"
        " FROM bi_collection WHERE customer_id = 'acme' AND data_type = 'cost'"
        " AND day >= '2026-11-01'",
        {},
    )
    assert (row["windows"], row["whole"], row["source"]) == (22, 22, "test")


def test_a_condition_reaches_both_sides_of_the_join(house: House) -> None:
    """A view reads the customer's parts of a day, not everything that is stored."""
    plan = house.warehouse.select(
        "EXPLAIN indexes = 1 SELECT sum(value) FROM bi_samples"
        " WHERE customer_id = 'acme' AND day = '2026-11-21'",
        {},
    )
    lines = [row["explain"].strip(" │├└─") for row in plan]
    reads = [number for number, line in enumerate(lines) if line.startswith("ReadFromMergeTree")]
    assert len(reads) == 2
    for number in reads:
        told = " ".join(lines[number:])
        assert "customer_id in ['acme', 'acme']" in told.replace("\\", "")


def test_the_views_hold_no_texts(house: House) -> None:
    """Neither prompts nor answers nor explanations can be read through them."""
    rows = house.warehouse.select(
        "SELECT name FROM system.columns"
        " WHERE database = currentDatabase() AND startsWith(table, 'bi_')",
        {},
    )
    names = {row["name"] for row in rows}
    assert names >= {"BilledCost", "mean_score", "snapshot_at"}
    assert not names & {"input_parts", "output_parts", "context_parts", "explanation", "comment"}


def test_every_day_since_the_first_is_there(house: House) -> None:
    """The view's days are the days that were collected."""
    rows = house.warehouse.select(
        "SELECT DISTINCT day FROM bi_costs WHERE customer_id = 'globex' ORDER BY day", {}
    )
    assert [row["day"] for row in rows] == [FIRST_DAY + timedelta(days=n) for n in range(22)]
