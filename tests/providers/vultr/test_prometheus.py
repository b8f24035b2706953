"""The Prometheus that a customer names: what it is asked, where it may be, what is believed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import InvalidRequest, Malformed, PartFailure, Permanent, Transient
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.testing.http_double import Fate, Reply
from optiinfra_core.windows import QUARTER_HOUR, FixedClock, Window
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.client.reach import permitted_source
from optiinfra_pipelines.providers.vultr.credential import Prometheus, VultrCredential
from optiinfra_pipelines.providers.vultr.machine_metrics import (
    MACHINES,
    MEASURED,
    STEP,
    Machine,
    named,
    query,
    samples,
)
from optiinfra_pipelines.providers.vultr.performance import PerformanceCollector
from tests.providers.vultr.conftest import NOW, Connect
from tests.providers.vultr.sandbox import INSTANCE, TOKEN, traffic_path
from tests.providers.vultr.wire import Asked, VultrDouble

RANGE = "/prometheus/api/v1/query_range"
SPAN = Window(datetime(2026, 11, 22, 11, 45, tzinfo=UTC), datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
PERFORMANCE = PerformanceCollector()
SERVER = Machine("vultr.compute.instance", INSTANCE)


def matrix(*series: Mapping[str, Any]) -> Mapping[str, Any]:
    """A matrix as Prometheus answers it."""
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}}


def values(asked: Asked, value: str = "0.25", name: str = "my-new-server:9100") -> dict[str, Any]:
    """A series with this value at each instant that is asked for."""
    form = asked.form
    stamps = range(int(form["start"]), int(form["end"]) + 1, int(form["step"]))
    return {"metric": {"instance": name}, "values": [[stamp, value] for stamp in stamps]}


@pytest.fixture
def watched(cloud: VultrDouble, endpoint: str, connect: Connect) -> Vultr:
    """An account with one server and a Prometheus that knows it."""
    cloud.on("instances", {"instances": [INSTANCE]})
    cloud.script[RANGE] = lambda asked: matrix(values(asked))
    source = Prometheus(url=f"{endpoint}/prometheus/", bearer_token=SecretStr(TOKEN))
    return connect(prometheus=source)


def rows_of(vultr: Vultr, span: Window = SPAN) -> list[PerformanceRow]:
    """The samples of a span."""
    return [row for row in PERFORMANCE.collect(vultr, span) if isinstance(row, PerformanceRow)]


def test_a_sample_stands_at_the_start_of_its_five_minutes(watched: Vultr) -> None:
    """What Prometheus says of an instant is of the five minutes before it."""
    idle = [row for row in rows_of(watched) if row.metric == "cpu_utilization"]
    assert [row.ts for row in idle] == [SPAN.start + n * timedelta(minutes=5) for n in range(3)]
    assert {(row.value, row.period_s, row.unit) for row in idle} == {(75.0, STEP, "%")}


def test_every_metric_is_of_the_server_it_was_measured_on(watched: Vultr) -> None:
    """The port behind its name does not matter; totals of zero have no share."""
    rows = rows_of(watched)
    assert {row.resource_id for row in rows} == {INSTANCE["id"]}
    assert {row.metric for row in rows} == {one.metric for one in MEASURED}
    assert {row.region for row in rows} == {"ewr"}


def test_a_request_names_its_servers_and_carries_the_token(
    watched: Vultr, cloud: VultrDouble
) -> None:
    """The token goes to the Prometheus and the key to Vultr, neither to the other."""
    rows_of(watched)
    asked = [one for one in cloud.seen if one.path == RANGE]
    assert len(asked) == len({series for one in MEASURED for series in one.series})
    assert {one.incoming.headers["authorization"] for one in asked} == {f"Bearer {TOKEN}"}
    assert all('instance=~"(?:my-new-server)(?::[0-9]+)?"' in one.form["query"] for one in asked)
    others = [one for one in cloud.seen if one.path != RANGE]
    assert all(TOKEN not in str(one.incoming.headers) for one in others)


def test_names_are_bound_and_cannot_leave_their_quotes() -> None:
    """A server may be called anything; its name is a literal in the pattern in the string."""
    told = query(("sum", "increase", "m", ""), "host", ['a"}) or up{x=~"', "b.c|d", "e\\", "f\ng"])
    assert told == (
        'sum by (host) (increase(m{host=~"(?:a\\\\\\"\\\\}\\\\) or up\\\\{x\\\\=\\\\~\\\\\\"'
        '|b\\\\.c\\\\|d|e\\\\\\\\|f\\\\\\ng)(?::[0-9]+)?"}[5m]))'
    )


def test_two_servers_of_one_name_are_neither() -> None:
    """Samples under that name could be either's."""
    twin = Machine("vultr.compute.instance", {**INSTANCE, "id": "other"})
    bare = Machine("vultr.compute.instance", {**INSTANCE, "id": "third", "hostname": ""})
    assert named([SERVER, twin, bare], "hostname") == {}
    assert set(named([SERVER, twin], "id")) == {INSTANCE["id"], "other"}
    assert set(named([SERVER], "ip")) == {"123.123.123.123"}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_what_is_no_number_is_no_sample(value: str, watched: Vultr, cloud: VultrDouble) -> None:
    """A gap, not a zero."""
    cloud.script[RANGE] = lambda asked: matrix(values(asked, value))
    assert rows_of(watched) == []


def test_strangers_in_an_answer_are_left_out(watched: Vultr, cloud: VultrDouble) -> None:
    """A Prometheus may answer with series that were not asked for."""
    cloud.script[RANGE] = lambda asked: matrix(values(asked, name="stranger:9100"))
    assert rows_of(watched) == []


def test_instants_outside_the_span_are_left_out(watched: Vultr, cloud: VultrDouble) -> None:
    """They belong to windows that this write does not replace."""
    stamp = int(SPAN.start.timestamp())
    odd = {"metric": {"instance": "my-new-server"}, "values": [[stamp, "1"], [stamp + 9000, "1"]]}
    cloud.script[RANGE] = lambda _asked: matrix(odd)
    assert rows_of(watched) == []


def test_a_days_traffic_gives_way_to_the_finer_figure(watched: Vultr, cloud: VultrDouble) -> None:
    """Where five minutes at midnight were scraped the whole day is not told besides."""
    cloud.on(
        traffic_path(),
        {"bandwidth": {"2026-11-20": {"incoming_bytes": 5, "outgoing_bytes": 6}}},
    )
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    first = Window(midnight, midnight + QUARTER_HOUR)
    assert {row.period_s for row in rows_of(watched, first)} == {STEP}
    cloud.script[RANGE] = lambda _asked: matrix()
    assert {row.period_s for row in rows_of(watched, first)} == {86_400}


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        (Reply(body=b'{"status":"success","data":{"resultType":"vector","result":[]}}'), Malformed),
        (Reply(body=b'{"status":"success"}'), Malformed),
        (Reply(body=b"<html>log in</html>"), Malformed),
        (Reply(status=302, headers={"location": "http://127.0.0.1:1/"}), Permanent),
        (Reply(status=400, body=b'{"status":"error","error":"parse error"}'), Permanent),
        (Reply(status=503, body=b"busy"), Transient),
    ],
)
def test_each_odd_answer_is_a_failure(
    fate: Fate, kind: type[Exception], watched: Vultr, cloud: VultrDouble
) -> None:
    """Nothing of it is a sample, and redirects are not followed."""
    cloud.on(RANGE, fate)
    assert watched.metrics is not None
    with pytest.raises(kind):
        list(samples(watched.metrics, [SERVER], SPAN))


def test_a_refused_token_is_told_in_the_regions_it_was_for(
    watched: Vultr, cloud: VultrDouble
) -> None:
    """The remedy names the field; waiting would not help, so the rest of the account goes on."""
    cloud.on(RANGE, Reply(status=401, body=b"Unauthorized"))
    (failure,) = PERFORMANCE.collect(watched, SPAN)
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.code) == ("ewr", "permission-missing")
    assert "`prometheus`" in failure.remedy
    assert TOKEN not in repr(failure)


def test_a_prometheus_that_is_away_is_waited_for(watched: Vultr, cloud: VultrDouble) -> None:
    """The window is not committed without its samples."""
    cloud.on(RANGE, Reply(status=502))
    with pytest.raises(Transient):
        list(PERFORMANCE.collect(watched, SPAN))
    assert cloud.count(RANGE) == 5


def test_long_spans_and_many_servers_are_asked_for_in_pieces(
    watched: Vultr, cloud: VultrDouble
) -> None:
    """No answer holds more than 11,000 points of a series, nor more than can be held."""
    cloud.on(RANGE, matrix())
    many = [
        Machine("vultr.compute.instance", {**INSTANCE, "id": str(n), "hostname": f"h{n}"})
        for n in range(MACHINES + 1)
    ]
    assert watched.metrics is not None
    list(samples(watched.metrics, many, Window(SPAN.start, SPAN.start + timedelta(days=1))))
    list(samples(watched.metrics, [SERVER], Window(SPAN.start, SPAN.start + timedelta(days=60))))
    forms = [asked.form for asked in cloud.seen if asked.path == RANGE]
    points = [(int(f["end"]) - int(f["start"])) // STEP + 1 for f in forms]
    assert max(points) < 11_000
    assert max(f["query"].count("|h") for f in forms) < MACHINES
    assert sum(f["query"].startswith("avg by (instance) (rate(") for f in forms) == 2 + 1 + 2


def test_the_answer_is_bounded(watched: Vultr, cloud: VultrDouble) -> None:
    """Whoever holds the address cannot fill our memory."""
    assert watched.metrics is not None
    watched.metrics._wire._largest = 1000
    cloud.on(RANGE, Reply(body=b"[" * 5000))
    with pytest.raises(Malformed, match="larger than 1000 bytes"):
        list(samples(watched.metrics, [SERVER], SPAN))


def gate(*, private: bool) -> Gate:
    """A gate that allows private addresses or not."""
    return Gate(ledger=CallLog(), clock=FixedClock(NOW), private_endpoints=private)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9090",
        "https://127.0.0.1:9090",
        "https://10.0.0.7",
        "https://[::1]:9090",
        "https://169.254.169.254/latest",
        "http://8.8.8.8:9090",
        "https://user:secret@8.8.8.8",
        "https://8.8.8.8/?next=1",
        "file:///etc/passwd",
        "https://",
    ],
)
def test_addresses_inside_are_refused(url: str) -> None:
    """Only public https may be named; nothing is sent."""
    with pytest.raises(InvalidRequest) as error:
        permitted_source(url, gate(private=False))
    assert "prometheus.url" in error.value.detail


@pytest.mark.parametrize("url", ["http://8.8.8.8", "http://169.254.169.254", "ftp://127.0.0.1"])
def test_even_where_private_ones_are_allowed_some_are_not(url: str) -> None:
    """Metadata services, and public addresses without TLS."""
    with pytest.raises(InvalidRequest):
        permitted_source(url, gate(private=True))


def test_a_public_address_is_pinned_and_keeps_its_name() -> None:
    """It is connected to as it was checked; the certificate is checked for the name."""
    place = permitted_source("https://8.8.8.8:9443/prom/", gate(private=False))
    assert (place.url, place.host) == ("https://8.8.8.8:9443/prom", "8.8.8.8")
    near = permitted_source("http://127.0.0.1:9090/", gate(private=True))
    assert (near.url, near.host) == ("http://127.0.0.1:9090", "")


def test_a_forbidden_prometheus_does_not_keep_the_bill_away(
    connect: Connect, cloud: VultrDouble
) -> None:
    """It is told where it matters: in the regions whose machines it was to measure."""
    cloud.on("instances", {"instances": [INSTANCE]})
    vultr = connect(prometheus=Prometheus(url="http://169.254.169.254"))
    (failure,) = PERFORMANCE.collect(vultr, SPAN)
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.code) == ("ewr", "invalid-request")


def test_user_and_password_are_sent_as_basic_access(
    connect: Connect, endpoint: str, cloud: VultrDouble
) -> None:
    """As most proxies before a Prometheus ask for it."""
    cloud.on("instances", {"instances": [INSTANCE]})
    cloud.on(RANGE, matrix())
    source = Prometheus(
        url=f"{endpoint}/prometheus", username="collector", password=SecretStr("not-told")
    )
    rows_of(connect(prometheus=source))
    asked = next(one for one in cloud.seen if one.path == RANGE)
    assert asked.incoming.headers["authorization"] == "Basic Y29sbGVjdG9yOm5vdC10b2xk"


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "u"},
        {"password": "p"},
        {"username": "u", "password": "p", "bearer_token": "t"},
        {"instance_label": 'x"}'},
        {"match": "uuid"},
        {"header": "x"},
    ],
)
def test_a_credential_that_cannot_be_meant_is_refused(fields: Mapping[str, Any]) -> None:
    """Before anything is stored; a label is an identifier, so it needs no quotes."""
    told = {"api_key": "k" * 36, "prometheus": {"url": "https://p.example", **fields}}
    with pytest.raises(ValidationError):
        VultrCredential.model_validate(told)
