"""What was promised of texts and persons is kept by the next night, whatever was away before."""

from collections.abc import Iterator
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.database import Database
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.warehouse.judgements import JudgedCall, JudgementWriter, ScoredInteraction
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.promises import keep_promises
from tests.core.warehouse.calls import NOW, TODAY, call, redactor, row

TEXTS = """
SELECT sum(length(input_parts)) AS texts, count() AS calls FROM llm_interactions FINAL
WHERE customer_id = {c:String}
"""
SCORES = "SELECT count() AS rows FROM application_metrics WHERE customer_id = {c:String}"


@pytest.fixture(scope="module")
def database(postgres: PostgresEndpoint) -> Iterator[Database]:
    """The module's migrated database."""
    opened = Database(postgres)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def warehouse(warehouse_endpoint: ClickHouseEndpoint) -> Iterator[Warehouse]:
    """The writer's door."""
    with Warehouse(warehouse_endpoint) as door:
        yield door


@pytest.fixture
def customer(database: Database, warehouse: Warehouse) -> str:
    """A customer with two calls of two persons, with their full texts."""
    slug = f"acme-{token_hex(4)}"
    Customers(database).add(slug, slug)
    Applications(database).seen(slug, "support.assistant", "", "aws", NOW)
    InteractionWriter(warehouse).write(slug, [row(slug, call(1)), row(slug, call(2))])
    return slug


def one(warehouse: Warehouse, sql: str, customer: str) -> dict[str, Any]:
    """The only row of an answer."""
    [found] = warehouse.select(sql, {"c": customer})
    return dict(found)


def kept(database: Database, warehouse: Warehouse) -> dict[str, int]:
    """A night of an installation that keeps texts as they are sent."""
    settings = Settings(text_policy="full")
    return dict(keep_promises(database, warehouse, settings, FixedClock(NOW)))


def test_texts_follow_rules_that_the_api_could_not_enforce(
    database: Database, warehouse: Warehouse, customer: str
) -> None:
    """The rule was written down while ClickHouse was away; a second night has nothing to do."""
    assert kept(database, warehouse) == {}
    said = {"text_policy": "hash"}
    Applications(database).patch(customer, "support.assistant", said, actor="test", at=NOW)
    assert one(warehouse, TEXTS, customer) == {"texts": 2, "calls": 2}
    assert kept(database, warehouse) == {"llm_interactions": 2}
    assert one(warehouse, TEXTS, customer) == {"texts": 0, "calls": 2}
    assert kept(database, warehouse) == {}


def test_an_erasure_that_was_cut_short_is_finished(
    database: Database, warehouse: Warehouse, customer: str
) -> None:
    """It was written down, then ClickHouse was away."""
    erasures = Erasures(database)
    person = redactor(customer).pseudonyms.user("person-1")
    erasures.ask(customer, person, "test", NOW)
    assert [each.customer for each in erasures.unfinished()] == [customer]
    assert kept(database, warehouse)["llm_interactions"] == 1
    assert erasures.unfinished() == ()
    assert one(warehouse, TEXTS, customer) == {"texts": 1, "calls": 1}


def test_a_score_that_a_run_wrote_after_the_erasure_goes_too(
    database: Database, warehouse: Warehouse, customer: str
) -> None:
    """The run had read the call before it was erased."""
    whole = call(1)
    key = (whole.application, whole.trace_id, whole.span_id)
    Erasures(database).remember(customer, [key], NOW)
    judged = JudgedCall(
        customer_id=customer,
        application_id=whole.application,
        interaction_id=whole.interaction_id,
        timestamp=whole.started_at,
        text_expires_on=TODAY + timedelta(days=30),
    )
    judgement = Judgement(
        metric_type="quality", metric_name="quality", rubric_version="1", judge="groq",
        judge_model="m", status="ok", score=1.0, explanation="it says so",
    )  # fmt: skip
    scored = ScoredInteraction(call=judged, judgement=judgement, run_id="run", scored_at=NOW)
    JudgementWriter(warehouse).write([scored], "run")
    assert one(warehouse, SCORES, customer) == {"rows": 1}
    assert kept(database, warehouse)["application_metrics"] == 1
    assert one(warehouse, SCORES, customer) == {"rows": 0}
