"""Providers change what they said: each change of money is remembered, nothing else is."""

from datetime import timedelta
from decimal import Decimal

from optiinfra_core.warehouse.questions import cost
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span, denied


def changes(scene: Scene, **params: object) -> list[tuple[str, str, object, object]]:
    """Resource, kind of change, old and new, of every remembered change."""
    found = scene.ask(cost.RESTATEMENTS, **params)
    return sorted((row.resource_id, row.change, row.old, row.new) for row in found)


def test_changed_new_and_vanished_charges_are_remembered(scene: Scene) -> None:
    """Old and new are told, and the run and source version that found them."""
    scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b"))
    written = scene.costs(
        charge("1.5", resource_id="a"),
        charge("4", resource_id="c"),
        run_id="run-2",
        source_version="manifest-7",
    )
    assert changes(scene) == [
        ("a", "restated", 1, Decimal("1.5")),
        ("b", "vanished", 2, None),
        ("c", "appeared", None, 4),
    ]
    [first, *_] = scene.ask(cost.RESTATEMENTS, limit=1)
    assert (first.run_id, first.source_version) == ("run-2", "manifest-7")
    assert first.detected_at == scene.clock.now()
    assert written.restatements == 3


def test_a_first_collection_restates_nothing(scene: Scene) -> None:
    """What was never served cannot change."""
    scene.costs(charge("1"))
    assert changes(scene) == []


def test_words_that_change_without_the_money_are_no_restatement(scene: Scene) -> None:
    """An invoice number, a tag and finality arrive late; the dollars are the same."""
    scene.costs(charge("1", resource_id="a"), charge("0", resource_id="free"))
    scene.costs(charge("1", resource_id="a", invoice_id="7", tags={"x": "y"}, finality="final"))
    assert changes(scene) == []


def test_a_failed_region_restates_nothing(scene: Scene) -> None:
    """What could not be read has not changed."""
    scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b", region_id="eu-west-1"))
    scene.costs(charge("3", resource_id="a"), denied("eu-west-1"))
    assert changes(scene) == [("a", "restated", 1, 3)]


def test_another_source_is_told_apart_from_a_restatement(scene: Scene) -> None:
    """When the export takes over from the cost API, the provider has changed nothing."""
    scene.costs(charge("10"))
    scene.costs(charge("4", resource_id="a"), charge("6", resource_id="b"), source="focus_export")
    assert changes(scene) == []
    assert [row[1] for row in changes(scene, changes=["source"])] == ["source"] * 3


def test_a_total_can_be_asked_for_as_it_was_known(scene: Scene) -> None:
    """Each moment has the total that was served then; days committed later are not in it."""
    yesterday = TODAY - timedelta(days=1)
    period = {"start": day_span(yesterday).start, "end": day_span(TODAY).end}
    known = []
    for span, rows in (
        (day_span(yesterday), [charge("1", yesterday)]),
        (day_span(yesterday, 2), [charge("2", yesterday), charge("10")]),
        (day_span(TODAY), [charge("12")]),
        (day_span(yesterday), []),
    ):
        scene.costs(*rows, span=span)
        known.append((scene.clock.now(), sum(row.cost for row in scene.ask(cost.TOTAL, **period))))
    assert [total for _, total in known] == [1, 12, 14, 12]
    for moment, total in known:
        [then] = scene.ask(cost.TOTAL_AS_KNOWN, known_at=moment, **period)
        lines = scene.ask(cost.METRICS_AS_KNOWN, known_at=moment, **period)
        assert then.cost == sum(line.cost for line in lines) == total
        of_known_days = 0 if moment == known[0][0] else 12
        assert then.changed_since == of_known_days - total


def test_lines_as_known_are_those_that_were_served(scene: Scene) -> None:
    """A charge that appeared later is absent, one that vanished since is there again."""
    scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b"))
    moment = scene.clock.now()
    scene.costs(charge("5", resource_id="a"), charge("9", resource_id="c"))
    scene.costs(charge("7", resource_id="a"))
    lines = scene.ask(cost.METRICS_AS_KNOWN, known_at=moment)
    assert [(line.resource_id, line.cost) for line in lines] == [("a", 1), ("b", 2)]
    after = {
        "has_after": True,
        "after_start": lines[0].charge_period_start,
        "after_provider": "aws",
        "after_service": lines[0].service_name,
        "after_resource": "a",
        "after_line": lines[0].line,
    }
    assert scene.ask(cost.METRICS_AS_KNOWN, known_at=moment, **after) == lines[1:]


def test_pages_of_restatements_hold_every_change_once(scene: Scene) -> None:
    """Newest finding first; the cursor continues within findings of one moment."""
    for amount in ("1", "2", "3"):
        scene.costs(*(charge(amount, resource_id=f"r{n}") for n in range(3)))
    seen = []
    cursor: dict[str, object] = {}
    while page := scene.ask(cost.RESTATEMENTS, limit=2, **cursor):
        seen += page
        cursor = {
            "has_after": True,
            "after_detected": page[-1].detected_at,
            "after_provider": page[-1].provider,
            "after_account": page[-1].account_id,
            "after_line": page[-1].line,
            "after_version": page[-1].from_version,
        }
    assert len({(row.resource_id, row.new) for row in seen}) == len(seen) == 6
    assert [row.new for row in seen] == [3, 3, 3, 2, 2, 2]
