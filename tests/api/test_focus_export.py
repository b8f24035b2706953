"""FOCUS files: what came in as FOCUS goes out as FOCUS, and says how complete it is."""

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from optiinfra_core.focus import FocusReader, Titles, columns_of, focus_record
from optiinfra_core.focus.reading import csv_rows
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import Window
from tests.api.house import House
from tests.core.focus.test_round_trip import EXTRA, MAPS, WHO, WORDS, amounts
from tests.core.warehouse.scene import charge, day_span

BASE = "/api/v2/costs/acme/aws/export"
SMALL = Path(__file__).parents[1] / "data" / "focus_1_0_small.csv"
CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
LARGE = Path(CORPUS or "") / "focus" / "focus_1_0_sample.csv"
FILES = [
    SMALL,
    pytest.param(
        LARGE,
        marks=[pytest.mark.corpus, pytest.mark.skipif(CORPUS is None, reason="no corpus")],
    ),
]
AUTUMN = Window(datetime(2024, 9, 1, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC))
NOVEMBER = {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}
PARQUET = {"Accept": "application/vnd.apache.parquet"}
PERIOD = {"start": "2024-09-01T00:00:00Z", "end": "2024-11-01T00:00:00Z"}


def exported(house: House, **params: Any) -> list[dict[str, str]]:
    """The lines of a CSV export of two months."""
    answer = house.get(BASE, **{**PERIOD, **params})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def meaning(name: str, value: str | None) -> object:
    """What a cell says, whatever its spelling.

    Nothing is nothing, however it is written. Costs, prices and quantities are numbers; none of
    these files has more than the 12 places (money) or 18 (others) that are stored, so they must be
    equal. Instants are in UTC. Tags are a map, the order of its keys and its blanks mean nothing.
    Everything else is its text.
    """
    if value is None or value in ("", "NULL"):
        return None
    if name.endswith(("Cost", "Price", "Quantity")):
        return Decimal(value)
    if name.endswith(("Start", "End")):
        told = datetime.fromisoformat(value)
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    if name == "Tags":
        return json.loads(value) or None
    return value


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_focus_goes_in_and_comes_out_unchanged_in_meaning(
    house: House, path: Path, version: str
) -> None:
    """Row by row and value by value: each cell of the file is in the export, and no line more."""
    house.rewrite("acme", COST, AUTUMN, list(csv_rows(path)))
    with path.open(encoding="utf-8-sig", newline="") as file:
        sent = {line.pop("Id"): line for line in csv.DictReader(file)}
    found = {
        json.loads(line["x_ProviderColumns"])["x_Id"]: line
        for line in exported(house, version=version)
    }
    assert found.keys() == sent.keys()
    for name, line in sent.items():
        said = {column: meaning(column, value) for column, value in line.items()}
        told = {column: meaning(column, found[name].get(column)) for column in line}
        assert told == said, name


# Sums of a few hundred of these stay within 38 digits.
MONEY, QUANTITIES = amounts(12, 30), st.one_of(st.none(), amounts(18, 30))
BILLS = st.lists(
    st.builds(
        charge,
        MONEY.map(str),
        st.dates(date(2024, 9, 1), date(2024, 10, 31)),
        effective_cost=MONEY,
        list_cost=st.one_of(st.none(), MONEY),
        consumed_quantity=QUANTITIES,
        list_unit_price=QUANTITIES,
        tags=MAPS,
        extra=EXTRA,
        **dict.fromkeys(("resource_name", "charge_description", "sku_meter", "region_id"), WORDS),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bill=BILLS)
def test_whatever_a_charge_says_comes_back_out_of_the_warehouse(
    house: House, bill: list[CostRow]
) -> None:
    """Words of any script, tags of any letters, 30 digits, nulls: through writer and export."""
    titles = dict.fromkeys(WHO, "Somebody")
    sent = [replace(row, sku_id=f"S{place}", **titles) for place, row in enumerate(bill)]
    house.rewrite("acme", COST, AUTUMN, sent)
    lines = exported(house)
    reader = FocusReader(lines[0])
    found = {row.sku_id: replace(row, billing_period_end=None) for row in map(reader.row, lines)}
    assert found == {row.sku_id: row for row in sent}


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_file_has_the_columns_of_its_version_and_our_own(house: House, version: str) -> None:
    """57 or 65 columns by name, then those that FOCUS leaves to us, x_ prefixed."""
    house.rewrite("acme", COST, AUTUMN, list(csv_rows(SMALL)))
    lines = exported(house, version=version)
    ours = ["x_Finality", "x_SourceDataset", "x_Provider", "x_AccountId", "x_CollectedAt"]
    named = [one.name for one in columns_of(version)]
    assert list(lines[0]) == [*named, *ours, "x_ProviderColumns"]
    assert [lines[0][name] for name in ours[:4]] == ["open", "test", "aws", "111111111111"]
    assert datetime.fromisoformat(lines[0]["x_CollectedAt"]).tzinfo == UTC


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_export_says_what_the_writer_says(house: House, version: str) -> None:
    """ClickHouse and Python give every charge the same cells, to the letter."""
    rows = [*csv_rows(SMALL), full_row()]
    house.rewrite("acme", COST, AUTUMN, rows)
    titles = Titles(provider="Amazon Web Services")
    expected = [
        {name: cell or "" for name, cell in focus_record(row, version, titles).items()}
        for row in rows
    ]
    found = [
        {name: line[name] for name in expected[0]} for line in exported(house, version=version)
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def full_row() -> CostRow:
    """A charge that tells everything that can be told."""
    texts = {name: f"{name} told" for name in COST.key if COST.by_name()[name].kind.name == "TEXT"}
    numbers = {
        one.name: Decimal("1.5")
        for one in COST.columns
        if one.kind.name in ("MONEY", "OPTIONAL_MONEY", "QUANTITY")
    }
    documents = {
        one.name: '{"Elements":[{"x":1}]}' for one in COST.columns if one.kind.name == "LONG_TEXT"
    }
    day = date(2024, 9, 5)
    maps = {"tags": {"b": "2", "a": "1/2"}, "allocated_tags": {"c": "3"}, "extra": {"x_d": "4"}}
    fields: Mapping[str, Any] = {**texts, **numbers, **documents, **maps, "finality": "final"}
    return charge("1", day, billing_period_end=date(2024, 9, 30), **fields)


def test_what_no_charge_tells_is_the_providers_title(house: House) -> None:
    """Who offers, hosts and invoices is the provider where the source does not say otherwise."""
    house.rewrite("acme", COST, AUTUMN, [charge("1", date(2024, 9, 5))])
    (line,) = exported(house)
    parties = ("ServiceProviderName", "HostProviderName", "InvoiceIssuerName", "PublisherName")
    assert {line[name] for name in parties} == {"Amazon Web Services"}
    assert (line["BillingPeriodStart"], line["BillingPeriodEnd"]) == (
        "2024-09-01T00:00:00Z",
        "2024-10-01T00:00:00Z",
    )
    assert (line["ListCost"], line["ContractedCost"], line["Tags"]) == ("", "", "")


@pytest.mark.parametrize("asked", [{"file": "parquet"}, {"headers": PARQUET}])
def test_parquet_holds_the_same_rows_and_its_own_metadata(
    house: House, asked: Mapping[str, Any]
) -> None:
    """Decimals stay decimals, instants have their zone, and the recency travels in the file."""
    house.rewrite("acme", COST, AUTUMN, list(csv_rows(SMALL)))
    answer = house.get(BASE, **PERIOD, **asked)
    file = parquet.ParquetFile(io.BytesIO(answer.content))
    rows = file.read().to_pylist()
    plain = exported(house)
    assert [cells(row) for row in rows] == [cells(line) for line in plain]
    assert str(file.schema_arrow.field("BilledCost").type) == "decimal128(38, 12)"
    assert file.schema_arrow.field("ChargePeriodStart").type.tz == "UTC"
    told = json.loads(file.metadata.metadata[b"focus_metadata"])
    assert told == house.get(f"{BASE}/metadata", **PERIOD).json()


def cells(line: Mapping[str, Any]) -> dict[str, object]:
    """A line's cells as values, typed or from text."""
    return {
        name: meaning(name, value) if isinstance(value, str | None) else value
        for name, value in line.items()
        if name != "x_CollectedAt"
    }


@pytest.mark.parametrize(("kind", "shape"), [("csv", 66), ("parquet", 66)])
def test_a_file_is_named_and_leads_to_its_metadata(house: House, kind: str, shape: int) -> None:
    """The answer says what it is, how fresh, how complete, and where more is told."""
    answer = house.get(BASE, file=kind, days=30)
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="focus-1.3-acme-aws-2026-10-24-2026-11-22.{kind}"'
    )
    assert answer.headers["Link"] == (
        f'</api/v2/costs/acme/aws/export/metadata?file={kind}&days=30>; rel="describedby"'
    )
    assert answer.headers["X-Focus-Version"] == "1.3"
    assert answer.headers["X-As-Of"]
    assert answer.headers["X-Complete"] == "false"
    lines = (
        len(answer.text.splitlines()) - 1
        if kind == "csv"
        else parquet.ParquetFile(io.BytesIO(answer.content)).metadata.num_rows
    )
    assert lines == shape


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_period_without_charges_is_a_file_with_columns_only(house: House, kind: str) -> None:
    """Nothing is an answer too, and can be read as one."""
    answer = house.get(BASE, file=kind, start="2001-01-01T00:00:00Z", end="2001-02-01T00:00:00Z")
    if kind == "csv":
        assert answer.text.startswith('"AllocatedMethodDetails","AllocatedMethodId"')
        assert len(answer.text.splitlines()) == 1
    else:
        file = parquet.ParquetFile(io.BytesIO(answer.content))
        assert file.metadata.num_rows == 0
        assert "BilledCost" in file.schema_arrow.names


def test_a_file_of_all_providers_tells_whose_each_charge_is(house: House) -> None:
    """`all` is every provider's charges in one file."""
    answer = house.get("/api/v2/costs/acme/all/export", **NOVEMBER)
    assert {line["x_Provider"] for line in csv.DictReader(io.StringIO(answer.text))} == {"aws"}


@pytest.mark.parametrize(
    "asked", [{"version": "1.1"}, {"format": "cur"}, {"file": "xlsx"}, {"start": "soon"}]
)
def test_what_cannot_be_exported_is_refused(house: House, asked: Mapping[str, str]) -> None:
    """Another version, format, kind of file or time is a problem that says what there is."""
    answer = house.get(BASE, **asked)
    assert answer.status_code == 422
    assert answer.json()["remedy"]


def test_a_foreign_customer_is_not_exported(house: House) -> None:
    """Neither file nor metadata of a customer that the key does not reach."""
    for path in ("export", "export/metadata"):
        assert house.get(f"/api/v2/costs/globex/aws/{path}").status_code == 404


def test_an_export_that_did_not_change_is_not_made_again(house: House) -> None:
    """The ETag of one kind of file is not another's."""
    first = house.get(BASE, headers={"Accept": "text/csv"})
    held = {"If-None-Match": first.headers["ETag"]}
    assert house.get(BASE, headers={"Accept": "text/csv", **held}).status_code == 304
    assert house.get(BASE, headers={**PARQUET, **held}).status_code == 200


def test_days_say_how_complete_and_how_final_they_are(house: House) -> None:
    """A day that every account collected after its end is complete; its charges tell the rest."""
    days = [date(2024, 9, 1), date(2024, 9, 2), date(2024, 9, 3)]
    states = ("final", "closing", "open")
    for day, state in zip(days, states, strict=True):
        house.rewrite("acme", COST, day_span(day), [charge("1", day, finality=state)])
    period = {"start": "2024-09-01T00:00:00Z", "end": "2024-09-04T00:00:00Z"}
    told = house.get(f"{BASE}/metadata", **period).json()
    recency = told["Recency"]
    sectors = recency["TimeSectors"]
    assert [one["x_Finality"] for one in sectors] == list(states)
    assert [one["TimeSectorStart"][:10] for one in sectors] == [str(day) for day in days]
    assert all(one["TimeSectorComplete"] for one in sectors)
    assert recency["DatasetInstanceComplete"] is True
    newest = max(one["TimeSectorLastUpdated"] for one in sectors)
    assert recency["DatasetInstanceLastUpdated"] == recency["RecencyLastUpdated"] == newest
    assert recency["DatasetInstanceId"] == told["DatasetInstance"]["DatasetInstanceId"]
    assert told["Schema"]["FocusVersion"] == "1.3"
    columns = {one["ColumnName"]: one for one in told["Schema"]["ColumnDefinition"]}
    assert columns["BilledCost"]["NumberScale"] == 12
    assert columns["ProviderName"]["Deprecated"] is True


def test_a_day_that_was_not_collected_leaves_the_data_set_incomplete(house: House) -> None:
    """The running day is listed as incomplete, a day before the first collection not at all."""
    recency = house.get(f"{BASE}/metadata", days=30).json()["Recency"]
    starts = [one["TimeSectorStart"] for one in recency["TimeSectors"]]
    assert starts[0] == "2026-11-01T00:00:00Z"
    assert [one["TimeSectorComplete"] for one in recency["TimeSectors"]][-1] is False
    assert recency["DatasetInstanceComplete"] is False
