"""One factory: provider -> the assets of the applications that run there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.redaction import scrub
from optiinfra_core.settings import Settings
from optiinfra_pipelines.assets.application_run import judge_partitions
from optiinfra_pipelines.assets.columns import stored_schema
from optiinfra_pipelines.assets.factory import BACKFILL, FRESH
from optiinfra_pipelines.assets.reading import docs_link, links, read_it
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
        specs=[_spec(cloud, name, settings) for name in SPECS],
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=BACKFILL,
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
    kinds: frozenset[str]
    holds: str
    comes: str
    repair: str
    after: str = ""


SPECS: Mapping[str, _Told] = MappingProxyType(
    {
        INTERACTIONS: _Told(
            "llm_interactions",
            frozenset({"clickhouse"}),
            "**Calls to language models** of the applications at {cloud}. The event of a partition"
            " tells how many calls of each application are stored for its day.",
            "applications send them to the API (OTLP, JSON), or a configured source of the"
            " customer's (Langfuse, an OpenTelemetry store) is read at most once in ten minutes.",
            "a source could not be read: the run names it, the fault and the remedy. What was sent"
            " to the API is stored all the same.",
        ),
        SAMPLE: _Told(
            "judge_samples",
            frozenset({"clickhouse"}),
            "**The calls that are to be judged.** Each has the probability it was drawn with;"
            " suspicious calls are drawn more often over a uniform floor.",
            "drawn from each settled quarter of an hour. What is drawn stays drawn: a retry judges"
            " the same ones.",
            "ClickHouse or Postgres did not answer: `optiinfra doctor` says why; the next tick goes"
            " on.",
            INTERACTIONS,
        ),
        JUDGEMENTS: _Told(
            "application_metrics",
            frozenset({"clickhouse", "llm"}),
            "**Quality, hallucination and toxicity** of the sampled answers: one row for each call,"
            " metric, judge, model and rubric. A judgement that failed has a status and no score.",
            "the judge, within the budgets of customer and application; over one the status is"
            " `skipped`. Without OPTIINFRA_JUDGE_API_KEY and OPTIINFRA_JUDGE_BASE_URL only the"
            " screens of this machine judge, and the event says so under `missing`. The run tag"
            " `optiinfra/judge_models` judges days again by other models, as series of their own.",
            "the judge refused or did not answer: the run says which, and what to do. Later runs"
            " try again what has no score.",
            SAMPLE,
        ),
        QUALITY: _Told(
            "quality_windows",
            frozenset({"clickhouse", "sql"}),
            "**What each quarter of an hour said,** by application, version, judge and rubric."
            " Regression alarms are raised and cleared from it.",
            "computed whole from the judgements after each run; nobody is asked.",
            "ClickHouse did not answer: `optiinfra doctor` says why. Materialize it again; it"
            " changes nothing else.",
            JUDGEMENTS,
        ),
    }
)


def _spec(cloud: Provider, name: str, knobs: Settings) -> dg.AssetSpec:
    told = SPECS[name]
    return dg.AssetSpec(
        key=[cloud.slug, name],
        deps=[dg.AssetKey([cloud.slug, told.after])] if told.after else [],
        skippable=True,
        group_name=cloud.slug,
        kinds=set(told.kinds),
        owners=[knobs.asset_owner],
        freshness_policy=FRESH if name == JUDGEMENTS else None,
        tags={"optiinfra/provider": cloud.slug, "optiinfra/data_type": JUDGEMENTS},
        description=_description(cloud, told, knobs),
        metadata={
            "dagster/table_name": told.table,
            "dagster/column_schema": stored_schema(told.table),
            **links(knobs, JUDGEMENTS, cloud.slug),
        },
    )


def _description(cloud: Provider, told: _Told, knobs: Settings) -> str:
    return "\n\n".join(
        (
            told.holds.format(cloud=cloud.title),
            (
                f"One partition is one customer on one UTC day; the rows stand in ClickHouse table"
                f" `{told.table}`."
            ),
            f"**From where:** {told.comes}",
            (
                f"**How often:** a tick goes over yesterday and today every 15 minutes; a quarter"
                f" of an hour settles {knobs.judge_settle_minutes} minutes after its end."
            ),
            (
                f"**Red** means: {told.repair} All names stand in"
                f" {docs_link(knobs, 'faults', 'When something is wrong')}."
            ),
            (
                f"**Backfill:** the calls of {knobs.raw_days} days are kept; judging days again"
                " costs what the judge asks, within the budgets."
            ),
            read_it(knobs, JUDGEMENTS, cloud.slug),
        )
    )
