"""The metadata of a FOCUS data set, in FOCUS's own names (specification 1.3, "Metadata")."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


class Document(BaseModel):
    """A part of the metadata; its names are FOCUS's."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, serialize_by_alias=True
    )


class DataGenerator(Document):
    """Who wrote the data set."""

    data_generator: str = "OptiInfra"


class DatasetInstance(Document):
    """The data set: one customer's charges of one provider, or of all, in one period."""

    dataset_instance_id: str
    dataset_instance_name: str = "Cost and Usage"


class ColumnDefinition(Document):
    """One column of the data set."""

    column_name: str
    data_type: str
    deprecated: bool = False
    numeric_precision: int | None = None
    number_scale: int | None = None


class Schema(Document):
    """The columns of the data set, in order."""

    schema_id: str
    dataset_instance_id: str
    focus_version: str
    column_definition: list[ColumnDefinition]


class TimeSector(Document):
    """A UTC day that has been collected."""

    time_sector_start: datetime
    time_sector_end: datetime = Field(description="Exclusive.")
    time_sector_complete: bool = Field(
        description="Whether every account has collected all of the day after it had ended."
    )
    time_sector_last_updated: datetime
    # What is null is left out of the document, so these three may be missing.
    finality: str | None = Field(
        default=None,
        alias="x_Finality",
        description="Of the day's least final charge: open and closing can still change, final"
        " is invoiced; null where the day has no charge.",
    )


class Recency(Document):
    """How complete and how new the data set is."""

    dataset_instance_id: str
    dataset_instance_complete: bool = Field(
        description="Whether every day of the period is there and complete."
    )
    dataset_instance_last_updated: datetime | None = Field(
        default=None, description="The last collection; not told where nothing was collected yet."
    )
    recency_last_updated: datetime | None = None
    time_sectors: list[TimeSector] = Field(
        description="A day that is not listed has not been collected."
    )


class FocusMetadata(Document):
    """What a FOCUS data set says of itself."""

    data_generator: DataGenerator
    dataset_instance: DatasetInstance
    schema_: Schema = Field(alias="Schema")
    recency: Recency
