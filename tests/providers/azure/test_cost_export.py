"""FOCUS exports in Blob storage: which run counts, whether it is whole, what its rows say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.errors import (
    Malformed,
    NotReady,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Transient,
)
from optiinfra_core.metrics import CostRow
from optiinfra_core.testing.http_double import Reply
from optiinfra_core.windows import Window, month_window
from optiinfra_pipelines.providers.azure.client import Azure, exports
from optiinfra_pipelines.providers.azure.cost import CostCollector
from tests.providers.azure.asking import export
from tests.providers.azure.conftest import Connect, Waits
from tests.providers.azure.storage import GUID, ROOT, Container, as_csv, charge, manifest
from tests.providers.azure.wire import AzureDouble, refused

NOVEMBER = month_window(date(2026, 11, 1))
OCTOBER = month_window(date(2026, 10, 1))
COLLECTOR = CostCollector()

Open = Callable[[], Azure]


@pytest.fixture
def container(cloud: AzureDouble) -> Container:
    """An empty container that the scripted subscription's exports go to."""
    held = Container()
    cloud.script["list"] = held.lists
    cloud.script["blob"] = held.gives
    return held


@pytest.fixture
def azure(endpoint: str, container: Container, connect: Connect) -> Azure:
    """A connection whose credential names the export."""
    return connect(cost_export=export(endpoint))


def rows(azure: Azure, span: Window = NOVEMBER) -> list[CostRow]:
    """The charges of a span."""
    found = list(COLLECTOR.collect(azure, span))
    assert all(isinstance(one, CostRow) for one in found)
    return [one for one in found if isinstance(one, CostRow)]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
def test_a_row_says_the_same_in_every_format(form: str, container: Container, azure: Azure) -> None:
    """Money digit by digit, ids in one spelling, Azure's own columns as far as they are listed."""
    container.run([charge("0.123456789012", CommitmentDiscountId="/P/R1")], form=form)
    (row,) = rows(azure)
    assert (row.billed_cost, row.billing_currency) == (Decimal("0.123456789012"), "EUR")
    assert row.charge_period_start == datetime(2026, 11, 20, tzinfo=UTC)
    assert row.billing_period_start == date(2026, 11, 1)
    assert row.region_id == "eastus"
    assert row.resource_id.endswith("/resourcegroups/g/providers/microsoft.compute/disks/data")
    assert (row.commitment_discount_id, row.sku_meter) == ("/p/r1", "P10 LRS Disk")
    assert row.tags == {"env": "prod"}
    assert (row.list_cost, row.contracted_cost, row.finality) == (None, None, "open")
    assert "owner@customer.example" not in repr(row)


def test_headers_in_other_spellings_are_the_same_columns(
    container: Container, azure: Azure
) -> None:
    """A byte order mark, blanks and other case; tags without their braces."""
    told = charge(Tags='"env": "prod","team": "a"')
    odd = {f" {name.upper()} ": value for name, value in told.items()}
    container.run([odd])
    (row,) = rows(azure)
    assert (row.billed_cost, row.tags) == (Decimal("1.5"), {"env": "prod", "team": "a"})


def test_what_early_versions_call_otherwise_is_found(container: Container, azure: Azure) -> None:
    """FOCUS 1.0 has the invoice in a column of Azure's own; marketplace has no service."""
    container.run([charge(ServiceName="", x_InvoiceId="G1", PublisherName="Contoso")])
    (row,) = rows(azure)
    assert (row.invoice_id, row.service_name) == ("G1", "Contoso")


def test_charges_keep_their_kind(container: Container, azure: Azure) -> None:
    """Credits, taxes, purchases and corrections are charges like others."""
    kinds = ("Usage", "Purchase", "Credit", "Tax", "Adjustment")
    container.run([charge("-1", ChargeCategory=one, ChargeClass="Correction") for one in kinds])
    found = rows(azure)
    assert [row.charge_category for row in found] == list(kinds)
    assert {(row.charge_class, row.billed_cost) for row in found} == {("Correction", Decimal(-1))}


def test_a_run_without_a_manifest_does_not_count(container: Container, azure: Azure) -> None:
    """It is being written: the one before it is what there is."""
    container.run([charge("1")])
    container.put(f"{ROOT}/20261101-20261130/later/part_0_0001.csv", as_csv([charge("9")]))
    assert [row.billed_cost for row in rows(azure)] == [Decimal(1)]


def test_a_later_run_replaces_the_one_before(container: Container, azure: Azure) -> None:
    """A month is what its newest complete run says, not the sum of its runs."""
    container.run([charge("1"), charge("2")], identity="zzz-first")
    container.run([charge("4")], identity="aaa-second")
    assert [row.billed_cost for row in rows(azure)] == [Decimal(4)]


def test_runs_that_are_kept_lie_a_level_deeper(container: Container, azure: Azure) -> None:
    """An export that overwrites nothing has a folder for the minute of each run."""
    container.run([charge("1")], identity=f"202611210400/{GUID}")
    container.run([charge("2")], identity="202611220400/a0000000-0000-4000-8000-000000000000")
    assert [row.billed_cost for row in rows(azure)] == [Decimal(2)]


def test_changes_name_the_periods_that_were_delivered_anew(
    container: Container, azure: Azure
) -> None:
    """The first time all of them, then those whose newest run is another one."""
    horizon = Window(OCTOBER.start, NOVEMBER.end)
    container.run([charge(day="2026-10-20")], month="20261001-20261031")
    container.run([charge()])
    first = COLLECTOR.changes(azure, None, horizon)
    assert first is not None
    assert first.spans == (OCTOBER, NOVEMBER)
    again = COLLECTOR.changes(azure, first.version, horizon)
    assert again is not None
    assert (again.version, again.spans) == (first.version, ())
    container.run([charge()], identity="second")
    third = COLLECTOR.changes(azure, first.version, horizon)
    assert third is not None
    assert third.spans == (NOVEMBER,)
    assert COLLECTOR.probe(azure, OCTOBER) in third.version.split(";")


def test_a_look_at_an_export_is_a_list_for_it_and_for_each_period(
    container: Container, cloud: AzureDouble, azure: Azure
) -> None:
    """Nothing is read to see that nothing changed."""
    container.run([charge(day="2026-10-20")], month="20261001-20261031")
    container.run([charge()])
    COLLECTOR.changes(azure, None, NOVEMBER)
    assert list(cloud.kinds()) == ["list", "list"]
    calls: Any = azure.gate.ledger
    assert sum(call.usd for call in calls.calls) == Decimal("0.00001")


def test_folders_that_are_no_whole_month_are_no_billing_period(
    container: Container, azure: Azure
) -> None:
    """One-time exports of some days lie beside the months, and would replace one."""
    for month in ("20261105-20261110", "20261101-20261129", "20261301-20261331", "old"):
        container.run([charge()], month=month)
    with pytest.raises(NotReady, match="no manifest for 2026-11"):
        rows(azure)


def test_a_period_that_is_not_delivered_is_waited_for(azure: Azure) -> None:
    """An empty container is no month without cost."""
    with pytest.raises(NotReady, match="no manifest for 2026-11"):
        rows(azure)


def test_an_export_that_began_later_does_not_hold_up_this_month(
    container: Container, azure: Azure
) -> None:
    """The extent leaves out months before the first delivery."""
    container.run([charge()])
    assert COLLECTOR.extent(azure, Window(OCTOBER.start, NOVEMBER.end)) == NOVEMBER
    assert COLLECTOR.extent(azure, OCTOBER) == OCTOBER


@pytest.mark.parametrize(
    ("further", "complaint"),
    [
        ({"blobCount": 2}, "says blobCount 2, its blobs sum up to 1"),
        ({"dataRowCount": 5}, "says dataRowCount 5, its blobs sum up to 1"),
        ({"byteCount": 1}, "says byteCount 1"),
        ({"blobs": [{"blobName": "x"}]}, "not a manifest as documented"),
        ({"exportConfig": {"type": "ActualCost"}}, "type ActualCost, not of FOCUS"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(
    further: dict[str, Any], complaint: str, container: Container, azure: Azure
) -> None:
    """Nothing is served of a run that may be cut."""
    container.run([charge()], **further)
    with pytest.raises(Malformed, match=complaint):
        rows(azure)


def whole(name: str, data: bytes, **further: Any) -> bytes:
    """A manifest of one blob, some of its figures as ``further`` says."""
    return manifest([{"blobName": name, "byteCount": len(data), "dataRowCount": 1, **further}])


@pytest.mark.parametrize(
    ("further", "complaint"),
    [
        ({"dataRowCount": 2}, "has 1 rows, its manifest says 2"),
        ({"byteCount": 7}, "bytes, its manifest says 7"),
        ({"blobName": "other/part.csv"}, "which is not the export's"),
    ],
)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(
    further: dict[str, Any], complaint: str, container: Container, azure: Azure
) -> None:
    """Rows and bytes are counted; files of others are not read."""
    folder = f"{ROOT}/20261101-20261130/{GUID}"
    data = as_csv([charge()])
    container.put(f"{folder}/part.csv", data)
    container.put(f"{folder}/manifest.json", whole(f"{folder}/part.csv", data, **further))
    with pytest.raises(Malformed, match=complaint):
        rows(azure)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"Cost,Date\n1,2\n", "no column BilledCost"),
        (as_csv([charge("much")]), "not as its provider documents"),
        (as_csv([charge("")]), "billed_cost is missing"),
        (as_csv([charge()]).rstrip() + b",more", "16 values for 15 columns"),
        (b"PAR1 but nothing else", "cannot be read"),
        (b"\x1f\x8b no archive", "cannot be read"),
        (b"BilledCost\n\xff\xfe\n", "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused(
    data: bytes, complaint: str, container: Container, azure: Azure
) -> None:
    """A file of another data set, a value that is none, bytes that are no text."""
    folder = f"{ROOT}/20261101-20261130/{GUID}"
    container.put(f"{folder}/part.csv", data)
    container.put(f"{folder}/manifest.json", whole(f"{folder}/part.csv", data))
    with pytest.raises(Malformed) as error:
        rows(azure)
    assert complaint in error.value.detail


def test_a_file_that_was_replaced_meanwhile_is_not_ready(
    container: Container, azure: Azure
) -> None:
    """An export that overwrites its runs takes the files of the one before away."""
    folder = container.run([charge()])
    del container.blobs[f"{folder}/part_0_0001.csv"]
    with pytest.raises(NotReady, match="BlobNotFound"):
        rows(azure)


def test_a_large_file_comes_in_chunks_and_resumes_where_it_broke(
    container: Container, cloud: AzureDouble, azure: Azure, waits: Waits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A chunk that is cut short is asked for again by itself, of the same version."""
    monkeypatch.setattr(exports, "CHUNK", 400)
    container.run([charge(str(n)) for n in range(1, 4)])
    broken: list[str] = []

    def sometimes(call: Any) -> Any:
        reply = container.gives(call)
        asked = call.incoming.headers["x-ms-range"]
        if asked == "bytes=400-799" and "part" in call.path and not broken:
            broken.append(call.incoming.headers["if-match"])
            assert isinstance(reply, Reply)
            return replace(reply, keep=10)
        return reply

    cloud.script["blob"] = sometimes
    assert [row.billed_cost for row in rows(azure)] == [Decimal(n) for n in (1, 2, 3)]
    assert broken
    assert waits.slept == [0.5]


def test_lists_of_many_pages_are_read_to_the_end(
    container: Container, cloud: AzureDouble, azure: Azure
) -> None:
    """The newest run may be on the last page; a page that fails is asked for again."""
    for number in range(4):
        container.run([charge(str(number))], identity=f"run-{number}")
    container.page = 3
    pages = iter([refused("ServerBusy", 503)])

    def lists(call: Any) -> Any:
        return (next(pages, None) if call.params.get("marker") else None) or container.lists(call)

    cloud.script["list"] = lists
    assert [row.billed_cost for row in rows(azure)] == [Decimal(3)]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AuthorizationPermissionMismatch", 403, PermissionMissing),
        ("AuthorizationFailure", 403, PermissionMissing),
        ("ServerBusy", 503, OptiInfraError),
        ("InternalError", 500, Transient),
        ("ContainerNotFound", 404, Permanent),
    ],
)
def test_refusals_of_storage_are_told_in_our_words(
    code: str, status: int, kind: type[OptiInfraError], cloud: AzureDouble, azure: Azure
) -> None:
    """Storage answers in XML and in a header; the permission is one on data."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    headers = {"content-type": "application/xml", "x-ms-error-code": code}
    cloud.on("list", Reply(status=status, body=body.encode(), headers=headers))
    with pytest.raises(kind, match=code) as error:
        rows(azure)
    if isinstance(error.value, PermissionMissing):
        assert error.value.permissions[0].endswith("containers/blobs/read")
        assert "container" in error.value.remedy


def test_a_charge_of_an_earlier_period_stays_in_the_one_it_is_delivered_in(
    container: Container, azure: Azure
) -> None:
    """The period is what is replaced: a row outside it would stay for ever."""
    container.run([charge(day="2026-10-30")])
    (row,) = rows(azure)
    assert row.charge_period_start == NOVEMBER.start
    assert row.extra["x_charge_period_start"] == "2026-10-30T00:00:00Z"


@pytest.mark.parametrize(
    ("now", "finality"),
    [
        (datetime(2026, 11, 30, 23, tzinfo=UTC), "open"),
        (datetime(2026, 12, 5, 23, tzinfo=UTC), "closing"),
        (datetime(2026, 12, 6, tzinfo=UTC), "final"),
    ],
)
def test_a_month_is_final_after_the_fifth_day_of_the_next(
    now: datetime, finality: str, container: Container, azure: Azure, waits: Waits
) -> None:
    """Until then Azure may change it."""
    container.run([charge()])
    waits.clock.instant = now
    assert [row.finality for row in rows(azure)] == [finality]


def test_only_rows_of_the_regions_asked_for_are_kept(container: Container, azure: Azure) -> None:
    """The file holds all of them; parts limit what is replaced."""
    container.run([charge("1"), charge("2", RegionId="westeurope"), charge("3", RegionId="")])
    found = list(COLLECTOR.collect(azure, NOVEMBER, frozenset({"westeurope"})))
    assert [getattr(row, "billed_cost", None) for row in found] == [Decimal(2)]
