"""AWS's wire formats for tests: which call a request is, and an answer as AWS would send it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from optiinfra_core.testing.http_double import Fate, Incoming, Reply

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "canarysecretcanarysecretcanarysecretcana"  # noqa: S105 - a canary that must never be seen again
SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
# The service of a signature and the model that describes it, where the names differ.
MODELS = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
CLASSIC_ELB = "2012-06-01"


@dataclass(frozen=True)
class Asked:
    """A request to AWS: which service and operation, where, and with which parameters."""

    service: str
    operation: str
    region: str
    incoming: Incoming

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of a query-protocol request."""
        return {key: values[0] for key, values in parse_qs(self.incoming.body.decode()).items()}


def asked(incoming: Incoming) -> Asked:
    """Which call ``incoming`` is, from its signature, target, action or path."""
    scope = SCOPE.search(incoming.headers["authorization"])
    assert scope is not None, "an AWS request is signed"
    region, signed = scope.groups()
    service = MODELS.get(signed, signed)
    target = incoming.headers.get("x-amz-target")
    if target:
        operation = target.rpartition(".")[2]
    elif b"Action=" in incoming.body:
        form = parse_qs(incoming.body.decode())
        operation = form["Action"][0]
        if form.get("Version") == [CLASSIC_ELB]:
            service = "elb"
    else:
        operation = _routed(service, incoming)
    return Asked(service, operation, region, incoming)


def _routed(service: str, incoming: Incoming) -> str:
    model = get_service_model(service)
    path = urlsplit(incoming.path).path
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(http["requestUri"].split("?")[0]))
        if http["method"] == incoming.method and re.fullmatch(pattern, path.rstrip("/") or "/"):
            return str(name)
        if http["method"] == incoming.method and re.fullmatch(pattern, path):
            return str(name)
    raise AssertionError(f"no operation of {service} is {incoming.method} {incoming.path}")


def answer(service: str, operation: str, data: Mapping[str, Any]) -> Reply:
    """``data`` on the wire, in the protocol that the service's model names."""
    model = get_service_model(service)
    protocol = "json" if service == "cloudwatch" else model.metadata["protocol"]
    serializer = get_serializer_class(service, protocol)(
        model.operation_model(operation), context=SerializationContext()
    )
    sent = serializer.serialize(dict(data))
    body = sent["body"]
    return Reply(
        status=sent["status_code"],
        body=body.encode() if isinstance(body, str) else body,
        headers={k: v for k, v in sent["headers"].items() if k.lower() != "content-length"},
    )


def refused(service: str, code: str, message: str = "no", status: int = 400) -> Reply:
    """An error answer in the service's protocol."""
    if service in ("ec2", "rds", "elbv2", "elb", "sts", "s3"):
        wrapper = ("Response", "Errors") if service == "ec2" else ("ErrorResponse", "")
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        inner = f"<Errors>{error}</Errors>" if wrapper[1] else error
        body = error if service == "s3" else f"<{wrapper[0]}>{inner}</{wrapper[0]}>"
        return Reply(status=status, body=body.encode(), headers={"content-type": "text/xml"})
    return Reply(
        status=status,
        body=f'{{"__type":"{code}","message":"{message}"}}'.encode(),
        headers={"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code},
    )


EMPTY: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("sts", "GetCallerIdentity"): {
        "Account": "111111111111",
        "Arn": "arn:aws:iam::111111111111:user/optiinfra",
        "UserId": "AIDA",
    },
    ("ec2", "DescribeInstances"): {"Reservations": []},
    ("ec2", "DescribeVolumes"): {"Volumes": []},
    ("ec2", "DescribeSnapshots"): {"Snapshots": []},
    ("ec2", "DescribeAddresses"): {"Addresses": []},
    ("ec2", "DescribeInstanceTypes"): {"InstanceTypes": []},
    ("ec2", "DescribeRegions"): {"Regions": [{"RegionName": "us-east-1"}]},
    ("elbv2", "DescribeLoadBalancers"): {"LoadBalancers": []},
    ("elb", "DescribeLoadBalancers"): {"LoadBalancerDescriptions": []},
    ("rds", "DescribeDBInstances"): {"DBInstances": []},
    ("lambda", "ListFunctions"): {"Functions": []},
    ("eks", "ListClusters"): {"clusters": []},
    ("cloudwatch", "GetMetricData"): {"MetricDataResults": [], "Messages": []},
    ("cloudwatch", "ListMetrics"): {"Metrics": []},
}


@dataclass
class AwsDouble:
    """Answers like an empty account, except where a test says otherwise.

    ``script`` maps (service, operation) to a function of the request: what it returns is sent, a
    mapping as the service's answer; None falls back to the empty account.
    """

    script: dict[tuple[str, str], Callable[[Asked], Fate | Mapping[str, Any] | None]] = field(
        default_factory=dict
    )
    seen: list[Asked] = field(default_factory=list)

    def __call__(self, incoming: Incoming) -> Fate:
        """The fate of one request."""
        call = asked(incoming)
        self.seen.append(call)
        scripted = self.script.get((call.service, call.operation))
        fate = scripted(call) if scripted else None
        if fate is None:
            fate = EMPTY[call.service, call.operation]
        return answer(call.service, call.operation, fate) if isinstance(fate, Mapping) else fate

    def on(self, service: str, operation: str, *fates: Fate | Mapping[str, Any]) -> None:
        """Answer the next calls of an operation with ``fates`` in order, the last one for ever."""
        queue = iter(fates)
        last: list[Fate | Mapping[str, Any]] = []

        def following(_call: Asked) -> Fate | Mapping[str, Any]:
            fate = next(queue, None)
            if fate is not None:
                last[:] = [fate]
            return last[0]

        self.script[service, operation] = following

    def count(self, service: str, operation: str) -> int:
        """How many requests of an operation arrived."""
        return sum((one.service, one.operation) == (service, operation) for one in self.seen)

    def calls(self) -> Iterator[str]:
        """The requests as service:operation, in order of arrival."""
        return (f"{one.service}:{one.operation}" for one in self.seen)
