"""The catalogue: the only list of metric types."""

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.metrics.control import ControlTotal
from optiinfra_core.metrics.cost import COST, CostRow
from optiinfra_core.metrics.model import Column, Kind, Metric, Row
from optiinfra_core.metrics.performance import PERFORMANCE, PerformanceRow
from optiinfra_core.metrics.resource import RESOURCE, ResourceRow

METRICS: tuple[Metric, ...] = (COST, PERFORMANCE, RESOURCE)


def metric_named(name: str) -> Metric:
    """The metric type called ``name``.

    Raises:
        InvalidRequest: there is none; the remedy lists those there are.
    """
    for metric in METRICS:
        if metric.name == name:
            return metric
    raise InvalidRequest(
        f"there is no data type {name!r}",
        remedy=f"Use one of {', '.join(metric.name for metric in METRICS)}.",
    )


__all__ = [
    "COST",
    "METRICS",
    "PERFORMANCE",
    "RESOURCE",
    "Column",
    "ControlTotal",
    "CostRow",
    "Kind",
    "Metric",
    "PerformanceRow",
    "ResourceRow",
    "Row",
    "metric_named",
]
