"""One factory: provider -> the assets of the applications that run there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.redaction import scrub
from optiinfra_core.settings import Settings
from optiinfra_core.warehouse import judgements, samples
from optiinfra_pipelines.assets.application_run import judge_partitions
from optiinfra_pipelines.assets.factory import FRESH, OWNER
from optiinfra_pipelines.judging.steps import INTERACTIONS, JUDGEMENTS, QUALITY, SAMPLE
from optiinfra_pipelines.policies import retry_policy
from optiinfra_pipelines.resources.collection import CollectionResource

# Bounds the steps that call a judge at the same time, in the runs of all providers together.
POOL = "judge"


def application_assets(
    cloud: Provider, partitions: dg.PartitionsDefinition[str], settings: Settings
) -> dg.AssetsDefinition:
    """Calls, sample, judgements and windows of the applications at ``cloud``, in one step.

    One run covers many partitions, and one process judges for all of them: the judge's plan is
    kept by it.
    """

    @dg.multi_asset(
        name=f"{cloud.slug}__application",
        specs=[_spec(cloud, name, told) for name, told in SPECS.items()],
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=retry_policy(settings),
        pool=POOL,
    )
    def judge(
        context: dg.AssetExecutionContext, collection: CollectionResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        try:
            judge_partitions(context, collection.doors, cloud)
        except OptiInfraError as error:
            raise dg.Failure(
                scrub(f"{error.detail} {error.remedy}"), allow_retries=error.retryable
            ) from None
        # Each partition has logged its own event; an event of the whole would mark them all.
        yield from ()

    return judge


@dataclass(frozen=True, slots=True)
class _Told:
    """What the Dagster UI says of one of the assets; ``after`` is the one it follows."""

    table: str
    description: str
    columns: Mapping[str, str]
    after: str = ""


SPECS: Mapping[str, _Told] = MappingProxyType(
    {
        INTERACTIONS: _Told(
            "llm_interactions",
            "Calls to language models of the applications at {cloud}, as the API's doors and the"
            " configured sources took them in, in ClickHouse table `{table}`. The event of a"
            " partition tells how many calls of each application are stored for its day.",
            {},
        ),
        SAMPLE: _Told(
            "judge_samples",
            "The calls that are to be judged, drawn from each settled quarter of an hour with the"
            " probability they had, in ClickHouse table `{table}`. Suspicious calls are drawn more"
            " often over a uniform floor. What is drawn stays drawn: a retry judges the same ones.",
            samples.COLUMNS,
            INTERACTIONS,
        ),
        JUDGEMENTS: _Told(
            "application_metrics",
            "Quality, hallucination and toxicity of the sampled answers, one row for each call,"
            " metric, judge, model and rubric, in ClickHouse table `{table}`.\n\nA judgement that"
            " failed has a status and no score, and later runs try it again. Over a budget the"
            " status is `skipped`. Without OPTIINFRA_JUDGE_API_KEY and OPTIINFRA_JUDGE_BASE_URL"
            " only the screens of this machine judge, and the event says so.\n\nThe tag"
            " `optiinfra/judge_models` of a run judges its days again by other models, as series"
            " of their own.",
            judgements.COLUMNS,
            SAMPLE,
        ),
        QUALITY: _Told(
            "quality_windows",
            "What each quarter of an hour said, by application, version, judge and rubric, in"
            " ClickHouse table `{table}`; recomputed whole from the judgements. Regression alarms"
            " are raised and cleared from it.",
            {},
            JUDGEMENTS,
        ),
    }
)


def _spec(cloud: Provider, name: str, told: _Told) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=[cloud.slug, name],
        deps=[dg.AssetKey([cloud.slug, told.after])] if told.after else [],
        skippable=True,
        group_name=cloud.slug,
        kinds={cloud.slug, "clickhouse"},
        owners=[OWNER],
        freshness_policy=FRESH if name == JUDGEMENTS else None,
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": JUDGEMENTS},
        description=told.description.format(cloud=cloud.title, table=told.table),
        metadata={
            "dagster/table_name": told.table,
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(name=column, type=kind) for column, kind in told.columns.items()
                ]
            ),
        },
    )
