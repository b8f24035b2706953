"""Answers as the wire carries them, written by the service's own model."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from optiinfra_simulator.aws import ec2_writing
from optiinfra_simulator.aws.dialects import EC2, JSON
from optiinfra_simulator.reply import Reply


@cache
def _operation(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation)


def answer(
    service: str, operation: str, protocol: str, result: Mapping[str, Any], request_id: str
) -> Reply:
    """The answer of an operation in a protocol."""
    if protocol == JSON:
        return _json(service, result, request_id)
    if protocol == EC2:
        body = ec2_writing.document(operation, result, request_id)
        return Reply(200, (("Content-Type", "text/xml;charset=UTF-8"),), body)
    return modelled(service, operation, protocol, result, request_id)


def _json(service: str, result: Mapping[str, Any], request_id: str) -> Reply:
    """The JSON protocol needs no model, and 100,000 points take a second less without it."""
    version = get_service_model(service).metadata.get("jsonVersion", "1.1")
    headers = (
        ("Content-Type", f"application/x-amz-json-{version}"),
        ("x-amzn-RequestId", request_id),
    )
    return Reply(200, headers, json.dumps(result, default=_epoch).encode())


def _epoch(value: object) -> object:
    if isinstance(value, datetime):
        seconds = value.astimezone(UTC).timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    raise TypeError(f"{type(value)} has no place in an answer")


def modelled(
    service: str, operation: str, protocol: str, result: Mapping[str, Any], request_id: str
) -> Reply:
    """The answer as moto writes it from botocore's model of the operation."""
    serializer = get_serializer_class(service, protocol)(
        _operation(service, operation), context=SerializationContext(request_id)
    )
    made = serializer.serialize(dict(result))
    body = made["body"]
    headers = {name: str(value) for name, value in made["headers"].items()}
    return Reply(
        int(made["status_code"]),
        tuple((name, value) for name, value in headers.items() if name.lower() != "content-length"),
        body.encode() if isinstance(body, str) else bytes(body),
    )
