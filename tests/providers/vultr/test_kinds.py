"""Payloads of govultr's tests -> rows: sizes, states and nothing that is secret."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.vultr import kinds
from optiinfra_pipelines.providers.vultr.kinds import Seen
from optiinfra_pipelines.providers.vultr.payloads import disk_of, instant, tags
from tests.providers.vultr.sandbox import DATABASE, INSIDE, INSTANCE

SEEN = Seen(
    ts=datetime(2026, 11, 22, 12, 15, tzinfo=UTC),
    plans={
        "vbm-4c-32gb": {"cpu_threads": 8, "cpu_model": "E3-1270v6"},
        "vcg-a16": {"gpu_type": "NVIDIA_A16", "gpu_vram_gb": 4},
    },
)
Read = Callable[[Mapping[str, Any], Seen], ResourceRow]

# bare_metal_server_test.go, block_storage_test.go, snapshot_test.go, reserved_ip_test.go,
# load_balancer_test.go, kubernetes_test.go, database_test.go, object_storage_test.go,
# inference_test.go of govultr 3.32.0
PAYLOADS: tuple[tuple[Read, Mapping[str, Any], tuple[object, ...]], ...] = (
    (
        kinds.instance,
        INSTANCE,
        ("vultr.compute.instance", "ewr", "running", "vc2-1c-2gb", 2.0, 2.0, 55.879354),
    ),
    (
        kinds.bare_metal,
        {
            "id": "90000", "ram": "65536 MB", "disk": "2x 240 GB SSD", "cpu_count": 1,
            "region": "ewr", "status": "active", "plan": "vbm-4c-32gb", "label": "my label",
        },
        ("vultr.compute.bare_metal", "ewr", "active", "vbm-4c-32gb", 8.0, 64.0, 447.034836),
    ),
    (
        kinds.block,
        {
            "id": "123456", "cost": 10, "status": "active", "size_gb": 100, "region": "ewr",
            "attached_to_instance": "", "date_created": "01-01-1960", "block_type": "test",
        },
        ("vultr.storage.block", "ewr", "unattached", "test", None, None, 93.132257),
    ),
    (
        kinds.snapshot,
        {
            "id": "885ee0f4f263c", "date_created": "2014-04-18 12:40:40", "status": "complete",
            "description": "Test snapshot", "size": 42949672960, "compressed_size": 1073741824,
        },
        ("vultr.storage.snapshot", "global", "complete", "", None, None, 1.0),
    ),
    (
        kinds.reserved_address,
        {"id": "1313044", "region": "ewr", "ip_type": "v4", "instance_id": "123456"},
        ("vultr.network.reserved_ip", "ewr", "associated", "v4", None, None, None),
    ),
    (
        kinds.load_balancer,
        {"id": "1317575", "region": "ewr", "status": "active", "nodes": 3, "instances": ["1"]},
        ("vultr.network.load_balancer", "ewr", "active", "", None, None, None),
    ),
    (
        kinds.cluster,
        {"id": "014d", "region": "lax", "status": "pending", "version": "1.20", "node_pools": []},
        ("vultr.kubernetes.cluster", "lax", "pending", "1.20", None, None, None),
    ),
    (
        kinds.node_pool,
        {
            "id": "e1c7", "region": "lax", "status": "active", "plan": "vc2-1c-2gb",
            "user_data": INSIDE, "nodes": [{"id": "n-1"}], "node_quantity": 1, "tag": "mytag",
        },
        ("vultr.kubernetes.node_pool", "lax", "active", "vc2-1c-2gb", None, None, None),
    ),
    (
        kinds.database,
        DATABASE,
        (
            "vultr.database.instance", "ewr", "running", "vultr-dbaas-business-cc-2-80-4", 2.0, 4.0,
            74.505806,
        ),
    ),
    (
        kinds.object_storage,
        {
            "id": "39240368", "region": "ewr", "status": "active", "cluster_id": 2,
            "s3_access_key": INSIDE, "s3_secret_key": INSIDE,
        },
        ("vultr.storage.object", "ewr", "active", "", None, None, None),
    ),
    (
        kinds.inference,
        {"id": "999c", "label": "example-inference", "api_key": INSIDE},
        ("vultr.inference.subscription", "global", "unknown", "", None, None, None),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("read", "payload", "expected"), PAYLOADS, ids=[one[0].__name__ for one in PAYLOADS]
)
def test_each_payload_becomes_its_row(
    read: Read, payload: Mapping[str, Any], expected: tuple[object, ...]
) -> None:
    """Type, region, state, plan and sizes; no password, key or user data of the payload."""
    row = read(payload, SEEN)
    told = (
        row.resource_type, row.region, row.state, row.sku, row.vcpus, row.memory_gib,
        row.storage_gib,
    )  # fmt: skip
    assert told == expected
    assert INSIDE not in repr(row)
    assert "novnc" not in repr(row)


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.to_row.__name__)
def test_a_payload_without_its_id_is_an_error(kind: kinds.Kind) -> None:
    """A row without an id could be anyone's."""
    with pytest.raises(KeyError):
        kind.to_row({"region": "ewr"}, SEEN)


def test_a_stopped_instance_and_one_being_installed_say_so() -> None:
    """Power counts once an instance is active."""
    stopped = kinds.instance({**INSTANCE, "power_status": "stopped"}, SEEN)
    pending = kinds.instance({**INSTANCE, "status": "pending"}, SEEN)
    assert (stopped.state, pending.state) == ("stopped", "pending")


def test_a_gpu_plan_tells_its_gpu() -> None:
    """The kind of GPU is the plan's, not the instance's."""
    row = kinds.instance({**INSTANCE, "plan": "vcg-a16"}, SEEN)
    told = json.loads(row.attributes)
    assert (told["gpu_type"], told["gpu_memory_gb"]) == ("NVIDIA_A16", 4)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2020-10-10T01:56:20+00:00", datetime(2020, 10, 10, 1, 56, 20, tzinfo=UTC)),
        ("2013-12-19 14:45:41", datetime(2013, 12, 19, 14, 45, 41, tzinfo=UTC)),
        ("01-01-1960", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_of_every_age_are_read(told: str | None, expected: datetime | None) -> None:
    """Naive dates are in UTC; what is no date is unknown."""
    assert instant(told) == expected


def test_tags_are_texts_with_or_without_a_colon() -> None:
    """A colon parts name and value, a database's one text parts at blanks."""
    assert tags(["team:search", "blue", ""]) == {"team": "search", "blue": ""}
    assert tags("bing bong") == {"bing": "", "bong": ""}


def test_sizes_in_words_are_read() -> None:
    """As bare metal tells them."""
    assert disk_of("2x 240 GB SSD") == 480.0
    assert disk_of("2x 1.92 TB NVMe") == 3840.0
    assert disk_of("") is None
