"""What the API launches is what the pipelines define: jobs, assets and run configuration."""

from datetime import date

import dagster as dg
import pytest

from optiinfra_api.gateway import collection, verification
from optiinfra_core.metrics import METRICS
from optiinfra_pipelines.definitions import defs
from optiinfra_pipelines.registry import providers


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    """Everything the code location offers."""
    found: dg.RepositoryDefinition = defs().get_repository_def()
    return found


def test_a_verification_fits_its_job(repository: dg.RepositoryDefinition) -> None:
    """The job exists and takes the configuration."""
    launch = verification("00000000-0000-4000-8000-000000000000", "acme")
    assert dg.validate_run_config(repository.get_job(launch.job), dict(launch.config))


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_collection_fits_its_job(repository: dg.RepositoryDefinition, slug: str) -> None:
    """Each provider has the job, and an asset for each data type that it supplies."""
    supplied = [metric.name for metric in METRICS if providers()[slug].supplies(metric)]
    day = date(2026, 11, 22)
    launch = collection(slug, supplied, "acme", (day, day))
    job = repository.get_job(launch.job)
    selected = {tuple(key.path) for key in job.asset_layer.selected_asset_keys}
    assert set(launch.assets) <= selected
