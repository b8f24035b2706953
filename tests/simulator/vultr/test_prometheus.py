"""The Prometheus double answers as Prometheus' HTTP API documents it, over the world's series."""

from datetime import datetime, timedelta

import pytest

from optiinfra_core.windows import Window
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.vultr import measured, promql
from optiinfra_simulator.vultr.accounts import ACME, GLOBEX
from optiinfra_simulator.vultr.cloud import VultrCloud
from optiinfra_simulator.vultr.things import Machine
from tests.simulator.vultr.conftest import NOON, Client

END = NOON.replace(minute=0)
SPAN = {
    "start": str((END - timedelta(minutes=10)).timestamp()),
    "end": END.isoformat(),
    "step": "300",
}


def server(vultr: VultrCloud, *, gpu: bool = False) -> Machine:
    """A machine that has run for long."""
    machines = vultr.estate(ACME.email).fleet.of(Machine, NOON)
    return next(one for one in machines if bool(one.plan.gpu) == gpu and not one.life.hours)


def test_a_range_is_a_matrix_of_texts(client: Client, vultr: VultrCloud) -> None:
    """prometheus.io, HTTP API: [seconds, "value"], both ends included."""
    machine = server(vultr)
    told = client.query("query_range", query=f'up{{instance="{machine.hostname}:9100"}}', **SPAN)
    assert (told.status, told.body["status"]) == (200, "success")
    assert told.body["data"]["resultType"] == "matrix"
    (series,) = told.body["data"]["result"]
    assert series["metric"]["job"] == "node"
    end = int(END.timestamp())
    assert series["values"] == [[end - 600, "1.0"], [end - 300, "1.0"], [end, "1.0"]]


def test_a_rate_is_the_worlds(client: Client, vultr: VultrCloud) -> None:
    """Idle seconds of a second are what the CPU series leaves."""
    machine = server(vultr)
    query = (
        "avg by (instance) (rate(node_cpu_seconds_total"
        f'{{mode="idle", instance_id="{machine.id}"}}[5m]))'
    )
    (series,) = client.query("query_range", query=query, **SPAN).body["data"]["result"]
    assert series["metric"] == {"instance": f"{machine.hostname}:9100"}
    cpu = vultr.world.series(machine, measured.CPU)
    expected = dict(cpu.samples(END - timedelta(minutes=15), END))
    for at, value in series["values"]:
        assert float(value) == pytest.approx(1 - expected[at - 300] / 100)


def test_bytes_of_a_day_are_those_that_vultr_tells(client: Client, vultr: VultrCloud) -> None:
    """Both sources count the same series."""
    machine = server(vultr)
    query = (
        "sum by (instance) (increase(node_network_receive_bytes_total"
        f'{{instance_id="{machine.id}", device!~"lo|veth.*"}}[5m]))'
    )
    midnight = datetime(2026, 11, 19, tzinfo=NOON.tzinfo)
    span = {
        "start": str(midnight.timestamp() + 300),
        "end": str(midnight.timestamp() + 86_400),
        "step": "300",
    }
    (series,) = client.query("query_range", query=query, **span).body["data"]["result"]
    told = client.get(f"instances/{machine.id}/bandwidth?date_range=2").body["bandwidth"]
    assert sum(float(value) for _, value in series["values"]) == pytest.approx(
        told["2026-11-19"]["incoming_bytes"]
    )


def test_gpus_are_shown_where_there_are_any(client: Client, vultr: VultrCloud) -> None:
    """dcgm-exporter runs on GPU machines alone."""
    query = "max by (instance_id) (avg_over_time(DCGM_FI_DEV_GPU_UTIL[5m]))"
    found = client.query("query_range", query=query, **SPAN).body["data"]["result"]
    shown = {series["metric"]["instance_id"] for series in found}
    assert server(vultr, gpu=True).id in shown
    assert server(vultr).id not in shown


def test_the_future_and_a_stopped_machine_have_no_samples(
    client: Client, vultr: VultrCloud
) -> None:
    """A series ends where there is nothing to scrape."""
    later = {"start": "1795200000", "end": "1795300000", "step": "300"}
    assert client.query("query_range", query="up", **later).body["data"]["result"] == []
    machines = vultr.estate(ACME.email).fleet.of(Machine, NOON)
    office = next(one for one in machines if one.life.hours)
    night = datetime(2026, 11, 20, 2, 0, tzinfo=NOON.tzinfo).timestamp()
    span = {"start": str(night), "end": str(night + 3600), "step": "300"}
    query = f'up{{instance_id="{office.id}"}}'
    assert client.query("query_range", query=query, **span).body["data"]["result"] == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"step": "0"}, "end timestamp"),
        ({"step": "x"}, "step"),
        ({"start": "0", "end": "3300000", "step": "300"}, "11,000 points"),
        ({"query": "sum("}, "parse error"),
        ({"query": 'up{instance="a}'}, "parse error"),
        ({"query": "node_cpu_seconds_total"}, "counter"),
        ({"start": "yesterday"}, "parameter"),
    ],
)
def test_bad_questions_are_refused_as_bad_data(
    changed: dict[str, str], words: str, client: Client
) -> None:
    """With 400 and Prometheus' own shape of error."""
    told = client.query("query_range", **{"query": "up", **SPAN, **changed})
    assert (told.status, told.body["status"]) == (400, "error")
    assert told.body["errorType"] == "bad_data"
    assert words in told.body["error"]


def test_it_needs_its_own_token(client: Client, vultr: VultrCloud) -> None:
    """Not the account's key; and globex has no Prometheus."""
    key = str(vultr.credential(ACME.email)["api_key"])
    assert client.query("query", token=key, query="up").status == 401
    assert "prometheus" not in vultr.credential(GLOBEX.email)


def test_labels_and_instants_can_be_asked_for(client: Client) -> None:
    """As a person would look around."""
    assert {"instance", "job", "mode", "gpu"} <= set(client.query("labels").body["data"])
    told = client.query("query", query="up").body["data"]
    assert told["resultType"] == "vector"
    assert told["result"][0]["value"][1] == "1.0"


def test_faults_strike_here_too(client: Client, vultr: VultrCloud) -> None:
    """Under the service name prometheus."""
    for kind, status in (
        (FaultKind.THROTTLE, 429),
        (FaultKind.ERROR_500, 500),
        (FaultKind.DENY, 401),
    ):
        vultr.faults.add(Fault(kind=kind, service="prometheus", times=1))
        assert client.query("query", query="up").status == status


@pytest.mark.parametrize(
    ("text", "labels", "wanted"),
    [
        ('m{a="x"}', {"a": "x"}, True),
        ('m{a!="x"}', {}, True),
        ('m{a=~"x|y"}', {"a": "xy"}, False),
        ('m{a=~"(?:x)(?::[0-9]+)?"}', {"a": "x:9100"}, True),
        ('m{a!~"lo|veth.*"}', {"a": "veth0"}, False),
        ('m{a="x\\"y", b="z",}', {"a": 'x"y', "b": "z"}, True),
        ("m", {}, True),
        ("n", {}, False),
    ],
)
def test_matchers_hold_as_documented(text: str, labels: dict[str, str], wanted: bool) -> None:  # noqa: FBT001
    """Patterns are anchored; a label that is not there is empty."""
    assert promql.parse(text).wants({"__name__": "m", **labels}) is wanted


def test_points_are_counted_without_the_wire(vultr: VultrCloud) -> None:
    """Ten metrics of a machine in fifteen minutes are thirty samples, fourteen of a GPU's."""
    span = Window(END - timedelta(minutes=15), END)
    points = vultr.points(ACME.email, span, NOON)
    assert points[server(vultr).id] == 30
    assert points[server(vultr, gpu=True).id] == 42
    assert set(vultr.points(GLOBEX.email, span, NOON).values()) == {3}
