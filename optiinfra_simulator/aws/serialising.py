"""Answers as the wire carries them, written by the service's own model."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from optiinfra_simulator.aws.dialects import Reply


@cache
def _operation(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation)


def knows(service: str, operation: str) -> bool:
    """Whether the service has an operation of that name."""
    return operation in get_service_model(service).operation_names


def answer(
    service: str, operation: str, protocol: str, result: Mapping[str, Any], request_id: str
) -> Reply:
    """The answer of an operation in a protocol."""
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
