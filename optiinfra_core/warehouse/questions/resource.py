"""Questions about what exists: the inventory at a moment, its summary, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.warehouse.question import Question

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILTERS: Mapping[str, Any] = MappingProxyType(
    {
        "resource_type": "",
        "status": "",
        "region": "",
        "account": "",
        "resource_id": "",
        "tag_keys": (),
        "tag_values": (),
        "untagged": (),
    }
)


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """One resource as it was in the snapshot taken at ``snapshot_at``.

    ``attributes`` is canonical JSON; None means the provider does not tell.
    """

    provider: str
    account_id: str
    region: str
    resource_type: str
    resource_id: str
    resource_name: str
    status: str
    sku: str
    vcpus: float | None
    memory_gib: float | None
    storage_gib: float | None
    created_at: datetime | None
    tags: dict[str, str]
    attributes: str
    snapshot_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """Resources of one kind, state, region and account; sums over those that tell a size."""

    provider: str
    account_id: str
    region: str
    resource_type: str
    status: str
    resources: int
    vcpus: float | None
    memory_gib: float | None
    storage_gib: float | None
    oldest_created_at: datetime | None
    newest_created_at: datetime | None
    average_age_days: float | None
    snapshot_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One change, seen in the snapshot taken at ``at``.

    ``change`` is created, removed or changed; only then are ``field``, ``before`` and ``after``
    set, once for each field. Values are text; attributes are JSON.
    """

    at: datetime
    change: str
    provider: str
    account_id: str
    region: str
    resource_type: str
    resource_id: str
    resource_name: str
    field: str
    before: str
    after: str


# These take customer_id, providers and at; the rest is optional.
INVENTORY = Question(
    "resource/inventory.sql",
    InventoryItem,
    optional={
        **_FILTERS,
        "limit": 100,
        "has_after": False,
        "after_resource": "",
        "after_provider": "",
        "after_account": "",
        "after_region": "",
    },
)
SUMMARY = Question("resource/summary.sql", ResourceGroup, optional=_FILTERS)
# Takes customer_id, providers, start and end (exclusive).
CHANGES = Question(
    "resource/changes.sql",
    ResourceChange,
    optional={
        "resource_type": "",
        "resource_id": "",
        "region": "",
        "limit": 1000,
        "has_after": False,
        "after_at": _EPOCH,
        "after_provider": "",
        "after_account": "",
        "after_region": "",
        "after_resource": "",
        "after_change": "",
        "after_field": "",
    },
    gathers=True,
)
