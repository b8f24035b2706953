"""Google's own clients, unmodified, for a simulated Google Cloud."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import grpc
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery, monitoring_v3
from google.cloud.monitoring_v3.services.metric_service.transports import (
    MetricServiceGrpcTransport,
)
from google.oauth2 import service_account

from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.rest.identities import COLLECTOR

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
CPU = "compute.googleapis.com/instance/cpu/utilization"


class Clients:
    """Clients of one account, made when they are asked for and closed at the end."""

    def __init__(self, cloud: GoogleCloud, account: str, name: str = COLLECTOR) -> None:
        self.cloud = cloud
        self.account = account
        key = json.loads(str(cloud.credential(account, name)["service_account_key"]))
        self.credentials = service_account.Credentials.from_service_account_info(key, scopes=SCOPES)
        self.session = AuthorizedSession(self.credentials)
        self._bigquery: Any = None

    def close(self) -> None:
        """Close what was opened."""
        self.session.close()
        if self._bigquery is not None:
            self._bigquery.close()

    def get(self, path: str, **params: object) -> Any:
        """The answer to a GET of a path below the endpoint."""
        return self.session.get(self.cloud.url + path, params=params)

    def listed(self, noun: str, **params: object) -> Any:
        """The first page of an aggregated list."""
        return self.get(f"/compute/v1/projects/{self.account}/aggregated/{noun}", **params)

    @property
    def bigquery(self) -> Any:
        """BigQuery's client."""
        if self._bigquery is None:
            self._bigquery = bigquery.Client(
                project=self.account,
                credentials=self.credentials,
                client_options={"api_endpoint": self.cloud.url},
            )
        return self._bigquery

    def rows(self, sql: str, /, **parameters: Any) -> list[Mapping[str, Any]]:
        """The rows of a query, with parameters whose types are guessed from their values."""
        config = bigquery.QueryJobConfig(
            query_parameters=[parameter(name, value) for name, value in parameters.items()]
        )
        found = self.bigquery.query_and_wait(sql, job_config=config, retry=None, job_retry=None)
        return [dict(row) for row in found]

    @contextmanager
    def monitoring(self) -> Iterator[Any]:
        """Cloud Monitoring's client over an insecure channel."""
        address = self.cloud.monitoring_endpoint.removeprefix("grpc://")
        options = [("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(address, options=options) as channel:
            yield monitoring_v3.MetricServiceClient(
                transport=MetricServiceGrpcTransport(channel=channel)
            )

    def authorization(self) -> list[tuple[str, str]]:
        """The metadata that authorises a gRPC call."""
        token = self.cloud.identities.issue(
            self.cloud.identities.accounts[self.credentials.service_account_email]
        )
        return [("authorization", f"Bearer {token}")]


def parameter(name: str, value: Any) -> Any:
    """A query parameter of the type that its value has."""
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, "STRING", value)
    kind = "TIMESTAMP" if isinstance(value, datetime) else "STRING"
    return bigquery.ScalarQueryParameter(name, kind, value)


def series(
    account: str, start: datetime, end: datetime, type_: str = CPU, **more: object
) -> dict[str, Any]:
    """A request for time series, aligned to five minutes by their mean."""
    aggregation = {"alignment_period": {"seconds": 300}, "per_series_aligner": "ALIGN_MEAN"}
    return {
        "name": f"projects/{account}",
        "filter": f'metric.type = "{type_}"',
        "interval": {"start_time": start, "end_time": end},
        "aggregation": aggregation,
        **more,
    }
