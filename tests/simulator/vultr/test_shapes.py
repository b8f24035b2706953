"""Answers have the fields and types of govultr 3.32.0's structs, so that nothing is made up.

The tables are those structs: account.go, billing.go, instance.go, bare_metal_server.go,
block_storage.go, snapshot.go, reserved_ip.go, load_balancer.go, kubernetes.go, database.go,
object_storage.go, inference.go, plans.go, regions.go, meta.go. A question mark marks what a struct
leaves out when empty (omitempty).
"""

from collections.abc import Mapping
from typing import Any

import pytest

from optiinfra_simulator.vultr.payloads import WRITERS
from tests.simulator.vultr.conftest import Client

NUMBER = (int, float)
TYPES: Mapping[str, tuple[type, ...]] = {
    "s": (str,), "i": (int,), "n": NUMBER, "b": (bool,), "l": (list,), "o": (dict,),
}  # fmt: skip

ACCOUNT = (
    "balance:n pending_charges:n last_payment_date:s last_payment_amount:n name:s email:s acls:l"
)
LINE = "description:s product:s start_date:s end_date:s units:i unit_type:s unit_price:n total:n"
INVOICE = "id:i date:s description:s amount:n balance:n"
HISTORY = "id:i date:s type:s description:s amount:n balance:n"
INSTANCE = (
    "id:s os:s ram:i disk:i plan:s main_ip:s vpc_only:b vcpu_count:i region:s default_password:s? "
    "date_created:s status:s allowed_bandwidth:i netmask_v4:s gateway_v4:s power_status:s "
    "server_status:s v6_network:s v6_main_ip:s v6_network_size:i label:s internal_ip:s kvm:s "
    "os_id:i app_id:i image_id:s snapshot_id:s firewall_group_id:s features:l hostname:s tags:l "
    "user_scheme:s"
)
METAL = (
    "id:s os:s ram:s disk:s main_ip:s cpu_count:i region:s default_password:s date_created:s "
    "status:s netmask_v4:s gateway_v4:s plan:s v6_network:s v6_main_ip:s v6_network_size:i "
    "mac_address:i label:s os_id:i app_id:i image_id:s snapshot_id:s features:l tags:l "
    "user_scheme:s"
)
BLOCK = (
    "id:s date_created:s cost:n pending_charges:n status:s size_gb:i region:s "
    "attached_to_instance:s attached_to_instance_ip:s attached_to_instance_label:s label:s "
    "mount_id:s block_type:s os_id:i snapshot_id:s bootable:b"
)
SNAPSHOT = "id:s date_created:s description:s size:i compressed_size:i status:s os_id:i app_id:i"
RESERVED = "id:s region:s ip_type:s subnet:s subnet_size:i label:s instance_id:s"
BALANCER = (
    "id:s? date_created:s? region:s? label:s? status:s? ipv4:s? ipv6:s? instances:l? nodes:i? "
    "health_check:o? generic_info:o? has_ssl:b? auto_ssl:o? http2:b? http3:b? forwarding_rules:l? "
    "firewall_rules:l? global_regions:l?"
)
CLUSTER = (
    "id:s label:s date_created:s cluster_subnet:s service_subnet:s ip:s endpoint:s version:s "
    "region:s status:s ha_controlplanes:b firewall_group_id:s oidc:o node_pools:l"
)
POOL = (
    "id:s date_created:s date_updated:s label:s plan:s status:s node_quantity:i min_nodes:i "
    "max_nodes:i auto_scaler:b user_data:s tag:s vpc_only:b labels:o taints:l nodes:l"
)
DATABASE = (
    "id:s date_created:s plan:s plan_disk:i plan_ram:i plan_vcpus:i plan_replicas:i? "
    "plan_brokers:i? region:s database_engine:s database_engine_version:s vpc_id:s status:s "
    "label:s tag:s pending_charges:n dbname:s? host:s public_host:s? port:s user:s password:s "
    "maintenance_dow:s maintenance_time:s latest_backup:s trusted_ips:l ca_certificate:s "
    "cluster_time_zone:s? read_replicas:l?"
)
STORE = (
    "id:s date_created:s cluster_id:i region:s location:s label:s status:s tier:o? s3_hostname:s "
    "s3_access_key:s s3_secret_key:s"
)
PLAN = (
    "id:s vcpu_count:i ram:i disk:i disk_count:i bandwidth:i monthly_cost:n type:s gpu_vram_gb:i? "
    "gpu_type:s? locations:l"
)
METAL_PLAN = (
    "id:s cpu_count:i cpu_model:s cpu_threads:i ram:i disk:i disk_count:i bandwidth:i "
    "monthly_cost:n type:s locations:l"
)
REGION = "id:s city:s country:s continent:s? options:l connectivity:l"
INFERENCE = "id:s date_created:s label:s api_key:s"
PERIOD = (
    "timestamp_start:s timestamp_end:s gb_in:i gb_out:i total_instance_hours:i "
    "total_instance_count:i instance_bandwidth_credits:i free_bandwidth_credits:i "
    "purchased_bandwidth_credits:i overage:n overage_unit_cost:n overage_cost:n"
)

LISTINGS: tuple[tuple[str, str, str, bool], ...] = (
    ("instances", "instances", INSTANCE, True),
    ("bare-metals", "bare_metals", METAL, True),
    ("blocks", "blocks", BLOCK, True),
    ("snapshots", "snapshots", SNAPSHOT, True),
    ("reserved-ips", "reserved_ips", RESERVED, True),
    ("load-balancers", "load_balancers", BALANCER, True),
    ("kubernetes/clusters", "vke_clusters", CLUSTER, True),
    ("databases", "databases", DATABASE, True),
    ("object-storage", "object_storages", STORE, True),
    ("plans", "plans", PLAN, True),
    ("plans-metal", "plans_metal", METAL_PLAN, True),
    ("regions", "regions", REGION, True),
    ("billing/invoices", "billing_invoices", INVOICE, True),
    ("billing/history", "billing_history", HISTORY, True),
    ("billing/pending-charges", "pending_charges", LINE, False),
    ("inference", "subscriptions", INFERENCE, False),
)


def fits(told: Mapping[str, Any], struct: str) -> None:
    """That ``told`` has the fields of ``struct``, no others, and of its types."""
    fields = dict(field.split(":") for field in struct.split())
    assert set(told) <= set(fields)
    assert {name for name, kind in fields.items() if not kind.endswith("?")} <= set(told)
    for name, value in told.items():
        kinds = TYPES[fields[name].rstrip("?")]
        assert isinstance(value, kinds), name
        assert kinds == (bool,) or not isinstance(value, bool), name


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing[0])
def test_a_listing_has_the_fields_of_its_struct(
    listing: tuple[str, str, str, bool], client: Client
) -> None:
    """Every item of it; with total and links where the API pages, without where it does not."""
    path, key, struct, pages = listing
    body = client.get(path).body
    assert set(body) == ({key, "meta"} if pages else {key})
    assert body[key]
    for item in body[key]:
        fits(item, struct)
    if pages:
        assert set(body["meta"]) == {"total", "links"}
        assert set(body["meta"]["links"]) == {"next", "prev"}


def test_every_listing_of_things_is_compared() -> None:
    """A listing that is added is added here."""
    assert set(WRITERS) <= {listing[0] for listing in LISTINGS}


def test_the_account_and_its_traffic_have_their_fields(client: Client) -> None:
    """account.go's structs."""
    fits(client.get("account").body["account"], ACCOUNT)
    traffic = client.get("account/bandwidth").body["bandwidth"]
    assert set(traffic) == {"previous_month", "current_month_to_date", "current_month_projected"}
    for period in traffic.values():
        fits(period, PERIOD)


def test_node_pools_and_nodes_have_their_fields(client: Client) -> None:
    """kubernetes.go's structs; nodes are instances of the account."""
    (cluster,) = client.get("kubernetes/clusters").body["vke_clusters"]
    (pool,) = cluster["node_pools"]
    fits(pool, POOL)
    instances = {one["id"] for one in client.get("instances").body["instances"]}
    for node in pool["nodes"]:
        fits(node, "id:s date_created:s label:s ip:s? status:s")
        assert node["id"] in instances


def test_an_invoice_and_its_lines_have_their_fields(client: Client) -> None:
    """billing.go's structs."""
    number = client.get("billing/invoices?per_page=1").body["billing_invoices"][0]["id"]
    fits(client.get(f"billing/invoices/{number}").body["billing_invoice"], INVOICE)
    for line in client.get(f"billing/invoices/{number}/items").body["invoice_items"]:
        fits(line, LINE)


def test_traffic_is_told_by_day(client: Client) -> None:
    """instance.go's Bandwidth: a day's date holds bytes in and out."""
    machine = client.get("instances").body["instances"][0]["id"]
    told = client.get(f"instances/{machine}/bandwidth?date_range=3").body["bandwidth"]
    assert list(told) == ["2026-11-18", "2026-11-19", "2026-11-20"]
    for day in told.values():
        fits(day, "incoming_bytes:i outgoing_bytes:i")


def test_loads_are_told_in_shares_and_sizes(client: Client) -> None:
    """database.go's DatabaseUsage."""
    base = client.get("databases").body["databases"][0]["id"]
    usage = client.get(f"databases/{base}/usage").body["usage"]
    fits(usage["disk"], "current_gb:n max_gb:i percentage:n")
    fits(usage["memory"], "current_mb:n max_mb:i percentage:n")
    fits(usage["cpu"], "percentage:n")


def test_tokens_are_told_by_month_and_model(client: Client) -> None:
    """inference.go's InferenceUsage."""
    subscription = client.get("inference").body["subscriptions"][0]["id"]
    usage = client.get(f"inference/{subscription}/usage").body["usage"]
    assert set(usage) == {"chat_by_model", "audio", "image", "chat"}
    assert set(usage["chat_by_model"]) == {"current_month", "previous_month"}
    for model in usage["chat_by_model"]["previous_month"]:
        fits(model, "model:s tokens:i input_tokens:i output_price:i input_price:i")
