"""Tables as the Dagster UI shows them: columns, types, captions."""

import dagster as dg

from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.ddl import columns_of


def column_schema(metric: Metric) -> dg.TableSchema:
    """The columns that providers fill, as the metric catalogue explains them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.kind.value,
                description=f"{column.caption} ({column.unit})" if column.unit else column.caption,
            )
            for column in metric.columns
        ]
    )


def stored_schema(table: str) -> dg.TableSchema:
    """The columns of a table that we compute, as the migration that makes it explains them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=column.name, type=column.kind, description=column.caption or None)
            for column in columns_of(table)
        ]
    )
