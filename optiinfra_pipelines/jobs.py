"""The jobs: collecting a provider, verifying a credential, the standing checks, the upkeep."""

from collections.abc import Sequence
from uuid import UUID

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import OptiInfraError
from optiinfra_pipelines.judging.steps import JOB
from optiinfra_pipelines.policies import MAX_RUNTIME_SECONDS
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.verification import verify

CHECKS_JOB = "checks"
UPKEEP_JOB = "upkeep"
# dagster.yaml bounds the runs that carry it, whatever they judge.
JUDGING_TAG = "optiinfra/judging"


def collection_job_name(provider: str) -> str:
    """The job that collects everything a provider supplies; the API launches it by this name."""
    return f"collect_{provider}"


def collection_job(
    cloud: Provider, assets: Sequence[dg.AssetsDefinition]
) -> UnresolvedAssetJobDefinition:
    """All assets of one provider in one run and one process."""
    return dg.define_asset_job(
        collection_job_name(cloud.slug),
        selection=dg.AssetSelection.assets(*assets).without_checks(),
        executor_def=dg.in_process_executor,
        description=f"Collects {cloud.title}: what is due on a tick, everything when asked for.",
        tags={
            "optiinfra/provider": cloud.slug,
            "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
        },
    )


def judging_job_name(provider: str) -> str:
    """The job that judges the applications at a provider; the API launches it by this name."""
    return f"{JOB}_{provider}"


def judging_job(cloud: Provider, asset: dg.AssetsDefinition) -> UnresolvedAssetJobDefinition:
    """Calls, sample, judgements and windows of a provider's applications in one run."""
    return dg.define_asset_job(
        judging_job_name(cloud.slug),
        selection=dg.AssetSelection.assets(asset).without_checks(),
        executor_def=dg.in_process_executor,
        description=f"Judges the answers of applications at {cloud.title}.",
        tags={JUDGING_TAG: cloud.slug, "dagster/max_runtime": str(MAX_RUNTIME_SECONDS)},
    )


def checks_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Every standing check; they read what is stored and call no provider."""
    return dg.define_asset_job(
        CHECKS_JOB,
        selection=dg.AssetSelection.checks(*checks),
        executor_def=dg.in_process_executor,
        description="Compares what is served with what was committed, and looks for what is late.",
    )


class CredentialId(dg.Config):
    """Which credential to verify; the id is no secret."""

    credential_id: str


@dg.op(description="Asks the provider who the credential is; calls that cost nothing.")
def verify_credential_op(
    context: dg.OpExecutionContext, config: CredentialId, collection: CollectionResource
) -> None:
    """Verify one credential and remember what the provider said."""
    doors = collection.doors
    try:
        record = verify(
            UUID(config.credential_id),
            vault=doors.vault,
            settings=doors.settings,
            clock=doors.clock,
            actor=f"run {context.run_id}",
        )
    except OptiInfraError as error:
        raise dg.Failure(f"{error.detail} {error.remedy}", allow_retries=error.retryable) from None
    context.log.info("credential %s is %s", record.id, record.status)


@dg.job(
    name="verify_credential",
    executor_def=dg.in_process_executor,
    description="Verifies one credential; started by the API when a credential is added.",
)
def verify_credential() -> None:
    """One op."""
    verify_credential_op()
