"""No question tells one customer anything of another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from optiinfra_core.collecting.gate import Call
from optiinfra_core.metrics import COST, ControlTotal
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import calls, controls, cost, performance, resource, windows
from tests.core.warehouse.scene import (
    AFTERWARDS,
    NOON,
    TODAY,
    Scene,
    charge,
    day_span,
    machine,
    sample,
)

MODULES: tuple[ModuleType, ...] = (calls, controls, cost, performance, resource, windows)
QUESTIONS = {
    question.path: question
    for module in MODULES
    for question in vars(module).values()
    if isinstance(question, Question)
}
GIVEN: dict[str, Any] = {
    "providers": ["aws"],
    "provider": "aws",
    "account_id": "111111111111",
    "dataset": "cost",
    "before": datetime(2026, 10, 2, tzinfo=UTC),
    "start": datetime(2026, 11, 1, tzinfo=UTC),
    "end": datetime(2026, 12, 1, tzinfo=UTC),
    "at": NOON + timedelta(minutes=20),
    "since": TODAY,
    "step_s": 900,
    "metric_name": "cpu_utilization",
    "recent": datetime(2026, 11, 1, tzinfo=UTC),
    "negligible": Decimal(0),
    "known_at": datetime(2026, 12, 1, tzinfo=UTC),
}


def live(scene: Scene, size: int) -> None:
    """A life that leaves something for every question to find."""
    for amount in ("1", "2"):
        stated = ControlTotal(name="sum", span=day_span(TODAY), amount=Decimal(amount))
        scene.costs(charge(amount, resource_id=f"r{size}", invoice_id="i-1"), stated)
    scene.samples(sample(float(size)))
    for n in range(2):
        ts = NOON + n * timedelta(minutes=15)
        scene.snapshot(ts, machine(f"i-{size}", ts, sku=f"size-{n}"))
    call = Call(
        at=AFTERWARDS, operation="GetCostAndUsage", region="", units=size, usd=Decimal(size),
        milliseconds=1, status=200, throttled=False,
    )  # fmt: skip
    record_calls(scene.warehouse, scene.customer, "aws", COST, "111111111111", "run-1", [call])


def answers(scene: Scene) -> dict[str, list[Any]]:
    """What every question answers to this customer."""
    return {
        path: scene.warehouse.rows(
            question,
            {
                "customer_id": scene.customer,
                **{name: value for name, value in GIVEN.items() if name in question.parameters},
            },
        )
        for path, question in QUESTIONS.items()
    }


@pytest.fixture
def both(scene: Scene, other: Scene) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """One customer's answers before and after another one lived."""
    live(scene, 1)
    before = answers(scene)
    live(other, 2)
    return before, answers(scene)


def test_every_question_finds_something(scene: Scene) -> None:
    """The life that the other tests here compare leaves no question without an answer."""
    live(scene, 1)
    assert [path for path, rows in answers(scene).items() if not rows] == []


def test_another_customer_changes_no_answer(
    both: tuple[dict[str, list[Any]], dict[str, list[Any]]],
) -> None:
    """All answers are the same whether somebody else has data or not."""
    before, after = both
    assert before == after


def test_a_customer_without_data_is_told_nothing(scene: Scene, other: Scene) -> None:
    """Empty lists and zero windows; nothing of anybody."""
    live(other, 2)
    stranger = replace(scene, customer=f"{scene.customer}-stranger")
    told = answers(stranger)
    [version] = told.pop("windows/data_version.sql")
    assert (version.version, version.windows) == (0, 0)
    assert {path: rows for path, rows in told.items() if rows} == {}
