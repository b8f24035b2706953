"""A person is forgotten with every half of their calls and all that came of them."""

from datetime import timedelta

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse import persons
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.warehouse.judgements import JudgedCall, JudgementWriter, ScoredInteraction
from optiinfra_core.warehouse.persons import calls_of, erase_calls
from tests.core.warehouse.calls import NOW, TODAY, call, event_half, redactor, row, span_half
from tests.core.warehouse.scene import Scene

CALLS = range(14)


def fill(scene: Scene) -> None:
    """Fourteen calls of seven persons, each as two halves and with a score."""
    whole = [call(number) for number in CALLS]
    writer = InteractionWriter(scene.warehouse)
    for half in (span_half, event_half):
        writer.write(scene.customer, [row(scene.customer, half(each)) for each in whole])
    JudgementWriter(scene.warehouse).write(
        [scored(scene, each.interaction_id) for each in whole], "run"
    )


def scored(scene: Scene, interaction_id: str) -> ScoredInteraction:
    """A judgement of one call."""
    judged = JudgedCall(
        customer_id=scene.customer,
        application_id="support.assistant",
        interaction_id=interaction_id,
        timestamp=NOW,
        text_expires_on=TODAY + timedelta(days=30),
    )
    judgement = Judgement(
        metric_type="quality", metric_name="quality", rubric_version="1", judge="groq",
        judge_model="m", status="ok", score=1.0,
    )  # fmt: skip
    return ScoredInteraction(call=judged, judgement=judgement, run_id="run", scored_at=NOW)


def left(scene: Scene, table: str, name: str) -> set[str]:
    """Which calls a table still tells of."""
    sql = f"SELECT DISTINCT {name} AS id FROM {table} WHERE customer_id = {{c:String}}"  # noqa: S608
    return {each["id"] for each in scene.warehouse.select(sql, {"c": scene.customer})}


def person(scene: Scene, number: int) -> str:
    """The hash of a person."""
    return redactor(scene.customer).pseudonyms.user(f"person-{number}")


def test_every_half_and_every_score_goes(scene: Scene, other: Scene) -> None:
    """Those of the person alone, of this customer alone; the half that names nobody too."""
    fill(scene)
    fill(other)
    mine = calls_of(scene.warehouse, scene.customer, person(scene, 3))
    assert {key[1] for key in mine} == {call(3).trace_id, call(10).trace_id}
    gone = erase_calls(scene.warehouse, scene.customer, mine)
    # Halves that the server has merged already count once.
    assert 2 <= gone["llm_interactions"] <= 4
    assert gone["application_metrics"] == 2
    others = {call(number).trace_id for number in CALLS if number % 7 != 3}
    assert left(scene, "llm_interactions", "trace_id") == others
    assert {each[:32] for each in left(scene, "application_metrics", "interaction_id")} == others
    assert len(left(other, "llm_interactions", "trace_id")) == len(CALLS)


def test_it_may_be_done_again(scene: Scene) -> None:
    """Nothing is found and nothing happens."""
    fill(scene)
    mine = calls_of(scene.warehouse, scene.customer, person(scene, 0))
    erase_calls(scene.warehouse, scene.customer, mine)
    assert calls_of(scene.warehouse, scene.customer, person(scene, 0)) == ()
    assert not any(erase_calls(scene.warehouse, scene.customer, mine).values())


def test_a_person_with_thousands_of_calls_is_forgotten_in_steps(scene: Scene) -> None:
    """More calls than one statement takes."""
    many = persons.AT_ONCE + 1
    rows = [row(scene.customer, call(number, user="one")) for number in range(many)]
    InteractionWriter(scene.warehouse).write(scene.customer, rows)
    mine = calls_of(
        scene.warehouse, scene.customer, redactor(scene.customer).pseudonyms.user("one")
    )
    assert len(mine) == many
    assert erase_calls(scene.warehouse, scene.customer, mine)["llm_interactions"] == many
    assert left(scene, "llm_interactions", "trace_id") == set()
