"""Small readings shared by every kind of payload: tags, instants, whitelisted attributes."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from optiinfra_core.errors import Malformed
from optiinfra_core.windows import as_utc

R = TypeVar("R")

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The account and region a payload was seen in; ``partition`` is aws, aws-cn, aws-us-gov."""

    region: str
    account_id: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing whose payload has none, by the rule of its service."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def database_id(payload: Mapping[str, Any], home: Home) -> str:
    """An RDS instance's ARN."""
    name = payload["DBInstanceIdentifier"]
    return str(payload.get("DBInstanceArn") or home.arn("rds", f"db:{name}"))


def function_id(payload: Mapping[str, Any], home: Home) -> str:
    """A Lambda function's ARN."""
    name = payload["FunctionName"]
    return str(payload.get("FunctionArn") or home.arn("lambda", f"function:{name}"))


_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def tags(pairs: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """AWS's list of Key and Value as a mapping."""
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs or ()}


def instant(value: datetime | None) -> datetime | None:
    """The instant in UTC; botocore hands out the machine's zone."""
    return None if value is None else as_utc(value)


def attributes(payload: Mapping[str, Any], *names: str, **further: Any) -> str:
    """Canonical JSON of the fields ``names`` and of ``further``, in snake_case, without empty ones.

    Only named fields pass: payloads hold user data, environments and keys.
    """
    chosen = {_WORDS.sub("_", name).lower(): payload.get(name) for name in names} | further
    kept = {key: value for key, value in chosen.items() if value not in (None, "", [])}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def understood(read: Callable[[], R], payload: Mapping[str, Any]) -> R | Malformed:
    """What ``read`` makes of ``payload``, or the complaint that it is not as AWS documents it.

    The sample names the fields that are there; their values may be the customer's own.
    """
    try:
        return read()
    except (KeyError, TypeError, ValueError, ArithmeticError) as surprise:
        return Malformed(
            f"a payload is not as AWS documents it: {type(surprise).__name__}: {surprise}",
            sample=f"fields: {', '.join(sorted(map(str, payload)))}",
        )
