"""The world is the same for everyone who asks with the same seed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from optiinfra_core.windows import Window
from optiinfra_simulator import truth
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.lifetimes import EPOCH, Life, OfficeHours, Rota
from optiinfra_simulator.world.signals import NAMESPACES
from optiinfra_simulator.world.things import Instance
from optiinfra_simulator.world.traces import STEP, load
from optiinfra_simulator.world.world import World

INSTANTS = st.integers(0, 900 * 24 * 60).map(
    lambda minutes: datetime(2025, 7, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ONE = World()
OTHER = World()


@given(INSTANTS)
@settings(max_examples=30, deadline=None)
def test_two_worlds_of_one_seed_hold_the_same_resources(instant: datetime) -> None:
    """What exists at any instant depends on the seed and the instant alone."""
    for account in (ACME, GLOBEX):
        one = list(ONE.fleet(account.id).at(instant))
        assert one == list(OTHER.fleet(account.id).at(instant))
        assert one


@given(INSTANTS, st.integers(0, 7))
@settings(max_examples=30, deadline=None)
def test_a_sample_has_the_same_value_whichever_window_asks_for_it(
    instant: datetime, number: int
) -> None:
    """A wide and a narrow window, in two worlds, agree on every sample they share."""
    thing = next(one for one in ONE.fleet(ACME.id).at(instant) if isinstance(one, Instance))
    signal = NAMESPACES[Instance].signals[number]
    narrow = dict(ONE.series(thing, signal).samples(instant, instant + timedelta(hours=1)))
    wide = dict(
        OTHER.series(thing, signal).samples(
            instant - timedelta(hours=5), instant + timedelta(hours=5)
        )
    )
    assert narrow.items() <= wide.items()
    assert all(signal.low <= value <= signal.high or value == 0 for value in wide.values())


def test_another_seed_is_another_world() -> None:
    """No identifier of one seed appears under another."""
    instant = datetime(2026, 11, 20, tzinfo=UTC)
    one = {thing.id for thing in World(seed=1).fleet(ACME.id).at(instant) if "0" in thing.id[:6]}
    two = {thing.id for thing in World(seed=2).fleet(ACME.id).at(instant) if "0" in thing.id[:6]}
    assert one
    assert not one & two


def test_accounts_share_no_resource() -> None:
    """Two customers' identifiers are disjoint."""
    instant = datetime(2026, 11, 20, tzinfo=UTC)
    acme = {thing.id for thing in ONE.fleet(ACME.id).at(instant)}
    assert not acme & {thing.id for thing in ONE.fleet(GLOBEX.id).at(instant)}


def test_instances_come_and_go_and_keep_office_hours() -> None:
    """Over a month some instances end and others begin; some stop at night."""
    fleet = ONE.fleet(ACME.id)
    month = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    instances = [thing for thing in fleet.things(month) if isinstance(thing, Instance)]
    ended = [one for one in instances if one.life.gone and one.life.gone < month.end]
    assert ended
    office = next(one for one in instances if one.life.hours is not None)
    assert office.life.runs(datetime(2026, 10, 7, 12, tzinfo=UTC))
    assert not office.life.runs(datetime(2026, 10, 7, 2, tzinfo=UTC))
    assert not office.life.runs(datetime(2026, 10, 10, 12, tzinfo=UTC))


def test_a_stopped_instance_has_no_samples() -> None:
    """Nothing is measured on a Sunday where an instance runs on working days only."""
    sunday = datetime(2026, 10, 11, tzinfo=UTC)
    office = next(
        one
        for one in ONE.fleet(ACME.id).at(sunday)
        if isinstance(one, Instance) and one.life.hours is not None
    )
    found = truth.samples(ONE, ACME.id, sunday, sunday + timedelta(days=1))
    assert not [sample for sample in found if sample.resource_id == office.id]


@given(INSTANTS, st.timedeltas(timedelta(minutes=1), timedelta(days=30)))
def test_a_rota_names_exactly_the_incarnations_that_exist(
    start: datetime, length: timedelta
) -> None:
    """The computed range equals a search through every incarnation."""
    rota = Rota(EPOCH, timedelta(days=3), timedelta(days=7))
    span = Window(start, start + length)
    searched = [index for index in range(500) if rota.life(index).overlaps(span.start, span.end)]
    assert list(rota.indexes(span)) == searched


def test_the_last_start_and_stop_follow_office_hours() -> None:
    """On a Sunday the last start was on Friday morning, the last stop on Friday evening."""
    life = Life(EPOCH, None, OfficeHours(8, 19))
    sunday = datetime(2026, 10, 11, 12, tzinfo=UTC)
    assert life.last_start(sunday) == datetime(2026, 10, 9, 8, tzinfo=UTC)
    assert life.last_stop(sunday) == datetime(2026, 10, 9, 19, tzinfo=UTC)
    assert life.last_stop(datetime(2026, 10, 9, 12, tzinfo=UTC)) is None


def test_measured_series_feed_utilisation_and_their_gaps_stay(tmp_path: Path) -> None:
    """A trace's values come back in order, a missing stamp is a missing sample."""
    path = tmp_path / "ec2_cpu_utilization_test.csv"
    path.write_text(
        "timestamp,value\n"
        "2014-02-14 14:30:00,10\n2014-02-14 14:35:00,20\n"
        "2014-02-14 14:45:00,40\n2014-02-14 14:45:00,41\n"
    )
    (trace,) = load(tmp_path)["cpu"]
    assert trace.values == (10.0, 20.0, None, 41.0)
    world = World(data=tmp_path)
    start = datetime(2026, 11, 20, tzinfo=UTC)
    thing = next(
        one
        for one in world.fleet(ACME.id).at(start)
        if isinstance(one, Instance) and one.life.hours is None and one.life.gone is None
    )
    signal = NAMESPACES[Instance].signals[0]
    found = list(world.series(thing, signal).samples(start, start + timedelta(hours=1)))
    assert len(found) == 9
    assert {value for _, value in found} == {10.0, 20.0, 41.0}
    assert all(stamp % STEP == 0 for stamp, _ in found)


def test_a_world_grows_to_the_size_asked_for() -> None:
    """A bench of 1,000 instances has about as many at any time."""
    instant = datetime(2026, 11, 20, 12, tzinfo=UTC)
    world = World(instances=1_000)
    count = sum(isinstance(thing, Instance) for thing in world.fleet(ACME.id).at(instant))
    assert 950 <= count <= 1_000
