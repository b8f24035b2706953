"""Assembles what Dagster loads; contains no logic and opens nothing."""

import warnings

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from optiinfra_core import logs
from optiinfra_core.metrics import METRICS
from optiinfra_core.settings import settings
from optiinfra_core.windows import SystemClock
from optiinfra_pipelines.assets.application_checks import application_checks
from optiinfra_pipelines.assets.applications import application_assets
from optiinfra_pipelines.assets.factory import collection_asset, unsupported_assets
from optiinfra_pipelines.checks import standing_checks
from optiinfra_pipelines.focus_checks import focus_checks
from optiinfra_pipelines.jobs import checks_job, collection_job, judging_job, verify_credential
from optiinfra_pipelines.partitions import customer_days
from optiinfra_pipelines.registry import providers
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.schedules import judging_schedule, tick_schedule, upkeep_schedules
from optiinfra_pipelines.sensors import (
    budgets,
    dead_runs,
    job_failed,
    job_recovered,
    quality_alarms,
)
from optiinfra_pipelines.upkeep import upkeep


@dg.definitions
def defs() -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors of every registered provider."""
    # BackfillPolicy is marked beta since 2023 and used here as Dagster's own platform uses it.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    knobs = settings()
    logs.scrub_records()
    assets: list[dg.AssetsDefinition] = []
    missing: list[dg.AssetSpec] = []
    checks: list[dg.AssetChecksDefinition] = []
    jobs: list[UnresolvedAssetJobDefinition] = []
    schedules: list[dg.ScheduleDefinition] = []
    for cloud in providers().values():
        days = customer_days(cloud.slug, SystemClock(), knobs.partition_days)
        collected = [
            collection_asset(cloud, metric, days, knobs)
            for metric in METRICS
            if cloud.supplies(metric)
        ]
        checks += [check for asset in collected for check in standing_checks(asset)]
        checks += [check for asset in collected for check in focus_checks(cloud, asset)]
        judged = application_assets(cloud, days, knobs)
        checks += [*standing_checks(judged), *application_checks(cloud)]
        job, judging = collection_job(cloud, collected), judging_job(cloud, judged)
        assets += [*collected, judged]
        missing += unsupported_assets(cloud, knobs)
        jobs += [job, judging]
        schedules += [tick_schedule(cloud, job), judging_schedule(cloud, judging)]
    return dg.Definitions(
        assets=[*assets, *missing],
        asset_checks=checks,
        jobs=[*jobs, checks_job(checks), verify_credential, upkeep],
        schedules=[*schedules, *upkeep_schedules()],
        sensors=[budgets, dead_runs, job_failed, job_recovered, quality_alarms],
        resources={"collection": CollectionResource()},
        executor=dg.in_process_executor,
    )
