"""A request as it came over the wire, and what its handler needs to answer it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.answers import Answer, AzureError, bad_request
from optiinfra_simulator.azure.estate import Estate
from optiinfra_simulator.azure.identities import Identities
from optiinfra_simulator.azure.keeping import Kept
from optiinfra_simulator.azure.quotas import GraphQuota, QueryQuota
from optiinfra_simulator.azure.roles import Principal
from optiinfra_simulator.azure.runs import Exporter
from optiinfra_simulator.faults import Fault
from optiinfra_simulator.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the API: those of Azure unless a test wants smaller pages."""

    query_rows: int = 1_000
    most_query_rows: int = 5_000
    graph_rows: int = 1_000
    listed: int = 500
    skus: int = 100
    blobs: int = 5_000
    batch: int = 50
    metrics: int = 20


@dataclass(frozen=True, kw_only=True)
class Azure:
    """What all requests share: subscriptions, principals, quotas, and where it is served."""

    estate: Estate
    identities: Identities
    limits: Limits
    origin: str
    query_quota: QueryQuota = field(default_factory=QueryQuota)
    graph_quota: GraphQuota = field(default_factory=GraphQuota)
    exporters: dict[str, Exporter] = field(default_factory=dict)
    answers: Kept[tuple[object, ...], list[list[Any]]] = field(default_factory=lambda: Kept(6))

    def exporter(self, subscription: str) -> Exporter:
        """The export of a subscription."""
        found = self.exporters.get(subscription)
        if found is None:
            billing = self.estate.billing(subscription)
            found = self.exporters[subscription] = Exporter(SUBSCRIPTIONS[subscription], billing)
        return found


@dataclass(frozen=True, slots=True)
class Request:
    """A request before anything is decided about it; names of headers and parameters are lower."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the query."""
        return {name.lower(): value for name, value in parse_qsl(self.query, True)}  # noqa: FBT003

    @property
    def bearer(self) -> str:
        """The token it carries, empty where it carries none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


def read(environ: Mapping[str, Any]) -> Request:
    """The request that a server received."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    raw = str(environ["RAW_URI"]).partition("?")[0]
    return Request(
        method=str(environ["REQUEST_METHOD"]),
        # Some SDKs send a path that is absolute twice over: one slash is meant.
        path="/" + unquote(raw).lstrip("/"),
        query=str(environ.get("QUERY_STRING", "")),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that may be answered: who asks, of which subscription, and when."""

    azure: Azure
    request: Request
    principal: Principal
    subscription: str
    named: Mapping[str, str]
    now: datetime
    fault: Fault | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the query."""
        return self.request.parameters

    @property
    def url(self) -> str:
        """Where the request went, without its query."""
        return f"{self.azure.origin}{self.request.path}"

    def document(self) -> Mapping[str, Any]:
        """The body, which is a JSON object.

        Raises:
            AzureError: it is not.
        """
        try:
            found = json.loads(self.request.body or b"{}")
        except ValueError:
            raise bad_request("The request content was invalid and could not be read.") from None
        if not isinstance(found, dict):
            raise bad_request("The request content must be a JSON object.")
        return found


Handler = Callable[[Call], Answer | Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API: its path, the name it has in the ledger, what allows it.

    ``audiences`` are the hosts for which a token must have been issued.
    """

    method: str
    path: re.Pattern[str]
    service: str
    name: str
    action: str
    handler: Handler
    audience: str = "https://management"


def subscription_of(named: Mapping[str, str], principal: Principal) -> str:
    """The subscription that a path names, or the principal's own where it names none.

    Raises:
        AzureError: there is none, or it belongs to another tenant.
    """
    asked = named.get("subscription")
    if asked is None:
        return next(iter(principal.grants))
    found = SUBSCRIPTIONS.get(asked.lower())
    if found is None:
        message = f"The subscription '{asked}' could not be found."
        raise AzureError(404, "SubscriptionNotFound", message)
    if found.tenant != principal.tenant:
        raise AzureError(
            401,
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer 'https://sts.windows.net/"
            f"{principal.tenant}/'. It must match the tenant 'https://sts.windows.net/"
            f"{found.tenant}/' associated with this subscription.",
        )
    return found.id
