"""An AWS request as it came over the wire: who signed it, for which service and operation."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from optiinfra_simulator.aws.dialects import EC2, JSON, QUERY, REST_JSON, dialect

_SCOPE = re.compile(
    r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)

# Signing names that differ from the names clients are made with.
_CLIENT_NAMES: Mapping[str, str] = MappingProxyType(
    {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
)

_CLASSIC_ELB = b"Version=2012-06-01"

_REST_OPERATIONS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = MappingProxyType(
    {
        "lambda": (
            (re.compile(r"GET /2015-03-31/functions/?$"), "ListFunctions"),
            (re.compile(r"GET /2017-03-31/tags/(?P<Resource>.+)$"), "ListTags"),
        ),
        "eks": (
            (re.compile(r"GET /clusters/?$"), "ListClusters"),
            (re.compile(r"GET /clusters/(?P<name>[^/]+)$"), "DescribeCluster"),
        ),
    }
)

_S3_OPERATIONS: Mapping[tuple[str, bool, bool], str] = MappingProxyType(
    # method, has bucket, has key
    {
        ("GET", False, False): "ListBuckets",
        ("GET", True, False): "ListObjectsV2",
        ("HEAD", True, False): "HeadBucket",
        ("GET", True, True): "GetObject",
        ("HEAD", True, True): "HeadObject",
        ("PUT", True, True): "PutObject",
        ("PUT", True, False): "CreateBucket",
        ("DELETE", True, True): "DeleteObject",
        ("DELETE", True, False): "DeleteBucket",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request before anything is decided about it. ``path`` is as sent, not decoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    access_key: str
    region: str
    service: str
    signing_name: str
    operation: str
    uri_parameters: Mapping[str, str]

    @property
    def protocol(self) -> str:
        """The protocol in which it is answered."""
        if self.service == "cloudwatch" and "x-amz-target" not in self.headers:
            return QUERY
        return dialect(self.service).protocol

    @property
    def token(self) -> str | None:
        """The session token, None for keys of a user."""
        return self.headers.get("x-amz-security-token")

    @property
    def form(self) -> Mapping[str, list[str]]:
        """The fields of a query-protocol body."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def bucket(self) -> str:
        """The bucket of an S3 request in path style, empty where it has none."""
        return self.path.lstrip("/").partition("/")[0]


def read(environ: Mapping[str, Any]) -> Request:
    """The request that a WSGI server received."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE") or ""
    headers["content-length"] = environ.get("CONTENT_LENGTH") or ""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"])
    path, _, query = raw.partition("?")
    scope = _SCOPE.search(headers.get("authorization", ""))
    signing_name = scope["service"] if scope else ""
    service = _service(signing_name, body)
    operation, parameters = _operation(service, environ, headers, body)
    return Request(
        method=str(environ["REQUEST_METHOD"]),
        path=path,
        query=query,
        headers=headers,
        body=body,
        access_key=scope["key"] if scope else "",
        region=scope["region"] if scope else "",
        service=service,
        signing_name=signing_name,
        operation=operation,
        uri_parameters=parameters,
    )


def _service(signing_name: str, body: bytes) -> str:
    """The client's name of the service; both generations of ELB sign with one name."""
    if signing_name == "elasticloadbalancing" and _CLASSIC_ELB in body:
        return "elb"
    return _CLIENT_NAMES.get(signing_name, signing_name)


def _operation(
    service: str, environ: Mapping[str, Any], headers: Mapping[str, str], body: bytes
) -> tuple[str, Mapping[str, str]]:
    path = str(environ["PATH_INFO"])
    method = str(environ["REQUEST_METHOD"])
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2], {}
    if dialect(service).protocol in (QUERY, EC2) or service == "cloudwatch":
        return (parse_qs(body.decode(errors="replace")).get("Action") or ["Unknown"])[0], {}
    if service == "s3":
        bucket, _, key = path.lstrip("/").partition("/")
        name = _S3_OPERATIONS.get((method, bool(bucket), bool(key)), "Unknown")
        query = str(environ.get("QUERY_STRING", ""))
        return ("GetBucketLocation" if query.startswith("location") else name), {}
    for pattern, name in _REST_OPERATIONS.get(service, ()):
        if match := pattern.match(f"{method} {path}"):
            return name, match.groupdict()
    return "Unknown", {}


def parameters(request: Request) -> Mapping[str, Any]:
    """The operation's input, read by the service's own model."""
    if request.protocol == JSON:
        return dict(json.loads(request.body or b"{}"))
    if request.protocol == REST_JSON:
        found: dict[str, Any] = {
            name: values[0] for name, values in parse_qs(request.query).items()
        }
        return found | dict(request.uri_parameters)
    return _parse_form(request)


def _parse_form(request: Request) -> Mapping[str, Any]:
    from moto.core.parse import PROTOCOL_PARSERS  # noqa: PLC0415 - moto loads slowly
    from moto.core.utils import get_service_model  # noqa: PLC0415 - moto loads slowly

    model = get_service_model(request.service).operation_model(request.operation)
    parsed = PROTOCOL_PARSERS[request.protocol](model).parse(
        {
            "method": request.method,
            "values": {name: values[0] for name, values in request.form.items()},
            "headers": dict(request.headers),
            "body": request.body,
            "url_path": request.path,
            "url_params": {},
        }
    )
    return dict(parsed)


def rewind(environ: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """The WSGI environment with the body readable again, for whoever handles it next."""
    return {**environ, "wsgi.input": io.BytesIO(request.body)}
