"""The daily rollup says what the samples say, however often it is recomputed."""

from datetime import timedelta

from optiinfra_core.metrics import PERFORMANCE
from optiinfra_core.warehouse.rollup import recompute_daily
from tests.core.warehouse.scene import NOON, TODAY, Scene, sample

FIELDS = (
    "resource_id",
    "samples",
    "covered_s",
    "value_sum",
    "value_min",
    "value_max",
    "value_last",
)


def recompute(scene: Scene) -> int:
    """Recompute today, at the present moment of the scene."""
    of = (scene.customer, "aws")
    return recompute_daily(scene.warehouse, scene.clock, PERFORMANCE, of, TODAY)


def test_a_day_of_a_series_is_one_row(scene: Scene, other: Scene) -> None:
    """Count, coverage, sum, extremes and the last value of the day, of one customer."""
    values = [30.0, 10.0, 20.0]
    scene.samples(*(sample(v, NOON + n * timedelta(minutes=5)) for n, v in enumerate(values)))
    other.samples(sample(99.0))
    assert recompute(scene) == 1
    stored = scene.stored("performance_metrics_1d", *FIELDS)
    assert stored == [("i-1", 3, 900, 60.0, 10.0, 30.0, 20.0)]
    assert other.stored("performance_metrics_1d", *FIELDS) == []


def test_recomputing_follows_the_samples(scene: Scene) -> None:
    """Changed samples change it, vanished series vanish, repetition changes nothing."""
    scene.samples(sample(1.0), sample(2.0, resource_id="i-2"))
    assert recompute(scene) == 2
    scene.samples(sample(5.0))
    assert [recompute(scene), recompute(scene)] == [1, 1]
    stored = scene.stored("performance_metrics_1d", "resource_id", "value_sum")
    assert stored == [("i-1", 5.0)]
    scene.samples()
    assert recompute(scene) == 0


def test_accounts_and_regions_are_kept_apart(scene: Scene) -> None:
    """The same name in two places is two series."""
    scene.samples(sample(1.0), sample(2.0, region="eu-west-1"))
    scene.samples(sample(4.0), account_id="222222222222")
    assert recompute(scene) == 3
