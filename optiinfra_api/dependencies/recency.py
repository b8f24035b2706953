"""What a FOCUS export says of itself: its columns, and which days are collected how far."""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from optiinfra_api.dependencies.reading import Read
from optiinfra_api.schemas.focus import (
    ColumnDefinition,
    DataGenerator,
    DatasetInstance,
    FocusMetadata,
    Recency,
    Schema,
    TimeSector,
)
from optiinfra_core.focus import columns_of
from optiinfra_core.focus.columns import DEPRECATED, FocusColumn
from optiinfra_core.metrics import COST, Kind
from optiinfra_core.warehouse.questions.focus import OWN
from optiinfra_core.warehouse.questions.windows import SECTORS, Sector
from optiinfra_core.windows import DAY, Window

# FOCUS's names of data types (specification, "Data type").
TYPES = {
    Kind.TEXT: "STRING",
    Kind.LONG_TEXT: "JSON",
    Kind.TAGS: "JSON",
    Kind.INSTANT: "DATETIME",
    Kind.DAY: "DATETIME",
    Kind.OPTIONAL_DAY: "DATETIME",
    Kind.MONEY: "DECIMAL",
    Kind.OPTIONAL_MONEY: "DECIMAL",
    Kind.QUANTITY: "DECIMAL",
}
SCALES = {Kind.MONEY: 12, Kind.OPTIONAL_MONEY: 12, Kind.QUANTITY: 18}
OWN_TYPES = {"x_CollectedAt": "DATETIME", "x_ProviderColumns": "JSON"}


async def metadata_of(read: Read, version: str) -> FocusMetadata:
    """The metadata of the export that ``read`` would give in ``version``."""
    sectors = await read.doors.warehouse.rows(SECTORS, read.params({"dataset": COST.name}))
    instance = f"{read.customer.slug}/{read.provider}/{read.window}"
    instance_id = str(uuid5(NAMESPACE_URL, f"optiinfra:focus/{instance}"))
    return FocusMetadata(
        data_generator=DataGenerator(),
        dataset_instance=DatasetInstance(dataset_instance_id=instance_id),
        Schema=Schema(
            schema_id=f"optiinfra-focus-{version}",
            dataset_instance_id=instance_id,
            focus_version=version,
            column_definition=[*map(_defined, columns_of(version)), *map(_own, OWN)],
        ),
        recency=_recency(instance_id, sectors, read.window, len(read.ground.states)),
    )


def _defined(column: FocusColumn) -> ColumnDefinition:
    scale = SCALES.get(column.kind)
    return ColumnDefinition(
        column_name=column.name,
        data_type=TYPES[column.kind],
        deprecated=column.name in DEPRECATED,
        numeric_precision=None if scale is None else 38,
        number_scale=scale,
    )


def _own(name: str) -> ColumnDefinition:
    return ColumnDefinition(column_name=name, data_type=OWN_TYPES.get(name, "STRING"))


def _recency(instance_id: str, sectors: Iterable[Sector], window: Window, accounts: int) -> Recency:
    told = [
        TimeSector(
            time_sector_start=sector.started,
            time_sector_end=sector.ended,
            time_sector_complete=sector.whole_accounts >= accounts > 0,
            time_sector_last_updated=sector.updated,
            x_Finality=sector.finality or None,
        )
        for sector in sectors
    ]
    updated = max((one.time_sector_last_updated for one in told), default=None)
    whole = sum(one.time_sector_complete for one in told)
    return Recency(
        dataset_instance_id=instance_id,
        dataset_instance_complete=whole > 0 and whole * DAY >= window.length,
        dataset_instance_last_updated=updated,
        recency_last_updated=updated,
        time_sectors=told,
    )
