"""What the questions about performance answer."""

from datetime import timedelta

import pytest

from optiinfra_core.warehouse.questions import performance
from tests.core.warehouse.scene import NOON, TODAY, Scene, day_span, sample

FIVE_MINUTES = timedelta(minutes=5)


def test_pages_hold_every_sample_once(scene: Scene) -> None:
    """Newest first; the cursor continues within samples of one instant."""
    scene.samples(
        *(
            sample(float(n), NOON + n * FIVE_MINUTES, resource_id=f"i-{m}", metric=metric)
            for n in range(3)
            for m in range(2)
            for metric in ("cpu_utilization", "network_in")
        )
    )
    seen = []
    cursor: dict[str, object] = {}
    while page := scene.ask(performance.METRICS, limit=5, **cursor):
        seen += page
        last = page[-1]
        cursor = {
            "has_after": True,
            "after_timestamp": last.timestamp,
            "after_provider": last.provider,
            "after_resource": last.resource_id,
            "after_metric": last.metric_name,
            "after_statistic": last.statistic,
            "after_account": last.account_id,
            "after_region": last.region,
        }
    assert len(set(seen)) == len(seen) == 12
    assert seen == scene.ask(performance.METRICS)
    assert seen[0].timestamp == NOON + 2 * FIVE_MINUTES


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"metric_name": "network_in"}, 1),
        ({"resource_id": "i-1"}, 2),
        ({"region": "eu-west-1"}, 1),
        ({"resource_type": "aws.rds.instance"}, 1),
        ({"statistic": "max"}, 1),
        ({}, 4),
    ],
)
def test_filters_narrow_the_samples(scene: Scene, filters: dict[str, str], count: int) -> None:
    """By metric, resource, region, kind of resource and statistic."""
    scene.samples(
        sample(1.0),
        sample(2.0, metric="network_in"),
        sample(3.0, resource_id="i-2", region="eu-west-1", statistic="max"),
        sample(4.0, resource_id="db-1", resource_type="aws.rds.instance"),
    )
    assert len(scene.ask(performance.METRICS, **filters)) == count
    assert len(scene.ask(performance.STREAM, **filters)) == count


def test_steps_condense_each_series(scene: Scene) -> None:
    """A quarter of an hour out of three samples; series are never mixed."""
    values = [10.0, 20.0, 60.0, 5.0]
    scene.samples(
        *(sample(value, NOON + n * FIVE_MINUTES) for n, value in enumerate(values)),
        sample(100.0, resource_id="i-2"),
    )
    steps = scene.ask(performance.METRICS_STEPPED, step_s=900)
    assert [(s.timestamp, s.resource_id, s.avg, s.min, s.max, s.p95, s.samples) for s in steps] == [
        (NOON + 3 * FIVE_MINUTES, "i-1", 5.0, 5.0, 5.0, 5.0, 1),
        (NOON, "i-1", 30.0, 10.0, 60.0, 60.0, 3),
        (NOON, "i-2", 100.0, 100.0, 100.0, 100.0, 1),
    ]
    first = steps[0]
    after = {
        "has_after": True,
        "after_timestamp": first.timestamp,
        "after_provider": first.provider,
        "after_resource": first.resource_id,
        "after_metric": first.metric_name,
        "after_statistic": first.statistic,
        "after_account": first.account_id,
        "after_region": first.region,
    }
    assert scene.ask(performance.METRICS_STEPPED, step_s=900, **after) == steps[1:]


def test_trends_tell_the_spread_of_each_period(scene: Scene) -> None:
    """Average, extremes and percentiles over all resources, hour by hour."""
    scene.samples(
        *(sample(float(n), NOON, resource_id=f"i-{n}") for n in range(1, 101)),
        sample(7.0, NOON + timedelta(hours=1)),
    )
    noon, later = scene.ask(performance.TRENDS, metric_name="cpu_utilization", group_by="hour")
    assert (noon.period, noon.samples, noon.resources) == (NOON, 100, 100)
    assert (noon.avg, noon.min, noon.max) == (50.5, 1.0, 100.0)
    assert (noon.p50, noon.p95, noon.p99) == (51.0, 96.0, 100.0)
    assert (later.period, later.avg) == (NOON + timedelta(hours=1), 7.0)
    [day] = scene.ask(performance.TRENDS, group_by="day")
    assert (day.period, day.samples) == (day_span(TODAY).start, 101)


def test_the_summary_names_the_busiest_and_the_idlest(scene: Scene) -> None:
    """By their averages; coverage is what share of the period has samples."""
    hour = {"start": NOON, "end": NOON + timedelta(hours=1)}
    scene.samples(
        *(sample(90.0, NOON + n * FIVE_MINUTES, resource_id="busy") for n in range(12)),
        *(sample(2.0, NOON + n * FIVE_MINUTES, resource_id="idle") for n in range(6)),
        sample(4000.0, metric="network_in", unit="By", statistic="sum"),
    )
    cpu, network = scene.ask(performance.SUMMARY, **hour)
    assert (cpu.metric_name, cpu.busiest, cpu.idlest) == ("cpu_utilization", "busy", "idle")
    assert (cpu.busiest_avg, cpu.idlest_avg) == (90.0, 2.0)
    assert (cpu.samples, cpu.resources, cpu.coverage) == (18, 2, 0.75)
    assert cpu.avg == pytest.approx((12 * 90 + 6 * 2) / 18)
    assert (cpu.min, cpu.p50, cpu.max) == (2.0, 90.0, 90.0)
    assert (network.unit, network.statistic, network.busiest) == ("By", "sum", "i-1")
