"""Azure's wire formats for tests: a TLS server, which call a request is, an empty subscription."""

import base64
import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import trustme
from typing_extensions import override

from optiinfra_core.testing.http_double import Fate, HttpDouble, Incoming, Reply

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"
HOLDER = "33333333-3333-4333-8333-333333333333"
SUBSCRIPTION = "ea42f556-5106-4743-99b0-c129bfa71a47"

# What a request is, by method and path; the first that matches.
ROUTES: tuple[tuple[str, str, str], ...] = (
    ("discovery", "GET", r"/[^/]+/v2\.0/\.well-known/openid-configuration"),
    ("token", "POST", r"/[^/]+/oauth2/v2\.0/token"),
    ("identity", "GET", r"/metadata/identity/token"),
    ("query", "POST", r"/subscriptions/[^/]+/providers/Microsoft\.CostManagement/query"),
    ("graph", "POST", r"/providers/Microsoft\.ResourceGraph/resources"),
    ("skus", "GET", r"/subscriptions/[^/]+/providers/Microsoft\.Compute/skus"),
    ("permissions", "GET", r"/subscriptions/[^/]+/providers/Microsoft\.Authorization/permissions"),
    ("batch", "POST", r"/subscriptions/[^/]+/metrics:getBatch"),
    ("regional", "GET", r"/subscriptions/[^/]+/providers/Microsoft\.Insights/metrics"),
    ("metrics", "GET", r"/subscriptions/.+/providers/Microsoft\.Insights/metrics"),
    ("subscription", "GET", r"/subscriptions/[^/]+"),
    ("list", "GET", r"/[^/]+/[^/]+(?=\?|$)"),
    ("blob", "GET", r"/[^/]+/[^/]+/.+"),
)


@cache
def authority() -> trustme.CA:
    """The certificate authority of all doubles of this process."""
    return trustme.CA()


@cache
def certificate() -> trustme.LeafCert:
    """The certificate of all doubles of this process."""
    return authority().issue_cert("127.0.0.1", "localhost")


def ca_pem() -> str:
    """Its certificate."""
    return authority().cert_pem.bytes().decode()


class TlsDouble(HttpDouble):
    """An ``HttpDouble`` behind TLS, with a certificate of ``authority``."""

    def __init__(self, respond: Callable[[Incoming], Fate]) -> None:
        super().__init__(respond)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate().configure_cert(context)
        # The handshake belongs to the request's thread, not to the one that accepts.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    @override
    def url(self) -> str:
        """Where it listens."""
        return super().url.replace("http://", "https://")


@dataclass(frozen=True)
class Asked:
    """A request to Azure: what it is, its query parameters and its JSON."""

    kind: str
    incoming: Incoming

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters of the query, decoded."""
        pairs = parse_qs(urlsplit(self.incoming.path).query)
        return {key: values[0] for key, values in pairs.items()}

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(urlsplit(self.incoming.path).path)

    @property
    def body(self) -> Any:
        """The JSON it carries."""
        return json.loads(self.incoming.body)


def asked(incoming: Incoming) -> Asked:
    """Which call ``incoming`` is."""
    path = unquote(urlsplit(incoming.path).path)
    for kind, method, pattern in ROUTES:
        if method == incoming.method and re.fullmatch(pattern, path, re.IGNORECASE):
            return Asked(kind, incoming)
    raise AssertionError(f"no call of Azure is {incoming.method} {incoming.path}")


def told(data: Any, status: int = 200, **headers: str) -> Reply:
    """``data`` as Azure sends JSON; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data).encode()
    return Reply(status=status, body=body, headers={"content-type": "application/json", **named})


def refused(code: str, status: int, message: str = "no", **headers: str) -> Reply:
    """An error answer of Resource Manager."""
    return told({"error": {"code": code, "message": message}}, status, **headers)


def jwt(**claims: str) -> str:
    """A token that tells ``claims``; nobody here checks who signed it."""

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}.signature"


def token(number: int = 1) -> Reply:
    """Entra's answer to a sign-in."""
    access = jwt(appid=CLIENT, oid=HOLDER, number=str(number))
    return told({"token_type": "Bearer", "expires_in": 3599, "access_token": access})


def found(rows: list[list[Any]], columns: list[str], link: str | None = None) -> Reply:
    """A page of the cost query."""
    typed = [
        {"name": name, "type": "Number" if name in ("Cost", "UsageDate") else "String"}
        for name in columns
    ]
    properties = {"nextLink": link, "columns": typed, "rows": rows}
    return told({"id": "x", "name": "x", "type": "query", "properties": properties})


def graph(data: Any, token: str | None = None) -> Reply:
    """A page of Resource Graph."""
    page: dict[str, Any] = {
        "totalRecords": len(data),
        "count": len(data),
        "resultTruncated": "true" if token else "false",
        "data": data,
        "facets": [],
    }
    return told({**page, "$skipToken": token} if token else page)


@dataclass
class AzureDouble:
    """Answers like an empty subscription, except where a test says otherwise.

    ``script`` maps a kind of request to a function of it; None falls back to the empty answer.
    """

    script: dict[str, Callable[[Asked], Fate | None]] = field(default_factory=dict)
    seen: list[Asked] = field(default_factory=list)

    def __call__(self, incoming: Incoming) -> Fate:
        """The fate of one request."""
        call = asked(incoming)
        self.seen.append(call)
        scripted = self.script.get(call.kind)
        fate = scripted(call) if scripted else None
        return self.empty(call) if fate is None else fate

    def empty(self, call: Asked) -> Fate:
        """What an empty subscription answers."""
        if call.kind == "discovery":
            base = f"https://{call.incoming.headers['host']}/{TENANT}"
            return told(
                {
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                }
            )
        return {
            "token": token,
            "query": lambda: found([], ["Cost", "UsageDate", "Currency"]),
            "graph": lambda: graph([]),
            "skus": lambda: told({"value": []}),
            "permissions": lambda: told({"value": [{"actions": ["*/read"], "notActions": []}]}),
            "batch": lambda: told({"values": []}),
            "regional": lambda: told({"timespan": "", "value": []}),
            "metrics": lambda: told({"timespan": "", "value": []}),
            "subscription": lambda: told({"subscriptionId": SUBSCRIPTION, "displayName": "dev"}),
            "list": lambda: blobs({}),
            "blob": missing,
        }[call.kind]()

    def on(self, kind: str, *fates: Fate) -> None:
        """Answer the next calls of a kind with ``fates`` in order, the last one for ever."""
        queue = iter(fates)
        last: list[Fate] = []

        def following(_call: Asked) -> Fate:
            fate = next(queue, None)
            if fate is not None:
                last[:] = [fate]
            return last[0]

        self.script[kind] = following

    def of(self, kind: str) -> list[Asked]:
        """The requests of a kind in order of arrival."""
        return [one for one in self.seen if one.kind == kind]

    def kinds(self) -> Iterator[str]:
        """The kinds of requests in order of arrival, without those of the sign-in."""
        return (one.kind for one in self.seen if one.kind not in ("discovery", "token"))


def missing() -> Reply:
    """What Blob storage answers where there is no blob."""
    body = "<?xml version='1.0'?><Error><Code>BlobNotFound</Code><Message>none</Message></Error>"
    headers = {"content-type": "application/xml", "x-ms-error-code": "BlobNotFound"}
    return Reply(status=404, body=body.encode(), headers=headers)


def blobs(held: Mapping[str, int], prefixes: tuple[str, ...] = (), marker: str = "") -> Reply:
    """A page of a list of blobs: names and lengths; every one was written at the same time."""
    listed = "".join(
        f"<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 04:00:00 GMT"
        f"</Last-Modified><Etag>0x{length}</Etag><Content-Length>{length}</Content-Length>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        for name, length in held.items()
    )
    folders = "".join(f"<BlobPrefix><Name>{name}</Name></BlobPrefix>" for name in prefixes)
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://x/" '
        f'ContainerName="c"><Blobs>{listed}{folders}</Blobs><NextMarker>{marker}</NextMarker>'
        "</EnumerationResults>"
    )
    return Reply(body=body.encode(), headers={"content-type": "application/xml"})
