"""Time series as Cloud Monitoring answers them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from google.cloud import monitoring_v3 as api

FIVE = timedelta(minutes=5)
MACHINE = {"project_id": "acme-prod-314159", "zone": "us-central1-a", "instance_id": "123"}
NAME = {"instance_name": "web-1"}


def series(
    request: Any,
    values: Sequence[float],
    resource: Mapping[str, str] = MACHINE,
    metric: Mapping[str, str] = NAME,
) -> Any:
    """One series with ``values``, the oldest first, the last of them at the interval's end.

    The API answers the newest point first; an aligned gauge has intervals without length.
    """
    end = request.interval.end_time
    points = [
        api.Point(
            interval=api.TimeInterval(start_time=end - FIVE * back, end_time=end - FIVE * back),
            value=api.TypedValue(double_value=value),
        )
        for back, value in enumerate(reversed(values))
    ]
    return api.TimeSeries(
        metric={"type": request.filter.split('"')[1], "labels": dict(metric)},
        resource={"type": request.filter.split('"')[3], "labels": dict(resource)},
        points=points,
    )


def page(*told: Any, token: str = "") -> Any:
    """One page of an answer."""
    return api.ListTimeSeriesResponse(time_series=list(told), next_page_token=token)


def asked_for(request: Any) -> str:
    """The metric type that a request is about."""
    return str(request.filter.split('"')[1])
