"""Applications of the simulated world whose calls are stored, and the assets that judge them."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any

import dagster as dg
from typing_extensions import override

from optiinfra_core.applications.interaction import Interaction, Message, Part, TextPolicy
from optiinfra_core.applications.privacy import Redactor, TextRules, kept
from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.windows import FixedClock, Window
from optiinfra_pipelines.assets.applications import application_assets
from optiinfra_pipelines.assets.collect import TRIGGER_TAG
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.jobs import judging_job
from optiinfra_pipelines.partitions import customer_days, customers_of, key_of
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.schedules import RANGE_END, RANGE_START
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.groq.double import GroqDouble
from tests.pipelines.conftest import NOON

TODAY = NOON.date()
# Four settled quarters of an hour before noon.
MORNING = Window(NOON.replace(hour=10, minute=45), NOON.replace(hour=11, minute=45))
SCALE = 40.0
RULES = TextRules(policy="redacted", days=30, send_to_judge=True)
SCORES = """
SELECT interaction_id, metric_name, judge, judge_model, status, reason, score, passed, attempts,
       inclusion_probability, stratum, judge_cost_usd, run_id
FROM application_metrics FINAL
WHERE customer_id = {customer:String}
ORDER BY metric_name, interaction_id, judge_model
"""
RAW = "SELECT count() AS rows FROM application_metrics WHERE customer_id = {customer:String}"
SAMPLE = """
SELECT interaction_id, inclusion_probability, stratum, plan FROM judge_samples FINAL
WHERE customer_id = {customer:String} ORDER BY interaction_id
"""
LEDGER = """
SELECT count() AS calls, sum(usd) AS usd FROM collection_calls
WHERE customer_id = {customer:String} AND dataset = 'application'
"""


def judging(settings: Settings, double: GroqDouble, **more: Any) -> Settings:
    """The settings of an installation whose judge is the double."""
    told = {"judge_share": 1.0, **address(double), **more}
    return Settings(**{**settings.model_dump(), **told})


def address(double: GroqDouble) -> Mapping[str, str]:
    """How settings name the double."""
    return {"judge_api_key": double.key, "judge_base_url": f"{double.base_url}/openai/v1"}


def interaction(call: Call, provider: str) -> Interaction:
    """A simulated call as an instrumentation's span would tell it."""
    exchange = call.exchange
    answer = (Part("span", 0, Message("assistant", call.answer)),) if call.answer else ()
    return Interaction(
        application=call.application.id,
        trace_id=call.trace_id,
        span_id=call.span_id,
        started_at=call.started_at,
        ended_at=call.ended_at,
        provider=provider,
        environment=call.application.environment,
        service_version=call.service_version,
        prompt_name=call.application.prompt,
        prompt_version=call.prompt_version,
        model=call.model,
        error_type=call.error_type,
        user=call.user,
        input=tuple(
            Part("span", at, Message(role, text)) for at, (role, text) in enumerate(exchange.turns)
        ),
        output=answer,
        context=tuple(exchange.documents),
    )


@dataclass(slots=True)
class World:
    """One customer with one application at the scripted cloud, and the job that judges it."""

    doors: Doors
    cloud: Provider
    instance: dg.DagsterInstance
    application: str = "support.assistant"
    customer: str = ""

    def __post_init__(self) -> None:
        if not self.customer:
            self.customer = f"c{token_hex(4)}"
            Customers(self.doors.database).add(self.customer, self.customer)

    def under(self, settings: Settings) -> "World":
        """The same world seen by an installation with other settings."""
        self.doors = replace(self.doors, settings=settings)
        return self

    def calls(self, many: int, window: Window = MORNING, application: str = "") -> list[Call]:
        """``many`` calls of a window, from all of it; the same ones each time."""
        made = sorted(
            Traffic(seed=11, scale=SCALE).calls(application or self.application, window),
            key=lambda call: (call.trace_id, call.span_id),
        )
        assert len(made) >= many
        return made[:many]

    def store(self, calls: Iterable[Call], policy: TextPolicy = "redacted") -> None:
        """Store calls as a door does, and note that their applications were seen."""
        calls = list(calls)
        redactor = Redactor(KeyRing.load(self.doors.settings).pepper, self.customer)
        rules = replace(RULES, policy=policy)
        rows = [kept(interaction(each, self.cloud.slug), rules, redactor, TODAY) for each in calls]
        InteractionWriter(self.doors.warehouse, self.doors.clock).write(self.customer, rows)
        registry = Applications(self.doors.database)
        now = self.doors.clock.now()
        for name in {call.application.id for call in calls}:
            registry.seen(self.customer, name, name, self.cloud.slug, now)

    def tick(
        self,
        *steps: str,
        trigger: str = "schedule",
        days: Sequence[date] = (TODAY,),
        tags: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """One run of the job over the customer's partitions."""
        partitions = customer_days(self.cloud.slug, FixedClock(NOON), 60)
        self.instance.add_dynamic_partitions(customers_of(self.cloud.slug), [self.customer])
        asset = application_assets(self.cloud, partitions, self.doors.settings)
        job = dg.Definitions(
            assets=[asset],
            jobs=[judging_job(self.cloud, asset)],
            resources={"collection": opened(self.doors)},
        ).resolve_job_def(f"judge_{self.cloud.slug}")
        return job.execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey([self.cloud.slug, step]) for step in steps] or None,
            raise_on_error=False,
            tags={
                RANGE_START: key_of(self.customer, days[0]),
                RANGE_END: key_of(self.customer, days[-1]),
                TRIGGER_TAG: trigger,
                **(tags or {}),
            },
        )

    def ask(self, sql: str) -> list[Mapping[str, Any]]:
        """Rows of the customer."""
        return self.doors.warehouse.select(sql, {"customer": self.customer})

    def scores(self, metric: str = "") -> list[Mapping[str, Any]]:
        """The judgements that are served."""
        return [row for row in self.ask(SCORES) if metric in ("", row["metric_name"])]

    def advance(self, minutes: int = 15) -> datetime:
        """Let time pass."""
        clock = self.doors.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(minutes=minutes))
        return clock.now()

    def spent(self) -> Decimal:
        """Dollars in the ledger of calls."""
        [row] = self.ask(LEDGER)
        return Decimal(row["usd"])


def opened(doors: Doors) -> CollectionResource:
    """The collection resource on doors that the test has opened, with the test's clock."""

    class OpenDoors(CollectionResource):
        @override
        @contextmanager
        def yield_for_execution(
            self, context: dg.InitResourceContext
        ) -> Generator[CollectionResource, None, None]:
            self._doors = doors
            yield self

    return OpenDoors()


def metadata(result: dg.ExecuteInProcessResult, key: str) -> Mapping[str, Any]:
    """What the events of one asset told, those of the newest partition last."""
    told: dict[str, Any] = {}
    for event in result.get_asset_materialization_events():
        assert event.asset_key is not None
        if event.asset_key.path[-1] == key:
            metadata = event.step_materialization_data.materialization.metadata
            told |= {name: value.value for name, value in metadata.items()}
    return told
