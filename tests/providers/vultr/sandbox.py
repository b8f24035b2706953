"""A small Vultr account for the conformance suite: something of every kind, and samples of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.credential import Prometheus
from tests.providers.vultr.conftest import SECRET, opened
from tests.providers.vultr.wire import ACCOUNT, Asked, VultrDouble

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPANS: Mapping[str, Window] = {
    "cost": Window(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
    "performance": Window(datetime(2026, 11, 1, tzinfo=UTC), START + timedelta(minutes=15)),
    "resource": Window(START + timedelta(minutes=15), START + timedelta(minutes=30)),
}
TOKEN = "canary-canary-canary-canary"  # noqa: S105 - must never be seen again
INSIDE = "canary-in-a-payload"
SECRETS = (SECRET, TOKEN, INSIDE)

# Bodies of govultr 3.32's tests, shortened; secrets made recognisable.
INSTANCE: Mapping[str, Any] = {
    "id": "14b3e7d6-ffb5-4994-8502-57fcd9db3b33",
    "os": "CentOS SELinux 8 x64",
    "ram": 2048,
    "disk": 60,
    "main_ip": "123.123.123.123",
    "vcpu_count": 2,
    "region": "ewr",
    "plan": "vc2-1c-2gb",
    "date_created": "2013-12-19 14:45:41",
    "status": "active",
    "power_status": "running",
    "label": "my new server",
    "hostname": "my-new-server",
    "kvm": f"https://my.vultr.com/subs/novnc/api.php?data={INSIDE}",
    "default_password": INSIDE,
    "tags": ["team:search", "blue"],
}
DATABASE: Mapping[str, Any] = {
    "id": "999c4ed0-f2e4-4f2a-a951-de358ceb9ab5",
    "date_created": "2022-05-09 10:13:31",
    "plan": "vultr-dbaas-business-cc-2-80-4",
    "plan_disk": 80,
    "plan_ram": 4096,
    "plan_vcpus": 2,
    "region": "EWR",
    "database_engine": "mysql",
    "status": "Running",
    "label": "testy",
    "user": "vultradmin",
    "password": INSIDE,
}
LINE: Mapping[str, Any] = {
    "description": "my new server (2048 MB)",
    "product": "Vultr Cloud Compute",
    "start_date": "2026-11-18T21:57:58+00:00",
    "end_date": "2026-11-22T12:00:00+00:00",
    "units": 87,
    "unit_type": "hours",
    "unit_price": 0.0074,
    "total": 0.65,
}
USAGE = {"cpu": {"percentage": 3}, "memory": {"percentage": 30.5}, "disk": {"percentage": 12}}
MODELS = [{"model": "m", "tokens": 5, "input_tokens": 7, "output_price": 0, "input_price": 0}]


def account() -> VultrDouble:
    """The account, scripted."""
    cloud = VultrDouble()
    told = {**ACCOUNT["account"], "pending_charges": 0.65}
    cloud.on("account", {"account": told})
    cloud.on("instances", {"instances": [INSTANCE], "meta": {"total": 1}})
    cloud.on("databases", {"databases": [DATABASE], "meta": {"total": 1}})
    cloud.on(f"databases/{DATABASE['id']}/usage", {"usage": USAGE})
    subscription = {"id": "inf-1", "label": "chat", "api_key": INSIDE}
    cloud.on("inference", {"subscriptions": [subscription]})
    cloud.on("inference/inf-1/usage", {"usage": {"chat_by_model": {"previous_month": MODELS}}})
    traffic = {"2026-11-20": {"incoming_bytes": 91571055, "outgoing_bytes": 3084731}}
    cloud.on(f"instances/{INSTANCE['id']}/bandwidth", {"bandwidth": traffic})
    cloud.on("billing/pending-charges", {"pending_charges": [LINE]})
    invoice = {"id": 123456, "date": "2026-11-01T00:30:05+00:00", "amount": 2.35, "balance": 0}
    cloud.on("billing/invoices", {"billing_invoices": [invoice], "meta": {"total": 1}})
    closed = {
        **LINE,
        "start_date": "2026-10-18T21:57:58+00:00",
        "end_date": "2026-11-01T00:00:00+00:00",
        "units": 315,
        "total": 2.35,
    }
    cloud.on("billing/invoices/123456/items", {"invoice_items": [closed]})
    refund = {**invoice, "id": 7, "type": "refund", "description": "Refund", "amount": -1.5}
    cloud.on("billing/history", {"billing_history": [{**invoice, "type": "invoice"}, refund]})
    cloud.script["/prometheus/api/v1/query_range"] = _matrix
    return cloud


def _matrix(asked: Asked) -> Mapping[str, Any]:
    stamps = range(int(asked.form["start"]), int(asked.form["end"]) + 1, 43_200)
    series = {
        "metric": {"instance": "my-new-server:9100"},
        "values": [[stamp, "0.25"] for stamp in stamps],
    }
    return {"status": "success", "data": {"resultType": "matrix", "result": [series]}}


@contextmanager
def sandbox() -> Iterator[Vultr]:
    """A connection to the account; its Prometheus is behind the same socket."""
    with HttpDouble(account()) as server:
        source = Prometheus(url=f"{server.url}/prometheus", bearer_token=SecretStr(TOKEN))
        with opened(endpoint_url=server.url, prometheus=source) as connection:
            yield connection


def traffic_path() -> str:
    """Where the instance's traffic is told."""
    return f"instances/{INSTANCE['id']}/bandwidth"
