"""Cloud Monitoring over gRPC: one metric type a request, aligned, every page of it."""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from optiinfra_core.errors import Malformed
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client.calls import Calls
from optiinfra_pipelines.providers.gcp.client.meter import PER_SERIES, Bill, Told
from optiinfra_pipelines.providers.gcp.client.operations import TIME_SERIES, Asked
from optiinfra_pipelines.providers.gcp.client.refusals import TOO_MANY

# Points a page (ListTimeSeriesRequest.page_size: at most 100,000 with the FULL view).
POINTS = 100_000
# gRPC has no statuses of HTTP; the ledger has these for all.
ANSWERED = 200
TARGET = "monitoring.googleapis.com:443"

# Aligners and reducers of the API by what they do to samples.
ALIGN = {"mean": "ALIGN_MEAN", "sum": "ALIGN_SUM"}
REDUCE = {"": "REDUCE_NONE", "mean": "REDUCE_MEAN", "sum": "REDUCE_SUM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One metric type of one project: how it is aligned, and over which labels reduced."""

    project: str
    filter: str
    align: str
    period: timedelta
    span: Window
    reduce: str = ""
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series: its labels, and its samples by the start of the interval measured."""

    resource: Mapping[str, str]
    metric: Mapping[str, str]
    samples: tuple[tuple[datetime, float], ...]


class Monitoring:
    """The metric service of one connection; threads may ask at the same time."""

    def __init__(self, calls: Calls, endpoint: str | None) -> None:
        self._calls = calls
        self._endpoint = endpoint
        self._opening = threading.Lock()
        self._client: Any = None
        self._channel: Any = None

    def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            self._channel.close()

    def series(self, query: Query) -> Iterator[Series]:
        """Every series of ``query``, page by page; a series may continue on the next page.

        Raises:
            OptiInfraError: Google refused or did not answer, or its pages never end.
        """
        asked = Asked(operation=TIME_SERIES, about=query.project)
        seen, token = set[str](), ""
        while True:
            page = self._calls.ask(asked, partial(self._page, asked, query, token))
            for told in page.time_series:
                yield _read(told, query.period)
            token = page.next_page_token
            if not token:
                return
            if token in seen:
                raise Malformed(f"{asked} gave the same page token twice after {len(seen)} pages")
            seen.add(token)

    def _page(self, asked: Asked, query: Query, token: str) -> Any:
        from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415 - loads the SDK

        client, request = self._opened(), _request(query, token)
        bearer = (("authorization", f"Bearer {self._calls.tokens.ready()}"),)
        started = time.monotonic()
        try:
            pager = client.list_time_series(
                request=request, retry=None, timeout=self._calls.seconds, metadata=bearer
            )
            page = next(iter(pager.pages))
        except GoogleAPICallError as failure:
            status = int(failure.code or 0)
            throttled = status == TOO_MANY
            told = Told(status, type(failure).__name__, throttled)
            self._calls.meter.record(asked, started, told)
            raise
        series = len(page.time_series)
        bill = Bill(units=series, usd=PER_SERIES * series)
        self._calls.meter.record(asked, started, Told(status=ANSWERED, bill=bill))
        return page

    def _opened(self) -> Any:
        from google.cloud.monitoring_v3 import MetricServiceClient  # noqa: PLC0415 - loads the SDK
        from google.cloud.monitoring_v3.services.metric_service.transports import (  # noqa: PLC0415
            MetricServiceGrpcTransport,
        )

        with self._opening:
            if self._client is None:
                self._channel = _channel(self._endpoint)
                transport = MetricServiceGrpcTransport(channel=self._channel)
                self._client = MetricServiceClient(transport=transport)
            return self._client


def _channel(endpoint: str | None) -> Any:
    import grpc  # noqa: PLC0415 - loads the SDK

    # 4 MiB, gRPC's default, are exceeded by 24 hours of 1,000 machines.
    options = [("grpc.max_receive_message_length", -1), ("grpc.enable_retries", 0)]
    if endpoint is None:
        return grpc.secure_channel(TARGET, grpc.ssl_channel_credentials(), options=options)
    # An address that is named is never reached by way of a proxy of this machine.
    parts = urlsplit(endpoint)
    return grpc.insecure_channel(parts.netloc, options=[*options, ("grpc.enable_http_proxy", 0)])


def _request(query: Query, token: str) -> Any:
    from google.cloud import monitoring_v3 as api  # noqa: PLC0415 - loads the SDK

    aligner, reducer = api.Aggregation.Aligner, api.Aggregation.Reducer
    return api.ListTimeSeriesRequest(
        name=f"projects/{query.project}",
        filter=query.filter,
        interval=api.TimeInterval(start_time=query.span.start, end_time=query.span.end),
        aggregation=api.Aggregation(
            alignment_period={"seconds": int(query.period.total_seconds())},
            per_series_aligner=aligner[ALIGN[query.align]],
            cross_series_reducer=reducer[REDUCE[query.reduce]],
            group_by_fields=list(query.group_by),
        ),
        view=api.ListTimeSeriesRequest.TimeSeriesView.FULL,
        page_size=POINTS,
        page_token=token,
    )


def _read(told: Any, period: timedelta) -> Series:
    # The raw protobuf: the wrapper of proto-plus takes ten times as long for each point.
    raw = type(told).pb(told)
    return Series(
        resource=dict(raw.resource.labels),
        metric=dict(raw.metric.labels),
        samples=tuple((_end(point) - period, _value(point.value)) for point in raw.points),
    )


def _end(point: Any) -> datetime:
    # An aligned point is dated by the end of its interval; a gauge's has no length at all.
    return datetime.fromtimestamp(point.interval.end_time.seconds, UTC)


def _value(value: Any) -> float:
    kind = value.WhichOneof("value")
    if kind not in ("double_value", "int64_value"):
        raise Malformed(f"monitoring.timeSeries.list answered a sample of the kind {kind}")
    return float(getattr(value, kind))
