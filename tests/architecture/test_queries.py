"""No question reads a customer's table without the customer and the day; sqlglot reads them all."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.warehouse import questions
from optiinfra_core.warehouse.question import FOLDER, SHARED, Question, text_of
from optiinfra_core.warehouse.statements import RESTATED, statement
from optiinfra_core.warehouse.wire import TENANT_TABLES

FILES = sorted(path for path in FOLDER.rglob("*.sql") if path.parent.name != "write")
WRITES = sorted((FOLDER / "write").glob("*.sql"))
QUESTIONS = [
    question
    for module in pkgutil.iter_modules(questions.__path__, f"{questions.__name__}.")
    for question in vars(importlib.import_module(module.name)).values()
    if isinstance(question, Question)
]


def name_of(path: Path) -> str:
    """The file as questions name it."""
    return path.relative_to(FOLDER).as_posix()


def reads(sql: str) -> list[tuple[str, exp.Where | None]]:
    """Every customer's table that ``sql`` reads, with the condition that is put on it."""
    found = []
    for tree in sqlglot.parse(sql, dialect="clickhouse"):
        for scope in traverse_scope(tree):
            found += _tables(scope)
    return found


def _tables(scope: Scope) -> list[tuple[str, exp.Where | None]]:
    """Those of one SELECT."""
    where = scope.expression.args.get("where")
    return [
        (table.name, where)
        for table in scope.tables
        if table.name in TENANT_TABLES and table.name not in scope.cte_sources
    ]


def conjuncts(where: exp.Where | None) -> list[exp.Expression]:
    """The conditions that must all hold."""
    return list(where.this.flatten()) if where and isinstance(where.this, exp.And) else []


def binds_customer(where: exp.Where | None) -> bool:
    """Whether ``customer_id = {customer_id:String}`` must hold."""
    return any(
        isinstance(condition, exp.EQ)
        and condition.left.name == "customer_id"
        and condition.right.sql(dialect="clickhouse") == "{customer_id: String}"
        for condition in conjuncts(where)
    )


def filters_day(where: exp.Where | None) -> bool:
    """Whether the bare ``day`` column is bounded from below by something that is known."""
    return any(
        isinstance(condition, (exp.GTE, exp.EQ))
        and isinstance(condition.left, exp.Column)
        and condition.left.name == "day"
        for condition in conjuncts(where)
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_read_is_of_one_customer_and_of_some_days(path: Path) -> None:
    """The customer is bound and the day filtered wherever a table is read, subqueries too."""
    found = reads(text_of(name_of(path)))
    assert found, "the question reads no table of a customer"
    for table, where in found:
        assert binds_customer(where), f"{table} is read without customer_id"
        assert filters_day(where), f"{table} is read without day"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM cost_metrics FINAL WHERE day >= {d:Date} AND 1 = 1",
        "SELECT 1 FROM cost_metrics FINAL WHERE customer_id = {customer_id:String} AND 1 = 1",
        "SELECT 1 FROM cost_metrics WHERE customer_id = {customer_id:String} OR day >= {d:Date}",
        "SELECT 1 FROM cost_metrics WHERE customer_id = 'acme' AND day >= {d:Date}",
        (
            "SELECT 1 FROM cost_metrics FINAL"
            " WHERE customer_id = {customer_id:String} AND toDate(ts) >= {d:Date}"
        ),
        (
            "SELECT 1 FROM cost_metrics FINAL WHERE customer_id = {customer_id:String}"
            " AND day >= {d:Date} AND x IN (SELECT x FROM resource_metrics)"
        ),
        "WITH a AS (SELECT 1 FROM cost_metrics) SELECT * FROM a",
        "SELECT (SELECT max(version) FROM cost_metrics) AS v",
    ],
)
def test_the_rule_catches_what_it_should(sql: str) -> None:
    """A forgotten customer or day is found at the top, in a CTE, in IN and in a scalar."""
    assert not all(binds_customer(where) and filters_day(where) for _, where in reads(sql))


WRITTEN = [
    pytest.param(path, metric, id=f"{metric.name}-{name_of(path)}")
    for path in WRITES
    for metric in METRICS
    if metric.daily_table or "${DAILY}" not in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize(("path", "metric"), WRITTEN)
def test_writers_touch_one_customer_only(path: Path, metric: Metric) -> None:
    """What a statement of the writer reads, it reads of one customer and some days."""
    text = statement(path.name, metric)
    assert not re.search(r"\$\{", text)
    found = reads(_reading_part(text))
    assert found or "FROM system." in text
    for table, where in found:
        assert binds_customer(where), f"{table} is read without customer_id"
        assert filters_day(where), f"{table} is read without day"


def _reading_part(text: str) -> str:
    """A statement without its INSERT INTO (...), which says nothing about what is read."""
    return re.sub(r"INSERT INTO \w+\s*\([^)]*\)", "", text)


def test_every_file_is_a_question_that_somebody_can_ask() -> None:
    """Files and questions are the same set."""
    assert sorted(question.path for question in QUESTIONS) == [name_of(path) for path in FILES]


@pytest.mark.parametrize("path", [*FILES, *WRITES], ids=name_of)
def test_every_file_opens_with_its_question(path: Path) -> None:
    """The first line says, for a person, what is asked or done."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("-- ")
    assert first.endswith(("?", ".")) or "?" in first


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.path)
def test_every_parameter_is_required_or_has_a_value(question: Question[object]) -> None:
    """What may be left out exists, and choices are of parameters."""
    assert question.parameters["customer_id"] == "String"
    assert set(question.optional) <= set(question.parameters)
    assert set(question.choices) <= set(question.parameters)
    for name, allowed in question.choices.items():
        assert question.optional[name] in allowed


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_replaced_rows_are_never_read(path: Path) -> None:
    """Every read of a replacing table says FINAL.

    The ledger of calls has no versions; halves of an interaction are joined by GROUP BY.
    """
    for tree in sqlglot.parse(text_of(name_of(path)), dialect="clickhouse"):
        for table in tree.find_all(exp.Table):
            joined = table.name == "llm_interactions" and table.find_ancestor(exp.Select)
            if joined and "GROUP BY" in joined.sql(dialect="clickhouse"):
                continue
            if table.name in TENANT_TABLES and table.name != "collection_calls":
                assert table.find_ancestor(exp.Final), f"{table.name} without FINAL"


def test_changes_of_money_are_remembered_for_what_has_money() -> None:
    """Every metric type with money has its statement of comparison, no other has one."""
    with_money = {
        metric.name
        for metric in METRICS
        if any(column.kind.name == "MONEY" for column in metric.columns)
    }
    assert set(RESTATED) == with_money


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.path)
def test_comments_stay_in_the_file(question: Question[object]) -> None:
    """What is sent has the parameters and none of the prose, which the driver would lex."""
    text = (FOLDER / question.path).read_text(encoding="utf-8")
    assert text.startswith("--")
    assert "--" not in question.sql
    assert "$" not in question.sql
    shared = [part for name, part in SHARED.items() if f"${{{name}}}" in text]
    told = text + "".join((FOLDER / part).read_text(encoding="utf-8") for part in shared)
    assert set(question.parameters) == set(re.findall(r"\{(\w+):", told))
