"""What a metric type is: a row, its table, its window, and the meaning of every column."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import Enum


class Kind(Enum):
    """How a column is stored, and so how a row's value travels to ClickHouse."""

    TEXT = "LowCardinality(String)"
    LONG_TEXT = "String"
    MONEY = "Decimal(38, 12)"
    OPTIONAL_MONEY = "Nullable(Decimal(38, 12))"
    QUANTITY = "Nullable(Decimal(38, 18))"
    FLOAT = "Float64"
    OPTIONAL_FLOAT = "Nullable(Float64)"
    COUNT = "UInt32"
    INSTANT = "DateTime('UTC')"
    OPTIONAL_INSTANT = "Nullable(DateTime('UTC'))"
    DAY = "Date"
    OPTIONAL_DAY = "Nullable(Date)"
    TAGS = "Map(LowCardinality(String), String)"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a metric's table that a provider fills."""

    name: str
    kind: Kind
    caption: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A frozen value that a collector yields; each metric type has its own subclass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric type: everything that writer, schema tests, assets, API and docs need to know.

    ``window`` is what one write replaces; ``partial`` whether it is collected before it has ended
    (a running day's cost, a snapshot) or only afterwards. ``instant`` is the row's column that
    places it in a window; ``part`` the column that names the part (region) of an account it came
    from; ``key`` the columns that, with customer, provider and account, identify a row;
    ``additive`` the columns that are summed where a provider delivers the same key twice;
    ``daily_table`` the table of its daily rollup, empty where there is none; ``digest`` the column
    in which the writer keeps a hash of the whole key, for a table whose sorting key cannot hold it.
    """

    name: str
    title: str
    table: str
    row: type[Row]
    window: timedelta
    partial: bool
    instant: str
    part: str
    key: tuple[str, ...]
    additive: tuple[str, ...]
    columns: tuple[Column, ...]
    daily_table: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        declared = tuple(column.name for column in self.columns)
        held = tuple(field.name for field in fields(self.row))
        if declared != held:
            raise TypeError(f"{self.name}: columns {declared} are not the row's fields {held}")

    def by_name(self) -> Mapping[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}
