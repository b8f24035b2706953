"""FOCUS exports in Blob storage: folders, manifests, parts, and what they add up to."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from optiinfra_simulator.azure.accounts import ACME
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.azure.clients import Clients

PREFIX = "focus/optiinfra-focus/"
NOVEMBER = f"{PREFIX}20261101-20261130/"


def manifests(container: Any, folder: str = NOVEMBER) -> list[Any]:
    """The manifests of a billing period, the oldest run first."""
    listed = container.list_blobs(name_starts_with=folder)
    return sorted(
        (one for one in listed if one.name.endswith("manifest.json")),
        key=lambda one: one.last_modified,
    )


def document(container: Any, name: str) -> Mapping[str, Any]:
    """What a manifest says."""
    found: Mapping[str, Any] = json.loads(container.download_blob(name).readall())
    return found


def rows(container: Any, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of every part of a run."""
    found: list[dict[str, Any]] = []
    for blob in manifest["blobs"]:
        content = container.download_blob(blob["blobName"]).readall()
        assert len(content) == blob["byteCount"]
        part = pq.read_table(io.BytesIO(content)).to_pylist()
        assert len(part) == blob["dataRowCount"]
        found += part
    return found


def by_day(told: list[dict[str, Any]], column: str = "BilledCost") -> dict[date, Decimal]:
    """What rows add up to day by day."""
    found: dict[date, Decimal] = {}
    for row in told:
        day = row["ChargePeriodStart"].date()
        found[day] = found.get(day, Decimal(0)) + row[column]
    return found


def test_a_run_is_complete_when_its_manifest_is_there(clients: Clients, clock: WorldClock) -> None:
    """The run of noon has written parts and no manifest at 12:15, and one at 12:25."""
    container = clients.container()
    clock.set(datetime(2026, 11, 20, 12, 15, tzinfo=UTC))
    noon = f"{NOVEMBER}202611201200/"
    names = [one.name for one in container.list_blobs(name_starts_with=noon)]
    assert names
    assert all(name.endswith(".snappy.parquet") for name in names)
    assert manifests(container)[-1].name.startswith(f"{NOVEMBER}202611200800/")
    clock.set(datetime(2026, 11, 20, 12, 25, tzinfo=UTC))
    assert manifests(container)[-1].name.startswith(noon)


def test_a_run_tells_the_whole_period_and_its_manifest_counts_it(clients: Clients) -> None:
    """Parts have the bytes and rows that the manifest says, and add up to the truth."""
    container = clients.container()
    told = document(container, manifests(container)[-1].name)
    found = rows(container, told)
    assert told["blobCount"] == len(told["blobs"]) == 3
    assert told["dataRowCount"] == len(found)
    assert told["byteCount"] == sum(one["byteCount"] for one in told["blobs"])
    assert told["exportConfig"]["type"] == "FocusCost"
    assert told["runInfo"]["startDate"] == "2026-11-01T00:00:00"
    truth = clients.cloud.cost_by_day(
        ACME.id, date(2026, 11, 1), date(2026, 12, 1), clients.cloud.world.clock.now()
    )
    assert by_day(found) == truth


def test_services_are_named_as_truth_names_them(clients: Clients) -> None:
    """FOCUS service names add up to the truth by service."""
    container, now = clients.container(), clients.cloud.world.clock.now()
    told: dict[str, Decimal] = {}
    for row in rows(container, document(container, manifests(container)[-1].name)):
        told[row["ServiceName"]] = told.get(row["ServiceName"], Decimal(0)) + row["BilledCost"]
    days = (date(2026, 11, 1), date(2026, 12, 1))
    assert told == clients.cloud.cost_by_service(ACME.id, *days, now)


def test_old_runs_stay_beside_the_new_one(clients: Clients, clock: WorldClock) -> None:
    """Each run has a folder of its own; what it told at its time is still there."""
    container = clients.container()
    before = manifests(container)[-1].name
    first = rows(container, document(container, before))
    clock.advance(timedelta(hours=4))
    names = [one.name for one in manifests(container)]
    assert before in names[:-1]
    assert rows(container, document(container, before)) == first
    assert rows(container, document(container, names[-1])) != first


def test_an_actual_and_an_effective_cost_stand_in_one_row(clients: Clients) -> None:
    """What a reservation covers is billed with 0; its payment is effective with 0."""
    container = clients.container()
    found = rows(container, document(container, manifests(container)[-1].name))
    reserved = [row for row in found if row["CommitmentDiscountId"]]
    payment = [row for row in reserved if row["ChargeCategory"] == "Purchase"]
    assert [(row["BilledCost"] > 0, row["EffectiveCost"]) for row in payment] == [(True, 0)]
    usage = [row for row in reserved if row["ChargeCategory"] == "Usage"]
    assert {row["CommitmentDiscountStatus"] for row in usage} == {"Used", "Unused"}
    assert {row["BilledCost"] for row in usage} == {0}
    assert all(row["EffectiveCost"] > 0 for row in usage)
    others = [row for row in found if not row["CommitmentDiscountId"]]
    assert all(row["BilledCost"] == row["EffectiveCost"] for row in others)


def test_costs_are_prices_times_quantities(clients: Clients) -> None:
    """List and contracted cost are unit price times quantity in every row that has units."""
    container = clients.container()
    found = rows(container, document(container, manifests(container)[-1].name))
    priced = [row for row in found if row["ChargeClass"] is None]
    assert len(priced) == len(found) - 1
    for row in priced:
        for kind in ("List", "Contracted"):
            stated = row[f"{kind}UnitPrice"] * row["PricingQuantity"]
            assert abs(stated - row[f"{kind}Cost"]) < Decimal("0.000000001")
        assert row["ContractedCost"] <= row["ListCost"]


def test_there_is_no_tax_but_a_refund_and_another_publisher(clients: Clients) -> None:
    """Exports leave taxes out (understand-cost-mgt-data); refunds correct what was invoiced."""
    container = clients.container()
    found = rows(container, document(container, manifests(container)[-1].name))
    assert {row["ChargeCategory"] for row in found} == {"Usage", "Purchase"}
    corrected = [row for row in found if row["ChargeClass"] == "Correction"]
    assert [row["BilledCost"] < 0 for row in corrected] == [True]
    vendors = {row["PublisherName"] for row in found if row["x_PublisherCategory"] == "Vendor"}
    assert vendors == {"Contoso Observability Ltd."}


def test_periods_are_folders_behind_the_delimiter(clients: Clients) -> None:
    """A list with a delimiter gives the folders of billing periods, as walk_blobs reads it."""
    folders = [one.name for one in clients.container().walk_blobs(name_starts_with=PREFIX)]
    assert folders == [
        f"{PREFIX}20260801-20260831/",
        f"{PREFIX}20260901-20260930/",
        f"{PREFIX}20261001-20261031/",
        NOVEMBER,
    ]


def test_lists_come_in_pages(clients: Clients) -> None:
    """A page of two blobs leads to the next until each blob was there once."""
    container = clients.container()
    by_page = container.list_blobs(name_starts_with=PREFIX, results_per_page=2).by_page()
    paged = [[one.name for one in page] for page in by_page]
    assert all(len(page) == 2 for page in paged[:-1])
    assert [name for page in paged for name in page] == [
        one.name for one in container.list_blobs(name_starts_with=PREFIX)
    ]
    assert clients.cloud.calls.count("storage", "ListBlobs") == len(paged) + 1


def test_blobs_are_read_in_ranges_and_on_conditions(clients: Clients) -> None:
    """A range is a part of the whole; a blob that was not meant any more is refused."""
    container = clients.container()
    name = manifests(container)[-1].name
    client = container.get_blob_client(name)
    whole = client.download_blob().readall()
    assert client.download_blob(offset=10, length=20).readall() == whole[10:30]
    told = client.get_blob_properties()
    assert (told.size, told.name) == (len(whole), name)
    with pytest.raises(HttpResponseError) as refused:
        client.download_blob(etag='"0x8D0"', match_condition=MatchConditions.IfNotModified)
    assert refused.value.status_code == 412


def test_what_is_not_there_is_not_found(clients: Clients) -> None:
    """Storage says BlobNotFound and ContainerNotFound."""
    container = clients.container()
    with pytest.raises(ResourceNotFoundError) as refused:
        container.download_blob(f"{NOVEMBER}nothing")
    assert refused.value.error_code == "BlobNotFound"
    wire = clients.wire()
    token = clients.credential().get_token("https://storage.azure.com/.default").token
    answer = wire.get(
        "/acmecostexports/other?restype=container&comp=list",
        headers={"Authorization": f"Bearer {token}", "x-ms-version": "2025-01-05"},
    )
    assert answer.headers["x-ms-error-code"] == "ContainerNotFound"


def test_exports_and_their_runs_are_listed(clients: Clients, clock: WorldClock) -> None:
    """Cost Management knows the export and its runs; one in progress has no end."""
    costs, scope = clients.costs(), f"subscriptions/{ACME.id}"
    listed = costs.exports.list(scope).value
    assert [(one.name, one.format) for one in listed] == [("optiinfra-focus", "Parquet")]
    clock.set(datetime(2026, 11, 20, 12, 15, tzinfo=UTC))
    runs = costs.exports.get_execution_history(scope, "optiinfra-focus").value
    assert [run.status for run in runs[:2]] == ["InProgress", "Completed"]
    assert runs[0].processing_end_time is None
    assert runs[0].file_name.startswith(f"{NOVEMBER}202611201200/")


def test_a_role_without_blob_data_cannot_read_them(clients: Clients) -> None:
    """Storage refuses data to whoever has no data role, however much it may read besides."""
    application = clients.cloud.identities.application(ACME.id, "without cost")
    roles = application.principal.grants[ACME.id]
    application.principal = type(application.principal)(
        tenant=ACME.tenant,
        app=application.principal.app,
        oid=application.principal.oid,
        grants={ACME.id: roles[:1]},
    )
    with pytest.raises(HttpResponseError) as refused:
        list(clients.container("without cost").list_blobs(name_starts_with=PREFIX))
    assert refused.value.status_code == 403
    assert refused.value.error_code == "AuthorizationPermissionMismatch"
