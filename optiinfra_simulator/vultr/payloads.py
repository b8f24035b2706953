"""Vultr resources as API v2 writes them; fields and types are those of govultr 3.32's structs.

Passwords, console links and keys are there as in the real answers, so that a reader that stores
whole answers is found out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from optiinfra_simulator.vultr import plans
from optiinfra_simulator.vultr.things import (
    Base,
    Block,
    Copy,
    Edge,
    Inference,
    Kube,
    Machine,
    Metal,
    Pool,
    Reserved,
    Store,
)
from optiinfra_simulator.world import dice

GIB = 1024**3
Json = dict[str, Any]


def secret(thing_id: str, what: str) -> str:
    """A secret that the API shows of a resource."""
    return f"canary-{what}-{dice.hexadecimal(16, thing_id, what)}"


def tags(told: Mapping[str, str]) -> list[str]:
    """Tags are plain texts at Vultr; a pair is written with a colon."""
    return [f"{name}:{value}" if value else name for name, value in told.items()]


def machine(thing: Machine, now: datetime) -> Json:
    """A cloud instance."""
    return {
        "id": thing.id,
        "os": "Ubuntu 24.04 LTS x64",
        "ram": thing.plan.ram,
        "disk": thing.plan.disk,
        "main_ip": thing.address,
        "vpc_only": False,
        "vcpu_count": thing.plan.vcpus,
        "region": thing.region,
        "plan": thing.plan.id,
        "date_created": thing.life.born.isoformat(),
        "status": "active",
        "allowed_bandwidth": thing.plan.bandwidth,
        "netmask_v4": "255.255.254.0",
        "gateway_v4": thing.address.rpartition(".")[0] + ".1",
        "power_status": "running" if thing.life.runs(now) else "stopped",
        "server_status": "ok",
        "v6_network": "",
        "v6_main_ip": "",
        "v6_network_size": 0,
        "label": thing.label,
        "internal_ip": thing.internal,
        "kvm": f"https://my.vultr.com/subs/vps/novnc/api.php?data={secret(thing.id, 'kvm')}",
        "default_password": secret(thing.id, "password"),
        "hostname": thing.hostname,
        "tags": tags(thing.tags),
        "os_id": 2284,
        "app_id": 0,
        "image_id": "",
        "snapshot_id": "",
        "firewall_group_id": "",
        "features": ["auto_backups"],
        "user_scheme": "root",
    }


def metal(thing: Metal, _now: datetime) -> Json:
    """A bare metal server; its sizes are texts."""
    return {
        "id": thing.id,
        "os": "Debian 12 x64",
        "ram": f"{thing.plan.ram} MB",
        "disk": f"{thing.plan.disks}x {thing.plan.disk} GB SSD",
        "main_ip": thing.address,
        "cpu_count": thing.plan.cores,
        "region": thing.region,
        "default_password": secret(thing.id, "password"),
        "date_created": thing.life.born.isoformat(),
        "status": "active",
        "netmask_v4": "255.255.254.0",
        "gateway_v4": "203.0.113.1",
        "plan": thing.plan.id,
        "v6_network": "",
        "v6_main_ip": "",
        "v6_network_size": 0,
        "mac_address": dice.whole(1, 2**47, thing.id, "mac"),
        "label": thing.name,
        "os_id": 2136,
        "app_id": 0,
        "image_id": "",
        "snapshot_id": "",
        "features": [],
        "tags": tags(thing.tags),
        "user_scheme": "root",
    }


def block(thing: Block, _now: datetime) -> Json:
    """Block storage."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "cost": float(plans.BLOCK[thing.type] * thing.gib),
        "pending_charges": 0,
        "status": "active",
        "size_gb": thing.gib,
        "region": thing.region,
        "attached_to_instance": thing.machine,
        "attached_to_instance_ip": thing.machine_address,
        "attached_to_instance_label": thing.machine_label,
        "label": thing.name,
        "mount_id": f"{thing.region}-{thing.id.replace('-', '')[:16]}",
        "block_type": thing.type,
        "os_id": 0,
        "snapshot_id": "",
        "bootable": False,
    }


def copy(thing: Copy, _now: datetime) -> Json:
    """A snapshot; sizes in bytes."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "description": thing.name,
        "size": thing.gib * GIB,
        "compressed_size": thing.stored_gib * GIB,
        "status": "complete",
        "os_id": 2284,
        "app_id": 0,
    }


def reserved(thing: Reserved, _now: datetime) -> Json:
    """A reserved address."""
    return {
        "id": thing.id,
        "region": thing.region,
        "ip_type": "v4",
        "subnet": thing.ip,
        "subnet_size": 32,
        "label": thing.name,
        "instance_id": thing.machine,
    }


def edge(thing: Edge, _now: datetime) -> Json:
    """A load balancer."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "region": thing.region,
        "label": thing.name,
        "status": "active",
        "ipv4": thing.ip,
        "ipv6": "2001:db8::100",
        "instances": list(thing.machines),
        "nodes": 1,
        "health_check": {
            "protocol": "http",
            "port": 80,
            "path": "/health",
            "check_interval": 15,
            "response_timeout": 5,
            "unhealthy_threshold": 5,
            "healthy_threshold": 5,
        },
        "generic_info": {
            "balancing_algorithm": "roundrobin",
            "ssl_redirect": False,
            "sticky_sessions": {"cookie_name": "session"},
            "proxy_protocol": False,
            "vpc": "",
        },
        "has_ssl": False,
        "forwarding_rules": [
            {
                "id": dice.hexadecimal(16, thing.id, "rule"),
                "frontend_protocol": "http",
                "frontend_port": 80,
                "backend_protocol": "http",
                "backend_port": 8080,
            }
        ],
        "firewall_rules": [],
    }


def kube(thing: Kube, _now: datetime) -> Json:
    """A Kubernetes cluster with its node pool."""
    return {
        "id": thing.id,
        "label": thing.name,
        "date_created": thing.life.born.isoformat(),
        "cluster_subnet": "10.244.0.0/16",
        "service_subnet": "10.96.0.0/12",
        "ip": "192.0.2.250",
        "endpoint": f"{thing.id}.vultr-k8s.com",
        "version": thing.version,
        "region": thing.region,
        "status": "active",
        "ha_controlplanes": True,
        "firewall_group_id": "",
        "oidc": {},
        "node_pools": [pool(thing.pool)],
    }


def pool(thing: Pool) -> Json:
    """A node pool; its user data is the customer's own."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "date_updated": thing.life.born.isoformat(),
        "label": thing.name,
        "plan": thing.plan.id,
        "status": "active",
        "node_quantity": len(thing.nodes),
        "min_nodes": 1,
        "max_nodes": 5,
        "auto_scaler": True,
        "user_data": secret(thing.id, "userdata"),
        "tag": "",
        "vpc_only": False,
        "labels": {},
        "taints": [],
        "nodes": [
            {
                "id": node.id,
                "date_created": node.life.born.isoformat(),
                "label": node.label,
                "ip": node.address,
                "status": "active",
            }
            for node in thing.nodes
        ],
    }


def database(thing: Base, _now: datetime) -> Json:
    """A managed database; regions are in capitals here."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "plan": thing.plan.id,
        "plan_disk": thing.plan.disk,
        "plan_ram": thing.plan.ram,
        "plan_vcpus": thing.plan.vcpus,
        "plan_replicas": 0,
        "region": thing.region.upper(),
        "database_engine": thing.engine,
        "database_engine_version": thing.version,
        "vpc_id": "",
        "status": "Running",
        "label": thing.name,
        "tag": " ".join(tags(thing.tags)),
        "pending_charges": 0,
        "dbname": "defaultdb",
        "host": f"{thing.name}.vultrdb.com",
        "user": "vultradmin",
        "password": secret(thing.id, "password"),
        "port": "16751",
        "maintenance_dow": "sunday",
        "maintenance_time": "02:00:00",
        "latest_backup": thing.life.born.isoformat(),
        "trusted_ips": [],
        "ca_certificate": secret(thing.id, "certificate"),
        "cluster_time_zone": "Etc/UTC",
        "read_replicas": [],
    }


def store(thing: Store, _now: datetime) -> Json:
    """An object storage subscription with its keys."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "cluster_id": thing.cluster,
        "region": thing.region,
        "location": plans.REGIONS[thing.region][0],
        "label": thing.name,
        "status": "active",
        "s3_hostname": f"{thing.region}1.vultrobjects.com",
        "s3_access_key": secret(thing.id, "access"),
        "s3_secret_key": secret(thing.id, "secret"),
    }


def inference(thing: Inference, _now: datetime) -> Json:
    """A serverless inference subscription with its key."""
    return {
        "id": thing.id,
        "date_created": thing.life.born.isoformat(),
        "label": thing.name,
        "api_key": secret(thing.id, "inference"),
    }


WRITERS: Mapping[str, tuple[str, type[Any], Callable[[Any, datetime], Json]]] = {
    "instances": ("instances", Machine, machine),
    "bare-metals": ("bare_metals", Metal, metal),
    "blocks": ("blocks", Block, block),
    "snapshots": ("snapshots", Copy, copy),
    "reserved-ips": ("reserved_ips", Reserved, reserved),
    "load-balancers": ("load_balancers", Edge, edge),
    "kubernetes/clusters": ("vke_clusters", Kube, kube),
    "databases": ("databases", Base, database),
    "object-storage": ("object_storages", Store, store),
}
