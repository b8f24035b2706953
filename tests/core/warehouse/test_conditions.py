"""Which conditions are sent: the set ones, whole; never one that is unset, never one too few."""

from typing import Any

import pytest

from optiinfra_core.warehouse.conditions import Conditions
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import cost, performance


def sent(sql: str, **bound: object) -> str:
    """What is sent, in one line."""
    return " ".join(Conditions(sql).sent(bound).split())


FILTER = "WHERE a = 1 AND ({name:String} = '' OR b = {name:String}) AND c = 2"


def test_an_unset_filter_is_not_sent() -> None:
    """Neither its column nor its parameter is there."""
    assert sent(FILTER, name="") == "WHERE a = 1 AND c = 2"


def test_a_set_filter_is_sent_without_its_escape() -> None:
    """Only what it demands is left."""
    assert sent(FILTER, name="x") == "WHERE a = 1 AND (b = {name:String}) AND c = 2"


def test_alternatives_of_a_filter_stay_together() -> None:
    """What is in its parentheses stays in parentheses: OR binds weaker than AND."""
    sql = "WHERE 1 AND ({a:String} = '' OR x = {a:String} OR y = {a:String}) AND z"
    assert sent(sql, a="v") == "WHERE 1 AND (x = {a:String} OR y = {a:String}) AND z"


@pytest.mark.parametrize("text", ["')'", "'(('", r"'\')'", "''')'"])
def test_a_parenthesis_in_a_text_closes_nothing(text: str) -> None:
    """Texts are skipped, escaped quotes in them too."""
    sql = f"WHERE 1 AND ({{a:String}} = '' OR x = {text}) AND z"
    assert sent(sql, a="v") == f"WHERE 1 AND (x = {text}) AND z"
    assert sent(sql, a="") == "WHERE 1 AND z"


def test_flags_and_lists_may_be_unset_too() -> None:
    """A page without a cursor, and no tags."""
    sql = (
        "WHERE 1 AND (\n NOT {on:Bool}\n OR (a, b) > ({x:String}, f(1))\n)"
        " AND (empty({tags:Array(String)}) OR arrayAll(t -> has(m, t), {tags:Array(String)}))"
    )
    assert sent(sql, on=False, tags=()) == "WHERE 1"
    assert sent(sql, on=True, tags=("k",)) == (
        "WHERE 1 AND ((a, b) > ({x:String}, f(1)))"
        " AND (arrayAll(t -> has(m, t), {tags:Array(String)}))"
    )


def test_a_member_of_a_list_may_demand_something() -> None:
    """Each member its own condition."""
    sql = (
        "WHERE 1 AND (NOT has({no:Array(String)}, 'a') OR a = '')"
        " AND (NOT has({no:Array(String)}, 'b') OR b = '')"
    )
    assert sent(sql, no=()) == "WHERE 1"
    assert sent(sql, no=("b",)) == "WHERE 1 AND (b = '')"


def test_a_parenthesis_that_is_never_closed_is_told() -> None:
    """A file like that never reaches the server."""
    with pytest.raises(ValueError, match="never closed"):
        sent("WHERE 1 AND ({a:String} = '' OR x", a="v")


@pytest.mark.parametrize("question", [cost.METRICS, performance.METRICS, performance.TRENDS])
def test_the_first_page_without_filters_demands_only_whose_and_when(
    question: Question[Any],
) -> None:
    """No filter of the files is overlooked."""
    bound = dict.fromkeys(question.parameters, "")
    assert " OR " not in question.sent(bound)
