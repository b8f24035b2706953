"""Resource: one thing that exists, in one full snapshot of an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optiinfra_core.metrics.model import Column, Kind, Metric, Row
from optiinfra_core.windows import QUARTER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow(Row):
    """One resource in the snapshot taken in the window that starts at ``ts``.

    ``attributes`` is canonical JSON (sorted keys, no blanks) of whitelisted, non-volatile fields.
    """

    ts: datetime
    region: str
    resource_type: str
    resource_id: str
    resource_name: str = ""
    state: str
    sku: str = ""
    vcpus: float | None = None
    memory_gib: float | None = None
    storage_gib: float | None = None
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: str = "{}"


RESOURCE = Metric(
    name="resource",
    title="Resources",
    table="resource_metrics",
    row=ResourceRow,
    window=QUARTER_HOUR,
    partial=True,
    instant="ts",
    part="region",
    key=("ts", "region", "resource_id"),
    additive=(),
    columns=(
        Column("ts", Kind.INSTANT, "Start of the window in which the snapshot was taken"),
        Column("region", Kind.TEXT, "Region; global where there is none"),
        Column("resource_type", Kind.TEXT, "Kind of resource, provider.service.noun"),
        Column("resource_id", Kind.TEXT, "Identifier, as in cost and performance"),
        Column("resource_name", Kind.TEXT, "Display name"),
        Column("state", Kind.TEXT, "running, stopped, available, in-use ... lower case"),
        Column("sku", Kind.TEXT, "Instance type or plan"),
        Column("vcpus", Kind.OPTIONAL_FLOAT, "Virtual CPUs"),
        Column("memory_gib", Kind.OPTIONAL_FLOAT, "Memory", "GiBy"),
        Column("storage_gib", Kind.OPTIONAL_FLOAT, "Storage", "GiBy"),
        Column("created_at", Kind.OPTIONAL_INSTANT, "When it was created or last launched"),
        Column("tags", Kind.TAGS, "Tags"),
        Column("attributes", Kind.LONG_TEXT, "Canonical JSON of further, non-volatile fields"),
    ),
)
