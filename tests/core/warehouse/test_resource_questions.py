"""What the questions about resources answer."""

from datetime import timedelta

from optiinfra_core.warehouse.questions import resource
from tests.core.warehouse.scene import NOON, Scene, denied, machine

STEP = timedelta(minutes=15)
WEST = "eu-west-1"


def names(scene: Scene, **params: object) -> list[str]:
    """Resources that the inventory holds, by default at noon."""
    return [item.resource_id for item in scene.ask(resource.INVENTORY, **{"at": NOON, **params})]


def test_the_inventory_is_the_last_committed_snapshot(scene: Scene) -> None:
    """At any moment: what the snapshot at or before it says."""
    scene.snapshot(NOON, machine("a", NOON), machine("b", NOON))
    scene.snapshot(NOON + STEP, machine("b", NOON + STEP), machine("c", NOON + STEP))
    assert names(scene, at=NOON - timedelta(seconds=1)) == []
    assert names(scene) == names(scene, at=NOON + STEP - timedelta(seconds=1)) == ["a", "b"]
    assert names(scene, at=NOON + timedelta(days=1)) == ["b", "c"]


def test_an_empty_snapshot_is_not_a_failed_one(scene: Scene) -> None:
    """An account that is empty now is empty; a run that never committed changes nothing."""
    scene.snapshot(NOON, machine("a"))
    scene.snapshot(NOON + STEP)
    assert names(scene, at=NOON + STEP) == []


def test_a_failed_region_is_taken_from_the_snapshot_before(scene: Scene) -> None:
    """The rest is new, the denied region as last seen, and each item says when that was."""
    scene.snapshot(NOON, machine("a"), machine("w", region=WEST), machine("x", region=WEST))
    scene.snapshot(NOON + STEP, machine("b", NOON + STEP), denied(WEST))
    found = scene.ask(resource.INVENTORY, at=NOON + STEP)
    assert [(item.resource_id, item.snapshot_at) for item in found] == [
        ("b", NOON + STEP),
        ("w", NOON),
        ("x", NOON),
    ]
    assert scene.ask(resource.SUMMARY, at=NOON + STEP, region=WEST)[0].resources == 2


def test_every_account_has_its_own_snapshot(scene: Scene) -> None:
    """An account that was collected earlier is not hidden by one collected later."""
    scene.snapshot(NOON, machine("a"))
    scene.snapshot(NOON + STEP, machine("b", NOON + STEP), account_id="222222222222")
    assert names(scene, at=NOON + STEP) == ["a", "b"]


def test_a_resource_unseen_for_two_days_is_not_claimed(scene: Scene) -> None:
    """Beyond the look-back nothing is known, so nothing is said."""
    scene.snapshot(NOON, machine("a"))
    assert names(scene, at=NOON + timedelta(days=1, hours=23)) == ["a"]
    assert names(scene, at=NOON + timedelta(days=2)) == []


def test_the_inventory_is_filtered_and_paged(scene: Scene) -> None:
    """By kind, state and region; pages follow the resource's name."""
    scene.snapshot(
        NOON,
        machine("a"),
        machine("b", state="stopped"),
        machine("c", region=WEST),
        machine("d", resource_type="aws.ec2.volume"),
    )
    assert names(scene, status="stopped") == ["b"]
    assert names(scene, region=WEST) == ["c"]
    assert names(scene, resource_type="aws.ec2.volume") == ["d"]
    assert names(scene, limit=2) == ["a", "b"]
    after = {
        "after_resource": "b",
        "after_provider": "aws",
        "after_account": "111111111111",
        "after_region": "us-east-1",
    }
    assert names(scene, has_after=True, **after) == ["c", "d"]


def test_the_summary_counts_and_ages(scene: Scene) -> None:
    """Per kind, state and region; a size that nobody tells is unknown, not nothing."""
    scene.snapshot(
        NOON,
        machine("a", created_at=NOON - timedelta(days=4), vcpus=2.0),
        machine("b", created_at=NOON - timedelta(days=2), vcpus=4.0),
        machine("c", state="stopped"),
    )
    running, stopped = scene.ask(resource.SUMMARY, at=NOON)
    assert (running.status, running.resources, running.vcpus) == ("running", 2, 6.0)
    assert running.average_age_days == 3.0
    assert running.oldest_created_at == NOON - timedelta(days=4)
    assert (stopped.status, stopped.resources, stopped.vcpus) == ("stopped", 1, None)
    assert (stopped.average_age_days, stopped.oldest_created_at) == (None, None)


def changes(scene: Scene, **params: object) -> list[tuple[object, ...]]:
    """Changes of the test's four hours, from a snapshot after noon on."""
    period = {"start": NOON + timedelta(seconds=1), "end": NOON + timedelta(hours=4)}
    found = scene.ask(resource.CHANGES, **{**period, **params})
    steps = [(row.at - NOON) // STEP for row in found]
    return [
        (step, row.resource_id, row.change, row.field, row.before, row.after)
        for step, row in zip(steps, found, strict=True)
    ]


def test_changes_are_told_in_order_and_field_by_field(scene: Scene) -> None:
    """Created, removed, and each field, tag and attribute that differs."""
    later, last = NOON + STEP, NOON + 2 * STEP
    scene.snapshot(
        NOON,
        machine("a", tags={"env": "test"}, attributes='{"disk":8,"zone":"a"}'),
        machine("b"),
        machine("same"),
    )
    scene.snapshot(
        later,
        machine("a", later, state="stopped", tags={"env": "prod"}, attributes='{"zone":"a"}'),
        machine("c", later),
        machine("same", later),
    )
    scene.snapshot(last, machine("same", last))
    assert changes(scene) == [
        (1, "a", "changed", "attributes.disk", "8", ""),
        (1, "a", "changed", "status", "running", "stopped"),
        (1, "a", "changed", "tags.env", "test", "prod"),
        (1, "b", "removed", "", "", ""),
        (1, "c", "created", "", "", ""),
        (2, "a", "removed", "", "", ""),
        (2, "c", "removed", "", "", ""),
    ]
    place = {"resource": "b", "region": "us-east-1", "account": "111111111111", "provider": "aws"}
    after = {f"after_{name}": value for name, value in place.items()}
    page = changes(scene, limit=2, has_after=True, after_at=later, after_change="removed", **after)
    assert page == changes(scene)[4:6]


def test_a_failed_region_or_a_missed_run_is_no_removal(scene: Scene) -> None:
    """Only snapshots that were taken are compared, region by region."""
    scene.snapshot(NOON, machine("a"), machine("w", region=WEST))
    scene.snapshot(NOON + STEP, machine("a", NOON + STEP), denied(WEST))
    after_a_gap = NOON + 5 * STEP
    scene.snapshot(after_a_gap, machine("a", after_a_gap), machine("w", after_a_gap, region=WEST))
    assert changes(scene) == []


def test_a_resource_that_went_and_came_back_tells_both(scene: Scene) -> None:
    """Removed in one snapshot, created in a later one."""
    scene.snapshot(NOON, machine("a"))
    scene.snapshot(NOON + STEP)
    scene.snapshot(NOON + 2 * STEP, machine("a", NOON + 2 * STEP))
    assert [row[:3] for row in changes(scene)] == [(1, "a", "removed"), (2, "a", "created")]


def test_the_first_snapshot_creates_nothing(scene: Scene) -> None:
    """What was there when we first looked was not created then."""
    scene.snapshot(NOON + STEP, machine("a", NOON + STEP))
    assert changes(scene) == []
