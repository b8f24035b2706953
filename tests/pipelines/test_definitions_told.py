"""Everything that the Dagster UI lists is described, owned, linked and tagged for people."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from optiinfra_core.metrics import METRICS
from optiinfra_pipelines.assets.verdict import verdict
from optiinfra_pipelines.definitions import defs
from optiinfra_pipelines.registry import providers

DESCRIPTION = Path(__file__).parents[2] / "docs/openapi.json"
STEPS = ("**From where", "**How often", "**Red**", "**Read it:**")


@cache
def repository() -> dg.RepositoryDefinition:
    """What Dagster loads, once for all tests of the file."""
    return defs().get_repository_def()


def assets(*, supported: bool = True) -> Iterator[dg.AssetSpec]:
    """The assets that run, or those that stand for what a cloud cannot give."""
    for asset in repository().assets_defs_by_key.values():
        for spec in asset.specs:
            if (spec.tags.get("optiinfra/supported", "yes") == "yes") is supported:
                yield spec


def names(specs: Iterator[dg.AssetSpec]) -> set[str]:
    """The assets' names for messages."""
    return {spec.key.to_user_string() for spec in specs}


def told(description: str | None) -> bool:
    """Whether a description is whole sentences of some length."""
    return description is not None and len(description) > 60 and description.rstrip()[-1] in ".)`"


def test_every_asset_says_what_it_holds_whence_how_often_and_what_red_means() -> None:
    """A person who opens an asset for the first time finds contents, source, rhythm, remedy."""
    lacking = {
        f"{spec.key.to_user_string()}: {step}"
        for spec in assets()
        for step in STEPS
        if step not in (spec.description or "")
    }
    assert not lacking


def test_every_cloud_has_the_same_assets() -> None:
    """Cost, samples, inventory and applications of each provider, supported or told why not."""
    found = names(assets()) | names(assets(supported=False))
    for slug in providers():
        for metric in METRICS:
            assert f"{slug}/{metric.name}" in found
        assert f"{slug}/application_quality" in found


def test_every_asset_has_owner_kinds_group_tags_and_a_table() -> None:
    """Catalogue filters find it: by owner, by kind, by cloud, by type of data, by table."""
    for spec in assets():
        assert spec.owners == ["team:platform"], spec.key
        assert "clickhouse" in spec.kinds, spec.key
        assert spec.group_name == spec.tags["optiinfra/provider"] == spec.key.path[0]
        assert spec.tags["optiinfra/data_type"]
        assert spec.metadata["dagster/table_name"]


def test_every_asset_shows_the_columns_of_its_table() -> None:
    """Columns with their types; those that providers fill have captions too."""
    for spec in assets():
        schema = spec.metadata["dagster/column_schema"]
        assert isinstance(schema, dg.TableSchema), spec.key
        assert len(schema.columns) >= 10, spec.key
        assert all(column.type for column in schema.columns), spec.key
        if spec.key.path[1] in {metric.name for metric in METRICS}:
            assert all(column.description for column in schema.columns), spec.key


def test_every_asset_leads_to_dashboard_api_and_documentation() -> None:
    """Links are whole addresses, and the API's path is one that it answers."""
    for spec in assets():
        dashboard = spec.metadata["dashboard"]
        assert isinstance(dashboard, dg.UrlMetadataValue), spec.key
        assert re.fullmatch(r"http://[^/]+/dashboard/#/\w+\?provider=\w+", dashboard.url or "")
        assert str(spec.metadata["api_read"].value).startswith("GET /api/v2/")
        assert spec.metadata["documentation"].value == "docs/dagster-ui.md"


def test_what_a_cloud_cannot_give_says_so_and_why() -> None:
    """An asset that cannot be run is marked, and its description gives the reason."""
    for spec in assets(supported=False):
        assert (spec.description or "").startswith("**Not supported:**"), spec.key
        assert spec.owners, spec.key


def test_only_what_ticks_report_is_held_to_be_fresh() -> None:
    """What is collected or judged by ticks has a freshness policy; what follows it has none."""
    policed = {spec.key.path[1] for spec in assets() if spec.freshness_policy}
    assert policed == {*(metric.name for metric in METRICS), "application"}


def test_every_check_says_in_words_what_it_looks_for() -> None:
    """Each check has whole sentences, and the page to read when it fails."""
    specs = [spec for check in defs().asset_checks or () for spec in check.check_specs]
    assert len(specs) > 50
    for spec in specs:
        assert told(spec.description), spec.key
        assert "documentation" in spec.metadata, spec.key


def test_a_check_that_fails_says_what_to_do() -> None:
    """How much it found of what, and the remedy, in one sentence and as metadata."""
    failed = verdict(2, "accounts are late", "Do it.", {"late": 2})
    assert failed.description == "2 accounts are late. Do it."
    assert not failed.passed
    assert failed.metadata["what_to_do"].value == "Do it."
    well = verdict(0, "accounts are late", "Do it.", {"late": 0})
    assert (well.passed, well.description) == (True, "Nothing to do.")


def test_every_job_is_described_owned_linked_and_tagged() -> None:
    """The list of jobs tells what each is for and what to do when one fails."""
    jobs = [job for job in repository().get_all_jobs() if not job.name.startswith("__")]
    assert len(jobs) == 2 * len(providers()) + 3
    for job in jobs:
        assert told(job.description), job.name
        assert "fail" in (job.description or ""), job.name
        assert "documentation" in job.metadata, job.name
        assert job.tags["optiinfra/kind"], job.name
        assert job.owners == ["team:platform"], job.name


def test_every_schedule_says_what_happens_when_it_is_stopped_or_runs() -> None:
    """Whoever holds the switch knows what it does."""
    schedules = repository().schedule_defs
    assert len(schedules) == 2 * len(providers()) + 2
    for schedule in schedules:
        assert told(schedule.description), schedule.name
        assert "documentation" in schedule.metadata, schedule.name
        assert schedule.tags["optiinfra/kind"], schedule.name


def test_every_sensor_says_whom_it_tells_and_what_to_do() -> None:
    """Sensors are described, linked and tagged."""
    sensors = [each for each in repository().sensor_defs if not each.name.startswith("default_")]
    assert {each.name for each in sensors} == {
        "budgets", "dead_runs", "job_failed", "job_recovered", "quality_alarms",
    }  # fmt: skip
    for sensor in sensors:
        assert told(sensor.description), sensor.name
        assert "documentation" in sensor.metadata, sensor.name
        assert sensor.tags["optiinfra/kind"], sensor.name


@pytest.mark.parametrize("data_type", ["cost", "performance", "resource", "application"])
def test_the_apis_path_in_the_ui_exists(data_type: str) -> None:
    """The path that an asset names stands in the API's own description."""
    told_paths = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    for spec in assets():
        if spec.key.path[1] == data_type:
            path = str(spec.metadata["api_read"].value).removeprefix("GET ")
            asked = path.replace(f"/{spec.key.path[0]}/", "/{provider}/")
            assert asked in told_paths
