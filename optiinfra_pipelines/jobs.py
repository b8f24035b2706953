"""The jobs: collecting a provider, verifying a credential, the standing checks, the upkeep."""

from collections.abc import Sequence
from uuid import UUID

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.settings import settings
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.judging.steps import JOB
from optiinfra_pipelines.policies import MAX_RUNTIME_SECONDS
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.verification import verify

CHECKS_JOB = "checks"
UPKEEP_JOB = "upkeep"
# dagster.yaml bounds the runs that carry it, whatever they judge.
JUDGING_TAG = "optiinfra/judging"
# What a run is for: the UI's list of runs is filtered by it.
KIND_TAG = "optiinfra/kind"


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
        description=(
            f"Collects {cloud.title}: on a tick what is due, from the API and the command line what"
            " they ask for. One run covers many customers and days; the customers of a run do not"
            " wait for each other. **When it fails,** the run's failure lists each account under"
            " `failures` with what to do; what was collected of the others is kept."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "dagster-ui"),
        tags={
            KIND_TAG: "collection",
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
        description=(
            f"Judges the answers of applications at {cloud.title}: draws a sample of what settled,"
            " has it judged within the budgets, and sums it up. **When it fails,** the run says"
            " whether the judge, a source of calls or one of our servers did not answer; a later"
            " run judges what has no score yet."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "judging"),
        tags={
            KIND_TAG: "judging",
            JUDGING_TAG: cloud.slug,
            "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
        },
    )


def checks_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Every standing check; they read what is stored and call no provider."""
    return dg.define_asset_job(
        CHECKS_JOB,
        selection=dg.AssetSelection.checks(*checks),
        executor_def=dg.in_process_executor,
        description=(
            "Compares what is served with what was committed and invoiced, and looks for what is"
            " late, failed or over a budget. It reads our own servers only. **A check that fails**"
            " says in its result what was found and what to do."
        ),
        owners=[settings().asset_owner],
        metadata=about(settings(), "dagster-ui"),
        tags={KIND_TAG: "checks", "dagster/max_runtime": str(MAX_RUNTIME_SECONDS)},
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
    description=(
        "Asks a cloud who a credential is and what it lacks, by free calls. The API and"
        " the command line start it when a credential is added or rotated. **When it fails,** the"
        " provider did not answer: start it again with `optiinfra credentials verify`."
    ),
    owners=[settings().asset_owner],
    metadata=about(settings(), "clouds"),
    tags={KIND_TAG: "credentials"},
)
def verify_credential() -> None:
    """One op."""
    verify_credential_op()
