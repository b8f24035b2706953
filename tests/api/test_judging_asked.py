"""Asking for applications to be judged: the same triggers, another job, no credential."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pytest

from optiinfra_api.dependencies.triggering import chosen_types
from optiinfra_api.gateway import collection
from optiinfra_core.collecting.catalogue import DataTypeInfo, ProviderCatalogue
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_pipelines.definitions import defs
from optiinfra_pipelines.publish import applications
from optiinfra_pipelines.registry import providers
from tests.api.house import AWS, FIRST_DAY, HETZNER, House

JUDGING = applications(Settings())
ASSETS = {
    "application_interactions",
    "application_sample",
    "application",
    "application_quality",
}


@pytest.fixture
def customer(house: House) -> Iterator[str]:
    """A customer without any account, at a provider that hosts its applications."""
    hosting = HETZNER.model_copy(update={"data_types": (*HETZNER.data_types, JUDGING)})
    ProviderCatalogue(house.database).publish([AWS, hosting])
    slug = f"c{len(house.doors.customers.list())}"
    Customers(house.database).add(slug, slug)
    house.dagster.state.launched.clear()
    yield slug
    house.dagster.state.runs.clear()


def assets(launched: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a run was asked to make."""
    return {tuple(each["path"]) for each in launched["selector"]["assetSelection"]}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/v2/applications/trigger-collection", {}),
        ("/api/v1/collect/trigger", {"data_types": ["application"]}),
        (
            "/api/v1/collect/backfill",
            {
                "data_types": ["application"],
                "start": "2026-11-20T00:00:00Z",
                "end": "2026-11-23T00:00:00Z",
            },
        ),
    ],
)
def test_every_way_to_ask_launches_the_judging_job_with_all_its_assets(
    house: House, customer: str, path: str, asked: Mapping[str, Any]
) -> None:
    """A customer without a credential is fine: its own programs sent the calls."""
    answer = house.post(path, {"customer_id": customer, "provider": "hetzner", **asked})
    assert answer.status_code == 202, answer.text
    (launched,) = house.dagster.state.launched
    assert launched["selector"]["jobName"] == "judge_hetzner"
    assert assets(launched) == {("hetzner", name) for name in ASSETS}


def test_what_is_asked_of_the_cloud_still_needs_a_credential(house: House, customer: str) -> None:
    """Also where applications are asked for besides."""
    body = {"customer_id": customer, "provider": "hetzner", "data_types": ["cost", "application"]}
    answer = house.post("/api/v1/collect/trigger", body)
    assert answer.status_code == 409
    assert "credential" in answer.json()["detail"]


def test_everything_means_what_the_provider_supplies() -> None:
    """Applications are judged by their own tick; they are named where they are meant."""
    hosting = HETZNER.model_copy(update={"data_types": (*HETZNER.data_types, JUDGING)})
    assert chosen_types(hosting, []) == ("cost",)
    assert chosen_types(hosting, ["application"]) == ("application",)


def test_the_catalogue_tells_how_a_run_for_applications_is_called() -> None:
    """Job and assets travel as data; an older entry without them is a collection."""
    assert (JUDGING.job, set(JUDGING.assets), JUDGING.supplied) == ("judge", ASSETS, False)
    assert DataTypeInfo.model_validate(JUDGING.model_dump()) == JUDGING
    assert (HETZNER.data_types[0].job, HETZNER.data_types[0].assets) == ("collect", ())


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_run_for_applications_fits_its_job(slug: str) -> None:
    """Each provider has the job, and it makes the assets that the catalogue names."""
    repository: dg.RepositoryDefinition = defs().get_repository_def()
    launch = collection(slug, JUDGING.assets, "acme", (FIRST_DAY, FIRST_DAY), JUDGING.job)
    job = repository.get_job(launch.job)
    assert set(launch.assets) == {tuple(key.path) for key in job.asset_layer.selected_asset_keys}
